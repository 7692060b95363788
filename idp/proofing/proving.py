"""Prove a name: count the try, ask the authority outside of any transaction, then conclude.

Three steps, so that no transaction waits for an authority: `begin` (one transaction),
`ask`, `conclude` (another). Both budgets are counted before the question, so of tries raced
no more are asked than are free; what turns out to be no guess is given back. A scan of a face
asks by itself, and is concluded here (`idp.proofing.face_proving`).
"""

from dataclasses import dataclass, field

from config.real_names import ProofingSettings
from idp import clock
from idp.accounts import lifecycle
from idp.audit import events, trail
from idp.crypto import Vault
from idp.db import Transaction, new_id
from idp.errors import TooManyRequestsError
from idp.formats import id_numbers
from idp.proofing import attempts, graph, ownership, verifications
from idp.proofing.attempts import Attempt
from idp.proofing.errors import (
    AlreadyProvenError,
    AuthorityAwayError,
    DiffersError,
    FaceNotCheckableError,
    FaceNotConfirmedError,
    FaceOffError,
    MismatchError,
    NotOnlineError,
    ProofingError,
    UnreadableError,
)
from idp.proofing.graph import Step, StepError
from idp.proofing.verifications import Evidence
from idp.proofing.ways import FACE, NAME_ID
from idp.registry.ports import Population
from idp.registry.queries import PersonQuery
from idp.registry.results import Result, Verdict
from idp.web import throttle

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Question:
    """A question claimed for one attempt, and the budgets that it was counted in, if it was."""

    attempt: Attempt
    query: PersonQuery = field(repr=False)
    budgets: tuple[str, str] | None
    elements: tuple[str, ...]
    method: str = NAME_ID.key


def begin(tx: Transaction, vault: Vault, settings: ProofingSettings, attempt: Attempt) -> Question:
    """Claim *attempt* for one question to the authority.

    Raises:
        TooManyRequestsError: a budget is spent. The caller commits.
        DiffersError: this account is proven to be somebody else.
        StepError: nothing waits to be asked, or another window asks already.
    """
    entry = attempt.entry
    if entry is None:
        raise StepError(detail="nothing was entered")
    ownership.refuse_other_number(tx, vault, attempt.person_id, entry.id_number)
    counted = count(tx, vault, settings, attempt.person_id, entry.id_number)
    claimed = attempts.move(
        tx, vault, attempt, "ask", question_id=new_id(), asked_at=clock.epoch(), outcome=""
    )
    query = PersonQuery(name=entry.name, id_number=entry.id_number)
    return Question(claimed, query, counted, query.elements)


def ask(population: Population, question: Question) -> Verdict:
    """Ask the authority; no transaction may be open meanwhile."""
    return population.check(question.query)


def conclude(
    tx: Transaction, vault: Vault, settings: ProofingSettings, question: Question, verdict: Verdict
) -> Attempt:
    """Write down what the authority said, and what follows from it.

    Raises:
        ProofingError: one of its kinds: the name is not proven. The caller commits.
        StepError: the attempt went on without this answer, or the account was closed; it then
            proves nothing.
    """
    if question.budgets is not None:
        give_back(tx, question.budgets, verdict.result)
    person = lifecycle.credential(tx, question.attempt.person_id)
    if person is None or not person.active:
        raise StepError(detail="the account was closed meanwhile")
    by_face = question.attempt.step is Step.SCAN
    move = (graph.seen if by_face else graph.answered)(verdict.result)
    refusal, outcome = _refusal(tx, vault, question, verdict), verdict.result.value
    if refusal is not None and verdict.result is Result.MATCH:
        move, outcome = "dismiss", refusal.code
    after = attempts.move(
        tx,
        vault,
        question.attempt,
        move,
        outcome=outcome,
        source=verdict.source,
        question_id="",
    )
    if refusal is None or verdict.result is not Result.MATCH:
        _record(tx, vault, settings, question, verdict)
    if refusal is not None:
        raise refusal
    return after


_REFUSALS: dict[Result, type[ProofingError]] = {
    Result.MISMATCH: MismatchError,
    Result.BAD_INPUT: UnreadableError,
    Result.RATE_LIMITED: AuthorityAwayError,
    Result.SOURCE_DOWN: AuthorityAwayError,
}
_OF_FACES = _REFUSALS | dict.fromkeys(graph.UNLIKE, FaceNotConfirmedError)
_OTHERS: dict[str, type[ProofingError]] = {
    kind.code: kind for kind in (AlreadyProvenError, DiffersError, FaceOffError)
}


def refusal_of(attempt: Attempt) -> type[ProofingError] | None:
    """Return why *attempt* has not proven a name; None: it has, or nothing was tried."""
    outcome = attempt.outcome
    if outcome in _OTHERS:
        return _OTHERS[outcome]
    if outcome in ("", Result.MATCH):
        return None
    return _kind_of(Result(outcome), attempt.way)


def _kind_of(result: Result, way: str) -> type[ProofingError]:
    if way == FACE.key:
        return _OF_FACES.get(result, FaceNotCheckableError)
    return _REFUSALS.get(result, NotOnlineError)


def _refusal(
    tx: Transaction, vault: Vault, question: Question, verdict: Verdict
) -> ProofingError | None:
    """Return why the name is not proven; None: it is, and from now on belongs to the account."""
    person_id, query = question.attempt.person_id, question.query
    if verdict.result is not Result.MATCH:
        kind = _kind_of(verdict.result, question.method)
        return kind(detail=f"{verdict.source}: {verdict.result}")
    try:
        ownership.take(tx, vault, person_id, name=query.name, id_number=query.id_number)
    except (AlreadyProvenError, DiffersError) as conflict:
        ownership.note_conflict(tx, person_id, conflict)
        return conflict
    return None


def budgets(vault: Vault, person_id: str, id_number: str) -> tuple[str, str]:
    """Return what counts the tries of an account, and those at an identity number."""
    identity = vault.mac(id_number, purpose="throttle").hex()
    return f"real-name-person:{person_id}", f"real-name-identity:{identity}"


def count(
    tx: Transaction, vault: Vault, settings: ProofingSettings, person_id: str, id_number: str
) -> tuple[str, str]:
    """Count one question in both budgets, and return them.

    Raises:
        TooManyRequestsError: one of them is spent. The caller commits.
    """
    person, identity = counted = budgets(vault, person_id, id_number)
    throttle.hit(tx, person, limit=settings.per_person, window=_DAY)
    try:
        throttle.hit(tx, identity, limit=settings.per_identity, window=_DAY)
    except TooManyRequestsError:
        throttle.give_back(tx, person)  # nothing is asked
        raise
    return counted


def give_back(tx: Transaction, counted: tuple[str, str], result: Result) -> None:
    """Uncount a failed try at the number unless it was one, and a try that had no answer.

    An answer that there is no record stays counted for whoever asked: given back, it would
    let one account find out which numbers exist.
    """
    person, identity = counted
    if not result.suspicious:
        throttle.give_back(tx, identity)
    if result.unanswered:
        throttle.give_back(tx, person)


def uncount(tx: Transaction, counted: tuple[str, str]) -> None:
    """Uncount a question altogether: it was no guess at a name or number."""
    for bucket in counted:
        throttle.give_back(tx, bucket)


def _record(
    tx: Transaction, vault: Vault, settings: ProofingSettings, question: Question, verdict: Verdict
) -> None:
    """Keep a record of what was answered; of silence only that there was some."""
    person_id = question.attempt.person_id
    if verdict.result.unanswered:
        reason, data = verdict.result.value.lower(), {"source": verdict.source}
        trail.record(
            tx,
            events.IDENTITY_VERIFY,
            outcome="failure",
            person_id=person_id,
            reason=reason,
            data=data,
        )
        return
    evidence = Evidence(
        method=question.method,
        source=verdict.source,
        elements=question.elements,
        document=id_numbers.parse(question.query.id_number).kind.value,
        id_number=question.query.id_number,
        result=verdict.result,
        reference=verdict.reference,
        reason=verdict.reason,
    )
    verifications.record(tx, vault, settings, person_id, evidence)
