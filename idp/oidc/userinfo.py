"""GET and POST /userinfo (OIDC Core §5.3)."""

from idp.keys.errors import TokenInvalidError
from idp.oidc import bearer, claims, verified_claims
from idp.oidc.desk import Desk
from idp.tokens import access
from idp.tokens.access import ActiveToken
from idp.web.machine import NO_STORE, MachineRequest, Reply, reply_json


def userinfo(request: MachineRequest, desk: Desk) -> Reply:
    """Return the claims about the person whose token this is.

    Raises:
        BearerError: there is no token, it does not hold, or it is not for this.
    """
    token = bearer.token_of(request)
    with desk.database.read() as tx:
        try:
            active = access.check(tx, desk.ring, token, issuer=desk.issuer)
        except TokenInvalidError as error:
            raise bearer.BearerError(detail=error.detail) from None
        if active.person_id is None or "openid" not in active.scope:
            raise bearer.InsufficientScopeError(detail="the token does not carry openid")
        names = claims.wanted(active.scope, active.asked, "userinfo")
        released = claims.release(
            tx, desk.vault, active.person_id, names, asked=active.asked, part="userinfo"
        )
    body = {"sub": active.claims["sub"], **released}
    if verified_claims.are_wanted(active.scope, active.asked):
        body |= _verified(active, active.person_id, desk)
    return _signed(body, active.claims["client_id"], desk) or reply_json(body)


def _verified(active: ActiveToken, person_id: str, desk: Desk) -> dict[str, object]:
    """Return what is proven of the person, as far as the site may still have it."""
    client = desk.registry.find(active.claims["client_id"])
    if client is None:
        return {}
    with desk.database.read() as tx:
        return verified_claims.release(
            tx,
            desk.vault,
            client,
            person_id,
            scope=active.scope,
            asked=active.asked,
            part="userinfo",
        )


def _signed(body: dict[str, object], client_id: str, desk: Desk) -> Reply | None:
    """Sign the answer for sites that registered for it (OIDC Core §5.3.2)."""
    client = desk.registry.find(client_id)
    if client is None or client.userinfo_alg is None:
        return None
    signed = desk.ring.sign(
        body | {"iss": desk.issuer, "aud": client_id}, typ="JWT", algorithm=client.userinfo_alg
    )
    return Reply(200, signed.encode(), (("Content-Type", "application/jwt"), *NO_STORE))
