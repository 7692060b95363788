"""Scans that sign somebody in who has shown something held."""

from dataclasses import dataclass

from idp.authentication.one_time_code import FACE_SIGN_IN
from idp.db import Transaction
from idp.registry.results import Verdict
from liveness.desk import FaceDesk
from liveness.scans.orders import Capture, Order, Purpose
from liveness.uses import own_face, reference

PATH = "/sign-in/face"
HELD = FACE_SIGN_IN
"""The purpose under which something held is shown for it."""


@dataclass(frozen=True, slots=True)
class SignInUse:
    """The end of scans that were opened to sign in."""

    desk: FaceDesk
    purpose: Purpose = Purpose.SIGN_IN

    def compare(self, capture: Capture) -> Verdict:
        """Ask the register whether this is the face of the account's proven identity."""
        return reference.compare(self.desk.population, capture)

    def conclude(self, tx: Transaction, scan_id: str, order: Order, verdict: Verdict) -> None:
        """Let what was held wait for its browser no longer than for the next page."""
        own_face.conclude(tx, scan_id, order, verdict)

    def onward(self, order: Order) -> str:
        """Return the page that signs in."""
        return f"{PATH}/finish"
