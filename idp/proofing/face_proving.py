"""Prove a name by face: open a scan for one attempt, and conclude that attempt by what it saw.

Whoever scans asks the authority itself, for no picture is kept to ask with later. An answer
counts only while the attempt stands at the very scan that it was opened for.
"""

from config.real_names import ProofingSettings
from idp import clock
from idp.accounts import profiles
from idp.crypto import Vault
from idp.db import Transaction, new_id
from idp.errors import TooManyRequestsError
from idp.proofing import attempts, graph, ownership, proving
from idp.proofing.attempts import Attempt, Entry
from idp.proofing.errors import ProofingError
from idp.proofing.graph import Step, StepError
from idp.proofing.proving import Question
from idp.proofing.ways import FACE
from idp.registry.queries import PersonQuery
from idp.registry.results import Result, Verdict
from idp.web import throttle

ELEMENTS = ("name", "id_number", "portrait")
HERE = "liveness"
NOBODY_ASKED = frozenset({HERE, "budget"})
"""Sources of verdicts for which no authority was asked."""
SPENT = Verdict(result=Result.LIVENESS_FAIL, source="budget", reason="no question is left today")
"""What whoever has no question left is told: what everybody is told whose face is not confirmed.

Another word would say that all that comes before the comparison was passed, and for nothing.
"""
_HOUR = 3600


def known(tx: Transaction, vault: Vault, person_id: str) -> Entry | None:
    """Return the name and number that *person_id* has proven, if both are."""
    number = ownership.proven_number(tx, vault, person_id)
    name = profiles.read(tx, vault, person_id).real_name
    return Entry(name, number) if name and number else None


def begin(tx: Transaction, vault: Vault, settings: ProofingSettings, attempt: Attempt) -> Attempt:
    """Claim *attempt* for one scan, which it knows by its `question_id`.

    Raises:
        TooManyRequestsError: nothing more would be asked today, so nobody need show a face.
        DiffersError: this account is proven to be somebody else.
        StepError: there is nobody to compare with, or another window was faster.
    """
    entry = attempt.entry
    if entry is None:
        raise StepError(detail="nothing was entered")
    ownership.refuse_other_number(tx, vault, attempt.person_id, entry.id_number)
    person, identity = proving.budgets(vault, attempt.person_id, entry.id_number)
    free = throttle.peek(tx, person, settings.per_person)
    if not (free and throttle.peek(tx, identity, settings.per_identity)):
        raise TooManyRequestsError(retry_after=_HOUR, detail="no question is left today")
    return attempts.move(
        tx, vault, attempt, "open", question_id=new_id(), asked_at=clock.epoch(), outcome=""
    )


def conclude(
    tx: Transaction,
    vault: Vault,
    settings: ProofingSettings,
    *,
    person_id: str,
    matter: str,
    entry: Entry,
    verdict: Verdict,
) -> bool:
    """Write down what the scan that was opened as *matter* found; say whether it counted.

    A scan for an attempt that went on without it proves nothing, and changes nothing but the
    budgets that its question was counted in.
    """
    if verdict.source == HERE and verdict.result.unanswered:
        return False  # given up, or its time passed: the attempt still waits, for another scan
    asked = verdict.source not in NOBODY_ASKED
    counted = proving.budgets(vault, person_id, entry.id_number) if asked else None
    if counted is not None and verdict.result in graph.UNLIKE:
        # Faces have budgets of their own. Here it would tell an imposter from a mask.
        proving.uncount(tx, counted)
        counted = None
    attempt = attempts.current(tx, vault, person_id)
    if attempt is not None and _waits_for(attempt, matter, entry):
        question = Question(
            attempt,
            PersonQuery(name=entry.name, id_number=entry.id_number),
            counted,
            ELEMENTS if asked else ELEMENTS[-1:],
            FACE.key,
        )
        if _stands(tx, vault, settings, question, verdict):
            return True
    if counted is not None:
        proving.give_back(tx, counted, verdict.result)
    return False


def abandon(tx: Transaction, vault: Vault, attempt: Attempt, outcome: str = "") -> Attempt:
    """Give the camera up for *attempt*: there is none, or *outcome* tells why it may not be used.

    Raises:
        StepError: no scan waits or is open.
    """
    return attempts.move(tx, vault, attempt, "unable", outcome=outcome, question_id="")


def _waits_for(attempt: Attempt, matter: str, entry: Entry) -> bool:
    expected = attempt.step is Step.SCAN and attempt.running and attempt.way == FACE.key
    return expected and bool(matter) and attempt.question_id == matter and attempt.entry == entry


def _stands(
    tx: Transaction, vault: Vault, settings: ProofingSettings, question: Question, verdict: Verdict
) -> bool:
    """Conclude, or undo all of it if the attempt went on at this moment, or its account closed."""
    tx.control("SAVEPOINT face_proving")
    try:
        proving.conclude(tx, vault, settings, question, verdict)
    except ProofingError:
        pass  # written down, and told by the page on which the attempt goes on
    except StepError:
        tx.control("ROLLBACK TO SAVEPOINT face_proving")
        return False
    finally:
        tx.control("RELEASE SAVEPOINT face_proving")
    return True
