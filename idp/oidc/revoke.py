"""POST /revoke (RFC 7009)."""

from idp.audit import trail
from idp.errors import BadRequestError
from idp.keys.errors import TokenInvalidError
from idp.oidc.client_auth import authenticate_client
from idp.oidc.desk import Desk
from idp.tokens import access, grants, refresh
from idp.web.machine import NO_STORE, MachineRequest, Reply


def revoke(request: MachineRequest, desk: Desk) -> Reply:
    """Take a token back for the client it belongs to.

    A refresh token takes everything of its grant with it (§2.1). A token that is unknown,
    or somebody else's, is answered alike (§2.2): 200, and nothing happens.
    """
    form = request.form.once()
    client = authenticate_client(request, desk)
    token = form.get("token")
    if token is None:
        raise BadRequestError("token is missing.")
    with desk.database.write() as tx:
        family = refresh.find(tx, token)
        if family is not None and family.client_id == client.client_id:
            grants.revoke(tx, family.grant_id)
            trail.record(tx, "token:revoke", client_id=client.client_id)
        elif family is None:
            claims = _own_claims(desk, token)
            if claims and claims.get("client_id") == client.client_id:
                access.take_back(tx, claims)
                trail.record(tx, "token:revoke", client_id=client.client_id)
    return Reply(200, b"", NO_STORE)


def _own_claims(desk: Desk, token: str) -> dict[str, object] | None:
    try:
        return desk.ring.verify(token, typ=access.TYP)
    except TokenInvalidError:
        return None
