"""Scans that departments order: a check like any other, with a face as its third element.

Fills the socket `idp.proofing.checks.faces.Scans`; the protocol knows no more of this wing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from idp import clock
from idp.clients.party import RelyingParty
from idp.clients.verification import permission_of
from idp.db import Transaction
from idp.errors import IdentityError
from idp.proofing.checks import face_fetching, faces
from idp.proofing.checks.errors import CheckNotPermittedError
from idp.proofing.checks.face_questions import FaceQuestion
from idp.proofing.checks.office import Caller, Office
from idp.registry.results import Result, Verdict
from liveness.desk import FaceDesk
from liveness.engine.comparison import Risk
from liveness.permits import standing
from liveness.scans import opening, results
from liveness.scans.errors import ScanOverError
from liveness.scans.graph import Stage
from liveness.scans.orders import Capture, Claimed, Order, Purpose
from liveness.uses import alive_proofs
from liveness.uses.reference import Asked

PAGE = "/face/check"


@dataclass(frozen=True, slots=True)
class DepartmentUse:
    """The end of scans that departments ordered."""

    desk: FaceDesk
    office: Office
    find_client: Callable[[str], RelyingParty | None]
    purpose: Purpose = Purpose.DEPARTMENT

    def compare(self, capture: Capture) -> Verdict:
        """Ask the register in the department's name: counted, receipted, on the trail."""
        with self.desk.database.write() as tx:
            row = faces.find(tx, capture.order.matter)
            off = standing.was_switched_off(tx, self.desk, capture.order.claimed.id_number)
        if row is None:
            return _unanswered("order_gone")
        if row.outcome:
            return Verdict(result=Result(row.outcome), source=row.source, reason=row.reason)
        if off:
            return face_fetching.OFF
        try:
            caller = self._caller(row.client_id)
            office = replace(self.office, population=Asked(self.office.population))
            return faces.compare(office, caller, row, capture.picture, capture.probe)
        except IdentityError as error:
            return _unanswered(error.code)

    def conclude(self, tx: Transaction, scan_id: str, order: Order, verdict: Verdict) -> None:
        """Let the department fetch what came of it."""
        faces.conclude(tx, order.matter, verdict)

    def onward(self, order: Order) -> str:
        """Return our page that leads back to the department, if its own page does not go on."""
        return "" if order.origin else f"{PAGE}/{order.matter}/done"

    def _caller(self, client_id: str) -> Caller:
        client = self.find_client(client_id)
        permission = permission_of(client.metadata) if client else None
        if permission is None:
            raise CheckNotPermittedError(detail=f"client {client_id}")
        return Caller(client_id, permission.of_faces())


@dataclass(frozen=True, slots=True)
class DepartmentScans:
    """What the departments' window needs of this wing."""

    desk: FaceDesk

    @property
    def open(self) -> bool:
        return self.desk.open

    def order(self, tx: Transaction, order_id: str, asked: FaceQuestion) -> faces.Ticket:
        """Open a scan that waits for any browser: it is the ticket that admits to it."""
        person = asked.question.person
        order = Order(
            purpose=Purpose.DEPARTMENT,
            claimed=Claimed(name=person.name, id_number=person.id_number),
            matter=order_id,
            risk=_risk(self.desk, asked.risk),
            person_id=alive_proofs.holder(tx, self.desk.vault, person.id_number),
            origin=asked.origin,
        )
        return opening.open_scan(tx, self.desk, order)

    def is_over(self, tx: Transaction, scan_id: str) -> bool:
        """Say whether a scan has ended, or its time has passed, or it is gone altogether."""
        scan = results.find(tx, scan_id)
        if scan is None:
            return True
        return scan.state == Stage.ENDED or scan.expires_at <= clock.epoch()

    def is_off(self, tx: Transaction, id_number: str) -> bool:
        return standing.was_switched_off(tx, self.desk, id_number)

    def redeem(self, tx: Transaction, scan_id: str, order_id: str) -> None:
        """Spend the scan; one that was never finished (a face that is off) has nothing to spend."""
        try:
            results.redeem(tx, scan_id, Purpose.DEPARTMENT, matter=order_id, browser=None)
        except ScanOverError:
            return


def _unanswered(code: str) -> Verdict:
    """Return what is recorded where nobody compared; departments are told to order again."""
    return Verdict(result=Result.SOURCE_DOWN, source="checks", reason=code)


def _risk(desk: FaceDesk, asked: str) -> Risk:
    """Return the stricter of what the department asks and what this deployment demands."""
    return max((Risk(asked), Risk(desk.liveness.department_risk)), key=list(Risk).index)
