"""What a capture session is ordered for, and by whom: the words all uses share."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from idp.db import Transaction
from idp.registry.queries import Probe
from idp.registry.results import Verdict
from liveness.engine.comparison import Risk


class Purpose(StrEnum):
    """What a scan may be for; a scan for one never serves another."""

    PROOF = "proof"
    SIGN_IN = "sign_in"
    STEP_UP = "step_up"
    DEPARTMENT = "department"
    ALIVE = "alive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Whose face it is claimed to be; normalised as `idp.formats` does."""

    name: str = field(repr=False)
    id_number: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A scan that somebody needs.

    *matter* is the one thing that it is for (an attempt's mark, a parked sign-in, a check's id):
    it serves no other. *browser* is the fingerprint of the browser that must perform it, or None
    where a department's page does. *origin* is the department's, allowed by CORS.
    """

    purpose: Purpose
    claimed: Claimed
    matter: str
    risk: Risk
    person_id: str | None = None
    browser: bytes | None = field(default=None, repr=False)
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What a finished capture hands to its use; it lives in memory only.

    *picture* is the best frontal frame, a baseline JPEG.
    """

    scan_id: str
    order: Order
    subject: bytes = field(repr=False)  # blind index of the claimed number
    evidence: str  # SHA-256 of what was seen, hex
    picture: bytes = field(repr=False)
    probe: Probe = field(repr=False)


class Use(Protocol):
    """A purpose's own end of a scan."""

    @property
    def purpose(self) -> Purpose:
        """What its scans are for."""

    def compare(self, capture: Capture) -> Verdict:
        """Ask whoever keeps the portrait; no transaction is open meanwhile."""

    def conclude(self, tx: Transaction, scan_id: str, order: Order, verdict: Verdict) -> None:
        """Record what follows from *verdict*, in the transaction that finishes the scan.

        LIVENESS_FAIL, from the source `liveness`, says that nobody was asked.
        """

    def onward(self, order: Order) -> str:
        """Return the path of our page that goes on after the scan, empty where a site goes on."""
