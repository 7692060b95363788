"""POST /verifications/real-name, alone or in batches: departments ask, and get a verdict.

The token must be a client's own (`client_credentials`), meant for this interface (`resource`,
RFC 8707) and carry its scope; beyond that the operator must have permitted purpose and basis.
"""

from idp.clients.verification import NAME_SCOPE
from idp.errors import BadRequestError
from idp.oidc import departments
from idp.oidc.bearer import BearerError
from idp.oidc.departments import JSON
from idp.oidc.desk import Desk
from idp.proofing.checks import asking, claims, questions
from idp.proofing.checks import batches as taken_in
from idp.proofing.checks.claims import ConditionError
from idp.tokens import access
from idp.web.documents import read_object, read_objects
from idp.web.machine import NO_STORE, MachineRequest, Reply, reply_json

BATCHES = "/verifications/real-name/batches"
CLAIMING = claims.claiming(access.NOT_TAKEN_BACK)
_LISTS = ("application/json", "application/jsonl", "application/x-ndjson")
_PAGE = 100


def real_name(request: MachineRequest, desk: Desk) -> Reply:
    """Say whether a name and the other elements belong to one registered person.

    Raises:
        BearerError, CheckNotPermittedError: not for this caller.
        CheckInputError, DocumentError: not a question.
        IdentityError: see `idp.proofing.checks.asking.ask`.
    """
    token = departments.token(request, desk, NAME_SCOPE)
    caller = departments.caller(request, desk, token["client_id"])
    key = claims.fingerprint(caller.client_id, request.headers.get("idempotency-key"))
    departments.is_json(request, JSON)
    question = questions.read(read_object(request.body))
    try:
        told = asking.ask(desk.office, caller, key, question, sentence=CLAIMING, jti=token["jti"])
    except ConditionError:
        raise BearerError(detail="revoked") from None
    if told.replayed:
        departments.is_not_taken_back(request, desk)
    return reply_json(told.document(), headers=departments.REPLAYED if told.replayed else ())


def batches(request: MachineRequest, desk: Desk) -> Reply:
    """Take in many questions, to be answered in the background.

    Raises:
        BearerError, CheckNotPermittedError: not for this caller.
        DocumentError, BatchInputError: not a list of questions.
    """
    token = departments.token(request, desk, NAME_SCOPE)
    departments.is_not_taken_back(request, desk)
    caller = departments.caller(request, desk, token["client_id"])
    key = claims.fingerprint(caller.client_id, request.headers.get("idempotency-key"))
    departments.is_json(request, _LISTS)
    limit = desk.settings.verification.batch_body_limit
    documents = read_objects(request.body, limit=limit)
    batch_id, before = taken_in.create(desk.office, caller, key, request.body, documents)
    with desk.database.read() as tx:
        document = taken_in.find(tx, caller.client_id, batch_id).document()
    location = (("Location", f"{desk.issuer}{BATCHES}/{batch_id}"),)
    return reply_json(document, 202, headers=location + (departments.REPLAYED if before else ()))


def batch(request: MachineRequest, desk: Desk) -> Reply:
    """Tell how far a batch is and what is answered, or (DELETE) ask nothing more of it.

    Raises:
        BearerError, CheckNotPermittedError: not for this caller.
        BatchUnknownError: it is none of the caller's.
    """
    token = departments.token(request, desk, NAME_SCOPE)
    departments.is_not_taken_back(request, desk)
    client_id = departments.caller(request, desk, token["client_id"]).client_id
    batch_id = request.path.rpartition("/")[2]
    if request.method == "DELETE":
        with desk.database.write() as tx:
            taken_in.cancel(tx, client_id, batch_id)
        return Reply(204, b"", NO_STORE)
    first, most = _number(request, "first", 0), _number(request, "limit", _PAGE)
    if not 0 < most <= _PAGE:
        raise BadRequestError(f"limit must be between 1 and {_PAGE}.")
    with desk.database.read() as tx:
        document = taken_in.find(tx, client_id, batch_id).document()
        results = taken_in.page(tx, desk.vault, batch_id, first, most)
    following = results[-1]["position"] + 1 if len(results) == most else None
    path = f"{desk.issuer}{BATCHES}/{batch_id}?first={following}&limit={most}"
    return reply_json(document | {"results": results} | ({"next": path} if following else {}))


def _number(request: MachineRequest, name: str, default: int) -> int:
    text = request.query.once().get(name, str(default))
    if not text.isascii() or not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 - 32 bits
        raise BadRequestError(f"{name} must be a number.")
    return int(text)
