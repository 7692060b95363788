"""Who is in their own space at this request: behind the guard there is always somebody."""

from idp.errors import IdentityError
from idp.sessions import browser
from idp.sessions.service import Session


class SessionGoneError(IdentityError):
    """Ended between the guard and the page."""

    code = "session_ended"
    status = 403
    description = "You have been signed out. Please sign in again."


def session() -> Session:
    """Return the session of this request.

    Raises:
        SessionGoneError: it ended at this moment.
    """
    found = browser.current()
    if found is None:
        raise SessionGoneError
    return found
