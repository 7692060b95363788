"""POST /verifications/real-name, alone or in batches: departments ask, and get a verdict.

The token must be a client's own (`client_credentials`), meant for this interface (`resource`,
RFC 8707) and carry its scope; beyond that the operator must have permitted purpose and basis.
"""

from typing import Any

from idp import clock
from idp.clients.verification import permission_of
from idp.errors import BadRequestError
from idp.keys.errors import TokenInvalidError
from idp.oidc.bearer import BearerError, InsufficientScopeError
from idp.oidc.desk import Desk
from idp.oidc.openapi import SCOPE
from idp.proofing.checks import asking, claims, questions
from idp.proofing.checks import batches as taken_in
from idp.proofing.checks.claims import ConditionError
from idp.proofing.checks.errors import CheckNotPermittedError
from idp.proofing.checks.office import RESOURCE, Caller
from idp.tokens import access
from idp.web.documents import read_object, read_objects
from idp.web.machine import NO_STORE, MachineRequest, Reply, reply_json

BATCHES = "/verifications/real-name/batches"
_CLAIMING = claims.claiming(access.NOT_TAKEN_BACK)
_JSON = ("application/json",)
_LISTS = ("application/json", "application/jsonl", "application/x-ndjson")
_REPLAYED = (("Idempotent-Replayed", "true"),)
_PAGE = 100
_MOST_TOKENS = 1000


class MediaTypeError(BadRequestError):
    """The body is not said to be JSON."""

    code = "media_type_unsupported"
    status = 415
    description = "The body must be JSON, and its Content-Type say so."


class VerificationScopeError(InsufficientScopeError):
    """A good token that opens another door than this one."""

    scope = SCOPE


def real_name(request: MachineRequest, desk: Desk) -> Reply:
    """Say whether a name and the other elements belong to one registered person.

    Raises:
        BearerError, CheckNotPermittedError: not for this caller.
        CheckInputError, DocumentError: not a question.
        IdentityError: see `idp.proofing.checks.asking.ask`.
    """
    token = _token(request, desk)
    caller = _caller(request, desk, token["client_id"])
    key = claims.fingerprint(caller.client_id, request.headers.get("idempotency-key"))
    _is_json(request, _JSON)
    question = questions.read(read_object(request.body))
    try:
        told = asking.ask(desk.office, caller, key, question, sentence=_CLAIMING, jti=token["jti"])
    except ConditionError:
        raise BearerError(detail="revoked") from None
    if told.replayed:
        _is_not_taken_back(request, desk)
    return reply_json(told.document(), headers=_REPLAYED if told.replayed else ())


def batches(request: MachineRequest, desk: Desk) -> Reply:
    """Take in many questions, to be answered in the background.

    Raises:
        BearerError, CheckNotPermittedError: not for this caller.
        DocumentError, BatchInputError: not a list of questions.
    """
    token = _token(request, desk)
    _is_not_taken_back(request, desk)
    caller = _caller(request, desk, token["client_id"])
    key = claims.fingerprint(caller.client_id, request.headers.get("idempotency-key"))
    _is_json(request, _LISTS)
    limit = desk.settings.verification.batch_body_limit
    documents = read_objects(request.body, limit=limit)
    batch_id, before = taken_in.create(desk.office, caller, key, request.body, documents)
    with desk.database.read() as tx:
        document = taken_in.find(tx, caller.client_id, batch_id).document()
    location = (("Location", f"{desk.issuer}{BATCHES}/{batch_id}"),)
    return reply_json(document, 202, headers=location + (_REPLAYED if before else ()))


def batch(request: MachineRequest, desk: Desk) -> Reply:
    """Tell how far a batch is and what is answered, or (DELETE) ask nothing more of it.

    Raises:
        BearerError, CheckNotPermittedError: not for this caller.
        BatchUnknownError: it is none of the caller's.
    """
    token = _token(request, desk)
    _is_not_taken_back(request, desk)
    client_id = _caller(request, desk, token["client_id"]).client_id
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


def _token(request: MachineRequest, desk: Desk) -> dict[str, Any]:
    """Return the claims of a client's own token for this interface; it may be taken back."""
    scheme, _, header = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not header.strip():
        raise BearerError(detail="no token")
    token = _read(header.strip(), desk)
    if token.get("aud") != desk.issuer + RESOURCE or "grant" in token:
        raise BearerError(detail="meant for another audience")
    if SCOPE not in token["scope"].split():
        raise VerificationScopeError(detail="scope")
    return token


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
        token = access.read(desk.ring, text, issuer=desk.issuer)
    except TokenInvalidError as error:
        raise BearerError(detail=error.detail) from None
    if len(seen) >= _MOST_TOKENS:
        seen.clear()
    seen[text] = (now + desk.settings.keys.refresh_interval, token)
    return token


def _is_not_taken_back(request: MachineRequest, desk: Desk) -> None:
    header = request.headers["authorization"].partition(" ")[2].strip()
    try:
        with desk.database.read() as tx:
            access.check(tx, desk.ring, header, issuer=desk.issuer)
    except TokenInvalidError as error:
        raise BearerError(detail=error.detail) from None


def _caller(request: MachineRequest, desk: Desk, client_id: str) -> Caller:
    client = desk.registry.find(client_id)
    if client is None:
        raise BearerError(detail="the client is gone")
    permission = permission_of(client.metadata)
    if permission is None:
        raise CheckNotPermittedError(detail=f"client {client_id}")
    return Caller(client_id, permission, request.request_id)


def _is_json(request: MachineRequest, kinds: tuple[str, ...]) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in kinds:
        raise MediaTypeError


def _number(request: MachineRequest, name: str, default: int) -> int:
    text = request.query.once().get(name, str(default))
    if not text.isascii() or not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 - 32 bits
        raise BadRequestError(f"{name} must be a number.")
    return int(text)
