"""What permitted a scan when it began holds when it ends: whoever changes their mind, is heard.

Between the beginning of a scan and its end lie ninety seconds, in which a face may be locked, a
consent withdrawn, an account closed.
"""

from idp.accounts import lifecycle
from idp.accounts.errors import PersonNotFoundError
from idp.db import Transaction
from idp.errors import IdentityError
from liveness.desk import FaceDesk
from liveness.permits import consents, notices, standing
from liveness.permits.errors import FaceConsentMissingError, FaceLockedError

GONE: tuple[type[IdentityError], ...] = (
    FaceLockedError,
    FaceConsentMissingError,
    PersonNotFoundError,
)


def require(
    tx: Transaction, desk: FaceDesk, *, person_id: str | None, purpose: str, id_number: str
) -> None:
    """Let no face be compared, and none count, that may not be scanned any more.

    A department's scan is agreed to on its page, and asks by itself whether the face is off.

    Raises:
        FaceLockedError, FaceConsentMissingError, PersonNotFoundError: what is gone.
    """
    if purpose not in notices.COVERED_BY:
        return
    if standing.was_switched_off(tx, desk, id_number):
        raise FaceLockedError(detail="since the scan began")
    if person_id is None:
        return
    if not lifecycle.is_active(tx, person_id):
        raise PersonNotFoundError(detail="the account was closed since the scan began")
    consents.require(tx, person_id, purpose)
