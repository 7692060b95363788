"""End a capture session: record what follows, erase what it carried, tell only yes or no."""

import logging
from dataclasses import dataclass

from idp.audit import events, trail
from idp.db import Transaction
from idp.errors import IdentityError
from idp.registry.results import Result, Verdict
from liveness.desk import FaceDesk
from liveness.engine.decision import Reason
from liveness.engine.gate import Flaw
from liveness.permits import budgets, lasting
from liveness.scans import records
from liveness.scans.errors import ScanOverError
from liveness.scans.handling import Handling
from liveness.scans.orders import Order
from liveness.scans.records import Ending, Scan

log = logging.getLogger(__name__)

KEPT = 3600
"""Seconds that whoever ordered the scan has to redeem it."""
HERE = "liveness"  # the source of verdicts for which nobody was asked

PASSED, POOR, REFUSED = "passed", "face_capture_poor", "face_not_confirmed"
NOT_CHECKABLE, AWAY = "face_not_checkable", "authority_unavailable"
_TOLD = {
    Result.MATCH: PASSED,
    Result.NO_RECORD: NOT_CHECKABLE,
    Result.NO_PHOTO: NOT_CHECKABLE,
    Result.RATE_LIMITED: AWAY,
    Result.SOURCE_DOWN: AWAY,
    Result.BAD_INPUT: AWAY,
}
"""Everything else is one and the same refusal."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the browser learns at the end."""

    outcome: str
    onward: str = ""
    coach: tuple[Flaw, ...] = ()

    @property
    def passed(self) -> bool:
        return self.outcome == PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the trail keeps beside the verdict."""

    evidence: str = ""
    hints: frozenset[str] = frozenset()
    poor: bool = False  # light or distance, which the person could mend
    given_back: bool = False  # the try is not counted: nothing was looked at, or we failed


def refusal(reason: str) -> Verdict:
    """Return the verdict on what was no living, present person; nobody was asked."""
    return Verdict(result=Result.LIVENESS_FAIL, source=HERE, reason=reason)


def unanswered(reason: str) -> Verdict:
    """Return the verdict where a scan came to no end."""
    return Verdict(result=Result.SOURCE_DOWN, source=HERE, reason=reason)


def finish(handling: Handling, scan: Scan, verdict: Verdict, facts: Facts) -> Told:
    """End *scan* with *verdict*, in one transaction with what its use makes of it.

    A use that cannot accept a match says why, and the scan ends all the same, unmatched.

    Raises:
        ScanOverError: it ended meanwhile.
    """
    try:
        with handling.desk.database.write() as tx:
            return conclude(tx, handling, scan, verdict, facts)
    except IdentityError as error:
        if isinstance(error, ScanOverError) or verdict.result is not Result.MATCH:
            raise
        log.warning("a use refused a match: %s %s", error.code, error.detail)
        with handling.desk.database.write() as tx:
            return conclude(tx, handling, scan, refusal(error.code), facts)


def conclude(
    tx: Transaction, handling: Handling, scan: Scan, verdict: Verdict, facts: Facts
) -> Told:
    """Do so within the caller's transaction."""
    order = ordered(scan)
    if verdict.result is Result.MATCH:
        still_permitted(tx, handling.desk, order)
    use = handling.uses[scan.purpose]
    told = Told(_outcome(verdict, facts), use.onward(order))
    ending = Ending(
        outcome=told.outcome,
        result=verdict.result.value,
        source=verdict.source,
        reference=verdict.reference,
        reason=verdict.reason,
        evidence=facts.evidence,
    )
    records.end(tx, scan, ending, KEPT)
    use.conclude(tx, scan.scan_id, order, verdict)
    if scan.counted:
        budgets.settle(tx, handling.desk, scan.counted, _passed(told, verdict, facts))
    _note(tx, handling, scan, told, verdict, facts)
    return told


def still_permitted(tx: Transaction, desk: FaceDesk, order: Order) -> None:
    """See that what permitted the scan has not gone meanwhile.

    Raises:
        IdentityError: one of `lasting.GONE`.
    """
    lasting.require(
        tx,
        desk,
        person_id=order.person_id,
        purpose=order.purpose.value,
        id_number=order.claimed.id_number,
    )


def ordered(scan: Scan) -> Order:
    """Return the order of a scan that has not ended.

    Raises:
        ScanOverError: it has.
    """
    if scan.order is None:
        raise ScanOverError(detail="erased")
    return scan.order


def _passed(told: Told, verdict: Verdict, facts: Facts) -> bool | None:
    """Return what the budgets learn: what nobody could answer is given back, a retreat is not."""
    if facts.given_back or (verdict.source != HERE and verdict.result.unanswered):
        return None
    return told.passed


def _outcome(verdict: Verdict, facts: Facts) -> str:
    if verdict.source == HERE and verdict.result is Result.SOURCE_DOWN:
        return verdict.reason  # it came to no end, and nobody is told anything
    if verdict.source == HERE and verdict.result is Result.LIVENESS_FAIL:
        poor = facts.poor or verdict.reason == Reason.POOR_CAPTURE
        return POOR if poor else REFUSED
    return _TOLD.get(verdict.result, REFUSED)


def _note(
    tx: Transaction, handling: Handling, scan: Scan, told: Told, verdict: Verdict, facts: Facts
) -> None:
    """Put it on the trail: for the person as they were told it, for auditors why."""
    order = ordered(scan)
    data = {
        "scan": scan.scan_id,
        "purpose": scan.purpose.value,
        "risk": order.risk.value,
        "source": verdict.source,
        "why": "" if told.passed else (verdict.reason or verdict.result.value.lower()),
        "evidence": facts.evidence,
        "steps": " ".join(scan.state.steps),
        "skipped": " ".join(sorted(scan.state.skipped)),
        "hints": " ".join(sorted(facts.hints)),
    }
    trail.record(
        tx,
        events.FACE_SCAN,
        outcome="success" if told.passed else "failure",
        person_id=order.person_id,
        reason="" if told.passed else told.outcome,
        address=handling.visitor.address,
        request_id=handling.visitor.request_id,
        data={name: value for name, value in data.items() if value},
    )
