"""Why somebody does not roam in, or out."""

from idp.errors import BadRequestError, IdentityError


class CircleError(IdentityError):
    """The houses that vouched for somebody lead back to this one, or are too many."""

    code = "upstream_circle"
    status = 403
    description = (
        "The other service knows you through this one, or through too many others. Please sign in "
        "here as usual."
    )


class SessionOverError(IdentityError):
    """The session there ended while its person was on the way here."""

    code = "upstream_session_over"
    status = 403
    description = "You have been signed out at the other service meanwhile. Please sign in again."


class LogoutTokenSpentError(BadRequestError):
    """A logout token came twice (OpenID Connect Back-Channel Logout 1.0 §2.6)."""

    code = "logout_token_spent"
    description = "This logout token was used before."


class FarewellOverError(BadRequestError):
    """The page that offers to sign out elsewhere too is another browser's, or too old."""

    code = "farewell_over"
    description = "This page has expired. You are signed out here."
