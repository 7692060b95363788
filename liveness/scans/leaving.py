"""Leave a capture session before its end: another movement, or none at all; or its time passes."""

import logging
from dataclasses import replace

from idp import clock
from idp.authentication.visitors import Visitor
from idp.db import Statement, Transaction
from idp.errors import IdentityError
from liveness.desk import FaceDesk
from liveness.engine.cues import Step
from liveness.scans import finishing, graph, records, steps
from liveness.scans.errors import ScanOverError, ScanStepError, StepsSpentError
from liveness.scans.finishing import Facts
from liveness.scans.handling import Handling, Uses
from liveness.scans.records import Scan

log = logging.getLogger(__name__)

EVERY = 20
"""Seconds between two looks for scans whose time has passed."""
GRACE = 60
"""Seconds for a submission that was claimed in time to be answered."""

_LAPSED = Statement("""
    SELECT scan_id FROM face_scan
     WHERE finished_at IS NULL AND expires_at <= :before AND state <> 'opened'
  ORDER BY expires_at LIMIT 100
""")


def skip(tx: Transaction, scan: Scan, version: int, step: Step) -> Scan:
    """Ask for another movement in the place of *step*, which the person cannot make.

    Raises:
        ScanStepError: another one is asked for.
        StepsSpentError: too few are left.
        ScanOverError: the scan has ended.
    """
    if scan.over:
        raise ScanOverError(detail="ended, or its time has passed")
    if version != scan.version or step is not scan.state.wanted:
        raise ScanStepError(detail=f"skips {step} of version {version}")
    other = steps.replacement(scan.state.steps, scan.state.skipped)
    if other is None:
        raise StepsSpentError
    after = replace(
        scan,
        state=graph.skip(scan.state, other),
        asked_ms=records.milliseconds(),
        wait_ms=steps.random_wait(),
        version=version + 1,
    )
    records.move(tx, scan, after)
    return after


def give_up(tx: Transaction, handling: Handling, scan: Scan) -> str:
    """End *scan* because the person takes another way, and return the page that goes on.

    A try is given back only to whoever has not sent a picture yet: a scan that was looked at
    could otherwise be rehearsed for ever.

    Raises:
        ScanOverError: it has ended.
    """
    verdict = finishing.unanswered("given_up")
    facts = Facts(given_back=graph.untouched(scan.state))
    return finishing.conclude(tx, handling, scan, verdict, facts).onward


class Lapse:
    """Ends scans whose time has passed, so that each leaves its trace; for the worker."""

    def __init__(self, desk: FaceDesk, uses: Uses) -> None:
        self._handling = Handling(desk, uses, Visitor(b""))

    def __call__(self, tx: Transaction) -> int:
        """End them, and return how many there were."""
        rows = tx.all(_LAPSED, before=clock.epoch() - GRACE)
        for row in rows:
            self._end(tx, records.find(tx, self._handling.desk.vault, row.scan_id))
        return len(rows)

    def _end(self, tx: Transaction, scan: Scan) -> None:
        facts = Facts(given_back=graph.untouched(scan.state))
        try:
            finishing.conclude(tx, self._handling, scan, finishing.unanswered("lapsed"), facts)
        except IdentityError as error:
            log.warning("a scan lapsed, and its use did not mind it: %s", error.detail)
