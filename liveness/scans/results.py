"""What came of a scan, for whoever ordered it: read at any time, redeemed once."""

from dataclasses import dataclass

from idp import clock
from idp.crypto.vault import fingerprint
from idp.db import Statement, Transaction
from idp.registry.results import Result, Verdict
from liveness.scans.errors import ScanOverError
from liveness.scans.graph import Stage
from liveness.scans.orders import Purpose

_FIND = Statement("""
    SELECT scan_id, state, outcome, evidence, expires_at, finished_at, redeemed_at
      FROM face_scan WHERE scan_id = :scan_id
""")
# The browser is asked for where the order named one.
_REDEEM = Statement("""
    UPDATE face_scan SET redeemed_at = :now
     WHERE scan_id = :scan_id AND purpose = :purpose AND matter = :matter
       AND (browser IS NULL OR browser = :browser)
       AND finished_at IS NOT NULL AND redeemed_at IS NULL AND expires_at > :now
    RETURNING result, source, reference, reason
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a scan stands; moments in seconds since 1970."""

    scan_id: str
    state: Stage
    outcome: str
    evidence: str
    expires_at: int
    finished_at: int | None
    redeemed_at: int | None


def find(tx: Transaction, scan_id: str) -> Standing | None:
    """Return how the scan stands; None if there is none, or no longer."""
    row = tx.one(_FIND, scan_id=scan_id)
    return None if row is None else Standing(row.scan_id, Stage(row.state), *row[2:])


def redeem(
    tx: Transaction, scan_id: str, purpose: Purpose, *, matter: str, browser: bytes | None
) -> Verdict:
    """Spend the scan, and return its verdict: for this purpose and matter, in this browser.

    Raises:
        ScanOverError: it is for something else, has not ended, or was redeemed before.
    """
    row = tx.one(
        _REDEEM,
        scan_id=scan_id,
        purpose=purpose.value,
        matter=fingerprint(matter),
        browser=browser or b"",
        now=clock.epoch(),
    )
    if row is None:
        raise ScanOverError(detail=f"nothing to redeem for {purpose}")
    return Verdict(
        result=Result(row.result), source=row.source, reference=row.reference, reason=row.reason
    )
