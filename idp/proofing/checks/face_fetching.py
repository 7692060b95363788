"""The verdict of a face scan: handed to the department that ordered it, exactly once.

A fetch that carried an Idempotency-Key may be repeated with it, for answers that got lost.
"""

import hmac
from dataclasses import dataclass, replace
from typing import Any

from idp import clock
from idp.db import Statement, Transaction
from idp.proofing.checks import asking, claims, faces, verdicts
from idp.proofing.checks.errors import (
    FaceScanExpiredError,
    FaceScanRunningError,
    FaceScanUnansweredError,
    FaceScanUnknownError,
    FaceVerdictFetchedError,
)
from idp.proofing.checks.faces import Scans
from idp.proofing.checks.office import Caller, Office
from idp.proofing.checks.quotas import Loan
from idp.proofing.checks.verdicts import Told
from idp.registry.queries import PersonQuery
from idp.registry.results import Result, Verdict

OFF = Verdict(result=Result.NO_PHOTO, source="liveness", reason="face_off")
"""What is answered about a face that is locked or switched off; the reason is for us."""
_OWN = Statement("""
    SELECT order_id, scan_id, asked_sealed, outcome, source, reason, redeemed_at, redeem_key
      FROM face_check WHERE scan_id = :scan_id AND client_id = :client_id
""")
_REDEEM = Statement("""
    UPDATE face_check SET redeemed_at = :now, redeem_key = :key,
                          asked_sealed = NULL, ticket_sealed = NULL
     WHERE order_id = :order_id AND redeemed_at IS NULL
""")


@dataclass(slots=True)
class _Recorded:
    """Stands for the authority when nobody has to be asked any more."""

    verdict: Verdict
    source: str = "recorded"

    def check(self, query: PersonQuery) -> Verdict:
        return self.verdict


def fetch(office: Office, scans: Scans, caller: Caller, scan_id: str, key: bytes | None) -> Told:
    """Hand over what came of a scan; *key* is the fingerprint of an Idempotency-Key.

    Raises:
        FaceScanUnknownError: it is none of the caller's.
        FaceScanRunningError: the person has not finished.
        FaceScanExpiredError, FaceScanUnansweredError: there is no verdict, and will be none.
        FaceVerdictFetchedError: it was handed over.
        CheckPurposeError, GuessingError, IdentityBudgetError: not to them, or not now.
    """
    with office.database.read() as tx:
        row = _own(tx, caller, scan_id)
    if row.redeemed_at is not None:
        return _again(office, row, key)
    verdict = _verdict(office, scans, row)
    if verdict.result.unanswered:
        if verdict.source == OFF.source:  # the wing's own word: it came to no end
            raise FaceScanExpiredError(detail=verdict.reason)
        raise FaceScanUnansweredError(detail=verdict.reason or verdict.result.value)
    told = _tell(office, caller, row, verdict)
    with office.database.write() as tx:
        if tx.run(_REDEEM, order_id=row.order_id, key=key, now=clock.epoch()):
            scans.redeem(tx, row.scan_id, row.order_id)
            return replace(told, replayed=False)
        row = _own(tx, caller, scan_id)
    return _again(office, row, key)


def _own(tx: Transaction, caller: Caller, scan_id: str) -> Any:
    row = tx.one(_OWN, scan_id=scan_id, client_id=caller.client_id)
    if row is None:
        raise FaceScanUnknownError
    return row


def _again(office: Office, row: Any, key: bytes | None) -> Told:
    """Repeat what was told to the same key."""
    known = row.redeem_key
    if key is None or known is None or not hmac.compare_digest(bytes(known), key):
        raise FaceVerdictFetchedError
    with office.database.read() as tx:
        check = claims.answered(tx, faces.key_of(row.order_id))
    if check is None:
        raise FaceVerdictFetchedError(detail="the check is not kept any more")
    return verdicts.again(check, office.vault)


def _verdict(office: Office, scans: Scans, row: Any) -> Verdict:
    """Return how the scan ended; about a face that is off, nobody waits for one."""
    if row.outcome:
        return Verdict(result=Result(row.outcome), source=row.source, reason=row.reason)
    question, _ = faces.question_of(office.vault, row)
    with office.database.write() as tx:
        if scans.is_off(tx, question.person.id_number):
            faces.conclude(tx, row.order_id, OFF)
            return OFF
        if scans.is_over(tx, row.scan_id):
            raise FaceScanExpiredError
    raise FaceScanRunningError


def _tell(office: Office, caller: Caller, row: Any, verdict: Verdict) -> Told:
    """Conclude the check with *verdict*, or repeat it where the authority was asked already."""
    try:
        question, _ = faces.question_of(office.vault, row)
    except FaceScanExpiredError:
        raise FaceVerdictFetchedError(detail="raced, or erased") from None
    return asking.ask(
        replace(office, population=_Recorded(verdict)),
        caller,
        faces.key_of(row.order_id),
        question,
        loan=Loan(office.lender, caller.client_id, ()),
    )
