"""POST /introspect (RFC 7662)."""

from typing import Any

from idp import clock
from idp.db import Transaction
from idp.errors import BadRequestError
from idp.keys.errors import TokenInvalidError
from idp.oidc.client_auth import authenticate_client
from idp.oidc.desk import Desk
from idp.oidc.errors import ProtocolError
from idp.tokens import access, refresh
from idp.web.machine import MachineRequest, Reply, reply_json

_INACTIVE = {"active": False}
_TELL = (
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "jti",
    "client_id",
    "scope",
    "sid",
    "auth_time",
    "acr",
    "amr",
)


def introspect(request: MachineRequest, desk: Desk) -> Reply:
    """Tell an authenticated client about a token of its own; of any other, that it is inactive.

    Raises:
        InvalidClientError: the client does not show who it is.
        BadRequestError: no token was sent.
    """
    form = request.form.once()
    client = authenticate_client(request, desk)
    if client.auth_method == "none":
        raise ProtocolError("invalid_client", "A public client may not introspect.", status=401)
    token = form.get("token")
    if token is None:
        raise BadRequestError("token is missing.")
    with desk.database.read() as tx:
        answer = _access(tx, desk, token) or _refresh(tx, token) or _INACTIVE
    if answer.get("client_id") != client.client_id and not _is_audience(answer, client.client_id):
        answer = _INACTIVE  # §4: not even whether it exists
    return reply_json(answer)


def _access(tx: Transaction, desk: Desk, token: str) -> dict[str, Any] | None:
    if token.count(".") != 2:  # noqa: PLR2004 - a JWS has three parts
        return None
    try:
        active = access.check(tx, desk.ring, token, issuer=desk.issuer)
    except TokenInvalidError:
        return None
    claims = {name: active.claims[name] for name in _TELL if name in active.claims}
    return {"active": True, "token_type": "Bearer", **claims}


def _refresh(tx: Transaction, token: str) -> dict[str, Any] | None:
    row = refresh.describe(tx, token)
    if row is None or row.expires_at <= clock.epoch():
        return None
    return {
        "active": True,
        "token_type": "refresh_token",
        "client_id": row.client_id,
        "scope": row.scope,
        "sub": row.subject,
        "iat": row.issued_at,
        "exp": row.expires_at,
    }


def _is_audience(answer: dict[str, Any], client_id: str) -> bool:
    audience = answer.get("aud")
    return client_id == audience or (isinstance(audience, list) and client_id in audience)
