"""POST /verifications/alive: a department asks whether somebody proved to be alive since a day."""

from dataclasses import replace

from idp.clients.verification import ALIVE_SCOPE
from idp.oidc import departments
from idp.oidc.bearer import BearerError
from idp.oidc.departments import JSON
from idp.oidc.desk import Desk
from idp.oidc.verifications import CLAIMING
from idp.proofing.checks import alive, claims
from idp.proofing.checks.claims import ConditionError
from idp.proofing.checks.errors import CheckNotPermittedError, FacesClosedError
from idp.web.documents import read_object
from idp.web.machine import MachineRequest, Reply, reply_json

PATH = "/verifications/alive"


def ask(request: MachineRequest, desk: Desk) -> Reply:
    """Say whether this is a living, registered person who was seen since.

    Raises:
        BearerError, CheckNotPermittedError: not for this caller.
        CheckInputError, DocumentError: not a question.
        IdentityError: see `idp.proofing.checks.asking.ask`.
    """
    token = departments.token(request, desk, ALIVE_SCOPE)
    caller = departments.caller(request, desk, token["client_id"])
    if not caller.permission.alive:
        raise CheckNotPermittedError(detail=f"client {caller.client_id}: no proofs")
    key = claims.fingerprint(caller.client_id, request.headers.get("idempotency-key"))
    departments.is_json(request, JSON)
    if desk.proofs is None:
        raise FacesClosedError
    caller = replace(caller, permission=caller.permission.of_proofs())
    asked = alive.read(read_object(request.body))
    try:
        told = alive.ask(
            desk.office, desk.proofs, caller, key, asked, sentence=CLAIMING, jti=token["jti"]
        )
    except ConditionError:
        raise BearerError(detail="revoked") from None
    if told.replayed:
        departments.is_not_taken_back(request, desk)
    return reply_json(told.document(), headers=departments.REPLAYED if told.replayed else ())
