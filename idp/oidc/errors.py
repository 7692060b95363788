"""The failures that the protocol names, and the two ways to tell them."""

from authlib.oauth2 import OAuth2Error

from idp.errors import BadRequestError, IdentityError
from idp.proofing.checks.errors import CheckInputError
from idp.web.machine import Reply, reply_json


class ProtocolError(IdentityError):
    """A failure with a registered error code."""

    status = 400

    def __init__(self, code: str, description: str, *, detail: str = "", status: int = 400) -> None:
        super().__init__(description, detail=detail)
        self.code = code
        self.status = status


class UnknownSiteError(BadRequestError):
    """An authorization request from nobody we know: told on a page of ours, never redirected."""

    code = "client_unknown"
    description = "The service that sent you here is not registered with us."


class RedirectMismatchError(BadRequestError):
    """The way back is not one the site registered (RFC 6749 §3.1.2.4, RFC 9700 §2.1)."""

    code = "redirect_uri_mismatch"
    description = "The address to return to is not registered for this service."


class InteractionGoneError(BadRequestError):
    """The parked request is over, answered, or belongs to another browser."""

    code = "interaction_expired"
    description = "This sign-in has expired or was already completed."


def from_authlib(error: OAuth2Error) -> ProtocolError:
    """Put a failure that Authlib found into our words."""
    return ProtocolError(
        error.error or "invalid_request",
        error.get_error_description() or "The request is malformed.",
        status=error.status_code,
    )


def reply(error: IdentityError, *, challenge: str = "") -> Reply:
    """Tell a machine what went wrong (RFC 6749 §5.2)."""
    headers = error.headers
    if challenge:
        headers += (("WWW-Authenticate", challenge),)
    if error.retry_after is not None:
        headers += (("Retry-After", str(error.retry_after)),)
    body: dict[str, object] = {
        "error": error.code,
        "error_description": ascii_only(error.description),
    }
    if isinstance(error, CheckInputError):
        body["fields"] = error.fields
    return reply_json(body, error.status, headers=headers)


def ascii_only(text: str) -> str:
    """Return *text* in the characters that error_description allows (RFC 6749 §5.2)."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in text)
