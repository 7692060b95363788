"""Client authentication, as every endpoint of ours asks for it."""

from idp.clients.authentication import authenticate
from idp.clients.party import RelyingParty
from idp.oidc.desk import Desk
from idp.web.machine import MachineRequest


def authenticate_client(request: MachineRequest, desk: Desk) -> RelyingParty:
    """Return the client that *request* proves itself to be (RFC 6749 §2.3).

    Raises:
        InvalidClientError: it proves nothing, or too much.
    """
    return authenticate(
        request,
        desk.registry,
        desk.database,
        issuer=desk.issuer,
        token_url=f"{desk.issuer}/token",
        outbound=desk.outbound,
    )
