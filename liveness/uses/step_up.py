"""Scans that confirm, in a session that lives, that its person is still there."""

from dataclasses import dataclass

from idp.authentication.one_time_code import FACE_CONFIRM
from idp.db import Transaction
from idp.registry.results import Verdict
from liveness.desk import FaceDesk
from liveness.scans.orders import Capture, Order, Purpose
from liveness.uses import own_face, reference

PATH = "/confirm/face"
HELD = FACE_CONFIRM
"""The purpose under which something held is shown for it."""


@dataclass(frozen=True, slots=True)
class StepUpUse:
    """The end of scans that were opened to confirm."""

    desk: FaceDesk
    purpose: Purpose = Purpose.STEP_UP

    def compare(self, capture: Capture) -> Verdict:
        """Ask the register whether this is the face of the session's person."""
        return reference.compare(self.desk.population, capture)

    def conclude(self, tx: Transaction, scan_id: str, order: Order, verdict: Verdict) -> None:
        """Note the scan where its session waits for it."""
        own_face.conclude(tx, scan_id, order, verdict)

    def onward(self, order: Order) -> str:
        """Return the page that renews or lifts the session."""
        return f"{PATH}/finish"
