"""Who stands at the departments' window: a client's own token, and the operator's permission.

The token must be a client's own (`client_credentials`), meant for this interface (`resource`,
RFC 8707) and carry the scope of what is asked.
"""

from typing import Any

from idp import clock
from idp.clients.verification import permission_of
from idp.errors import BadRequestError
from idp.keys.errors import TokenInvalidError
from idp.oidc.bearer import BearerError, InsufficientScopeError
from idp.oidc.desk import Desk
from idp.proofing.checks.errors import CheckNotPermittedError
from idp.proofing.checks.office import RESOURCE, Caller
from idp.tokens import access
from idp.web.machine import MachineRequest

JSON = ("application/json",)
REPLAYED = (("Idempotent-Replayed", "true"),)
_MOST_TOKENS = 1000


class MediaTypeError(BadRequestError):
    """The body is not said to be JSON."""

    code = "media_type_unsupported"
    status = 415
    description = "The body must be JSON, and its Content-Type say so."


class VerificationScopeError(InsufficientScopeError):
    """A good token that opens another door than this one."""

    def __init__(self, scope: str) -> None:
        super().__init__(detail="scope")
        self.scope = scope


def token(request: MachineRequest, desk: Desk, scope: str) -> dict[str, Any]:
    """Return the claims of a client's own token with *scope*; it may be taken back.

    Raises:
        BearerError: there is none, or it opens another door.
    """
    scheme, _, header = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not header.strip():
        raise BearerError(detail="no token")
    claims = _read(header.strip(), desk)
    if claims.get("aud") != desk.issuer + RESOURCE or "grant" in claims:
        raise BearerError(detail="meant for another audience")
    if scope not in claims["scope"].split():
        raise VerificationScopeError(scope)
    return claims


def _read(text: str, desk: Desk) -> dict[str, Any]:
    """Verify a token's signature; one that was good a moment ago is not computed again.

    A moment is as long as the ring may hold on to a retired key. Whether a token was taken
    back is asked of the database each time.
    """
    now, seen = clock.epoch(), desk.office.tokens
    known = seen.get(text)
    if known is not None and now < known[0] and now < known[1]["exp"]:
        return known[1]
    try:
        claims = access.read(desk.ring, text, issuer=desk.issuer)
    except TokenInvalidError as error:
        raise BearerError(detail=error.detail) from None
    if len(seen) >= _MOST_TOKENS:
        seen.clear()
    seen[text] = (now + desk.settings.keys.refresh_interval, claims)
    return claims


def is_not_taken_back(request: MachineRequest, desk: Desk) -> None:
    """See that the token of this request still holds.

    Raises:
        BearerError: it was revoked.
    """
    header = request.headers["authorization"].partition(" ")[2].strip()
    try:
        with desk.database.read() as tx:
            access.check(tx, desk.ring, header, issuer=desk.issuer)
    except TokenInvalidError as error:
        raise BearerError(detail=error.detail) from None


def caller(request: MachineRequest, desk: Desk, client_id: str) -> Caller:
    """Return the department, and what the operator lets it ask.

    Raises:
        BearerError, CheckNotPermittedError: it is gone, or may ask nothing.
    """
    client = desk.registry.find(client_id)
    if client is None:
        raise BearerError(detail="the client is gone")
    permission = permission_of(client.metadata)
    if permission is None:
        raise CheckNotPermittedError(detail=f"client {client_id}")
    return Caller(client_id, permission, request.request_id)


def is_json(request: MachineRequest, kinds: tuple[str, ...]) -> None:
    """See that the body is said to be one of *kinds*.

    Raises:
        MediaTypeError: it is said to be something else.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in kinds:
        raise MediaTypeError
