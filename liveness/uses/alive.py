"""Scans by which people show that they are alive, and what departments may ask about that."""

from dataclasses import dataclass

from idp.db import Transaction
from idp.registry.results import Result, Verdict
from liveness.desk import FaceDesk
from liveness.engine.comparison import Risk
from liveness.scans import results
from liveness.scans.orders import Capture, Claimed, Order, Purpose
from liveness.uses import alive_proofs, reference
from liveness.uses.alive_proofs import Sight, Sign

RESULT = "/account/alive/result"


@dataclass(frozen=True, slots=True)
class AliveUse:
    """The end of a scan that proves somebody to be alive."""

    desk: FaceDesk
    sign: Sign
    purpose: Purpose = Purpose.ALIVE

    def compare(self, capture: Capture) -> Verdict:
        """Ask the register: who is dead has no record there, however good the picture."""
        verdict = reference.compare(self.desk.population, capture)
        if verdict.result is Result.MATCH:
            self.sign({})  # keys are read now, not within the transaction that follows
        return verdict

    def conclude(self, tx: Transaction, scan_id: str, order: Order, verdict: Verdict) -> None:
        """Write the proof down, if it is one."""
        if verdict.result is not Result.MATCH:
            return
        scan = results.find(tx, scan_id)
        alive_proofs.record(
            tx,
            self.desk.vault,
            self.sign,
            self.desk.settings.issuer,
            id_number=order.claimed.id_number,
            person_id=order.person_id,
            sight=Sight(
                method=alive_proofs.FACE,
                source=verdict.source,
                reference=verdict.reference,
                evidence=scan.evidence if scan else "",
            ),
            validity=self.desk.liveness.alive_validity,
        )

    def onward(self, order: Order) -> str:
        """Return the page that shows until when it holds."""
        return RESULT


@dataclass(frozen=True, slots=True)
class Proofs:
    """What the departments' window needs of the proofs (`idp.proofing.checks.alive.Proofs`)."""

    desk: FaceDesk

    def holds(self, tx: Transaction, id_number: str, since: int | None) -> bool:
        """Say whether somebody was seen alive since, or has a proof that lasts."""
        proof = alive_proofs.newest(tx, self.desk.vault, id_number)
        if proof is None:
            return False
        return proof.lasts if since is None else proof.at >= since

    def remind(self, tx: Transaction, client_id: str, id_number: str, purpose: str) -> None:
        """Put the department on the person's list; the timer reminds them."""
        alive_proofs.want(tx, self.desk.vault, client_id, id_number, purpose)


def order_for(
    desk: FaceDesk, *, person_id: str, name: str, id_number: str, matter: str, browser: bytes
) -> Order:
    """Return the order of a scan by which *person_id* shows that they are alive."""
    return Order(
        purpose=Purpose.ALIVE,
        claimed=Claimed(name=name, id_number=id_number),
        matter=matter,
        risk=Risk(desk.liveness.alive_risk),
        person_id=person_id,
        browser=browser,
    )
