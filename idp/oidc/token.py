"""POST /token (RFC 6749 §3.2)."""

from idp.errors import BadRequestError
from idp.oidc.desk import Desk
from idp.oidc.server import TokenRequest, server
from idp.web.machine import MachineRequest, Reply


def token(request: MachineRequest, desk: Desk) -> Reply:
    """Exchange a grant for tokens.

    Raises:
        IdentityError: no tokens; the counter tells why.
    """
    form = request.form.once()
    if "grant_type" not in form:
        raise BadRequestError("grant_type is missing.")
    desk.ring.signer()  # keys are read before the transaction begins, not within it
    answer: Reply = server.create_token_response(TokenRequest(request, form, desk))
    return answer
