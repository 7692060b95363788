"""A citizen who is scanned for a department: the wing's own road, without camera and pictures."""

import json
from dataclasses import dataclass
from typing import Any

from idp.authentication.visitors import Visitor
from idp.registry.results import Result
from liveness.desk import KEY as FACES
from liveness.scans import finishing, handling, records
from liveness.scans.finishing import Facts
from liveness.scans.handling import Handling
from liveness.scans.orders import Capture
from tests.departments import Department, department

from .site import Deployment
from .wire import Answer

FACE = "/verifications/face"
ALIVE = "/verifications/alive"
SCOPES = "verification:face verification:alive"
ORIGIN = "https://bureau.example"
RETURN = "https://bureau.example/after?case=7"
FACES_PERMISSION = {
    "purposes": ["social_security"],
    "origins": [ORIGIN],
    "return_uris": [RETURN],
}


@dataclass
class Seen:
    """A face captured now, as the register is to find it."""

    result: Result

    def against(self, reference: bytes) -> Result:
        return self.result


def face_department(provider: Deployment, **permission: Any) -> Department:
    """Register a department that may have faces scanned, and ask for proofs."""
    given = {"faces": FACES_PERMISSION, "alive": {"purposes": ["social_security"]}}
    return department(provider, scope=SCOPES, **(given | permission))


def order(bureau: Department, asked: dict[str, Any], *, key: str | None = "") -> Answer:
    return bureau.send("POST", FACE, json.dumps(asked).encode(), key=key)


def fetch(bureau: Department, scan_id: str, *, key: str | None = None) -> Answer:
    return bureau.send("POST", f"{FACE}/{scan_id}", key=key)


def scan(provider: Deployment, scan_id: str, *, alive: bool = True) -> str:
    """Let the face be captured, compared by whoever keeps the portrait, and the scan end.

    Where nobody *alive* is seen, nobody is asked. What the browser is told is returned.
    """
    desk = provider.app.extensions[FACES]
    uses = provider.app.extensions[handling.KEY]
    with desk.database.read() as tx:
        found = records.find(tx, desk.vault, scan_id)
    if alive:
        verdict = uses[found.purpose].compare(_capture(found))
    else:
        verdict = finishing.refusal("no_blink")
    at_work = Handling(desk, uses, Visitor(b""))
    return finishing.finish(at_work, found, verdict, Facts(evidence="ab" * 32)).outcome


def give_up(provider: Deployment, scan_id: str) -> None:
    """Let the citizen choose another way."""
    from liveness.scans import leaving

    desk = provider.app.extensions[FACES]
    at_work = Handling(desk, provider.app.extensions[handling.KEY], Visitor(b""))
    with desk.database.write() as tx:
        leaving.give_up(tx, at_work, records.find(tx, desk.vault, scan_id))


def _capture(found: records.Scan) -> Capture:
    return Capture(
        scan_id=found.scan_id,
        order=found.order,
        subject=found.subject,
        evidence="ab" * 32,
        picture=b"\xff\xd8 not looked at \xff\xd9",
        probe=Seen(Result.MATCH),
    )
