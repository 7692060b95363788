"""The bearer token of a request (RFC 6750 §2)."""

from idp.errors import IdentityError
from idp.web.machine import MachineRequest


class BearerError(IdentityError):
    """No token, or none that holds (RFC 6750 §3.1)."""

    code = "invalid_token"
    status = 401
    description = "The access token is missing, expired or revoked."


class AmbiguousBearerError(BearerError):
    """A token in two places at once, or where none belongs."""

    code = "invalid_request"
    status = 400
    description = "Send the access token once, in the Authorization header."


class InsufficientScopeError(BearerError):
    """A good token that opens another door."""

    code = "insufficient_scope"
    status = 403
    description = "The access token does not carry the scope this needs."
    scope = ""


def token_of(request: MachineRequest) -> str:
    """Return the token from the Authorization header or the form body, never from the URL.

    Raises:
        AmbiguousBearerError: it stands in the query, or in more than one place.
        BearerError: there is none.
    """
    if "access_token" in request.query or "access_token" in request.query.repeated:
        raise AmbiguousBearerError(detail="token in the URL")
    scheme, _, header = request.headers.get("authorization", "").partition(" ")
    in_header = header.strip() if scheme.lower() == "bearer" else ""
    in_body = request.form.once().get("access_token", "") if request.method == "POST" else ""
    if in_header and in_body:
        raise AmbiguousBearerError(detail="token in header and body")
    if not (in_header or in_body):
        raise BearerError(detail="no token")
    return in_header or in_body


def challenge(error: IdentityError, issuer: str) -> str:
    """Return the WWW-Authenticate header that goes with *error* (RFC 6750 §3)."""
    if not isinstance(error, BearerError):
        return ""
    if error.detail == "no token":
        return f'Bearer realm="{issuer}"'
    challenge = (
        f'Bearer realm="{issuer}", error="{error.code}", error_description="{error.description}"'
    )
    scope = error.scope if isinstance(error, InsufficientScopeError) else ""
    return f'{challenge}, scope="{scope}"' if scope else challenge
