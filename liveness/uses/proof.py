"""Scans that prove a name to identity level 3: this face is the one the register knows by it."""

from dataclasses import dataclass

from idp.db import Transaction
from idp.errors import TooManyRequestsError
from idp.proofing import face_proving, proving
from idp.proofing.attempts import Attempt, Entry
from idp.proofing.graph import StepError
from idp.registry.results import Verdict
from liveness.desk import FaceDesk
from liveness.engine.comparison import Risk
from liveness.scans.orders import Capture, Claimed, Order, Purpose
from liveness.uses import reference

RESULT = "/account/real-name/face/result"


@dataclass(frozen=True, slots=True)
class ProofUse:
    """The end of scans that were opened for an attempt at proving a name."""

    desk: FaceDesk
    purpose: Purpose = Purpose.PROOF

    def compare(self, capture: Capture) -> Verdict:
        """Ask the register, if this account and this number have a question left today."""
        if not self._count(capture.order):
            return face_proving.SPENT
        return reference.compare(self.desk.population, capture)

    def conclude(self, tx: Transaction, scan_id: str, order: Order, verdict: Verdict) -> None:
        """Prove the name, or lead the attempt to where it goes on."""
        if order.person_id is None:
            return
        face_proving.conclude(
            tx,
            self.desk.vault,
            self.desk.settings.proofing,
            person_id=order.person_id,
            matter=order.matter,
            entry=Entry(order.claimed.name, order.claimed.id_number),
            verdict=verdict,
        )

    def onward(self, order: Order) -> str:
        """Return the page that tells how it ended."""
        return RESULT

    def _count(self, order: Order) -> bool:
        """Count the question before it is asked: of scans raced no more ask than are free."""
        person_id, number = order.person_id or "", order.claimed.id_number
        settings, vault = self.desk.settings.proofing, self.desk.vault
        with self.desk.database.write() as tx:
            try:
                proving.count(tx, vault, settings, person_id, number)
            except TooManyRequestsError:
                return False
        return True


def order_for(desk: FaceDesk, attempt: Attempt, browser: bytes) -> Order:
    """Return the order of the scan that *attempt* was claimed for, by this *browser* alone.

    Raises:
        StepError: nothing was entered to compare with.
    """
    if attempt.entry is None:
        raise StepError(detail="nothing was entered")
    return Order(
        purpose=Purpose.PROOF,
        claimed=Claimed(name=attempt.entry.name, id_number=attempt.entry.id_number),
        matter=attempt.question_id,
        risk=Risk(desk.liveness.proof_risk),
        person_id=attempt.person_id,
        browser=browser,
    )
