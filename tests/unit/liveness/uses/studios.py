"""Scans without a camera: opened by the real pages, and ended as the capture interface does."""

import threading
from dataclasses import replace

from idp.authentication.visitors import Visitor
from idp.db import Statement
from idp.registry.results import Result, Verdict
from liveness import desk as faces
from liveness.desk import FaceDesk
from liveness.isolation.keeper import Bounds
from liveness.isolation.room import VisionRoom
from liveness.scans import finishing, records
from liveness.scans.finishing import Facts
from liveness.scans.handling import Handling
from liveness.scans.orders import Capture
from liveness.uses.proof import ProofUse
from tests.unit.portal.registers import Register, plug_in

_SCANS = Statement("SELECT scan_id FROM face_scan ORDER BY scan_id")
_FACELESS = Verdict(result=Result.LIVENESS_FAIL, source="liveness", reason="challenge_failed")


class Face:
    """A probe that looks like whom the register says it does."""

    def against(self, reference: bytes) -> Result:
        return Result.MATCH


class Studio:
    """The wing of faces of one application, open; nobody looks at pictures in it."""

    def __init__(self, app, tmp_path):
        self.app = app
        self.register: Register = plug_in(app)
        room = VisionRoom(tmp_path / "nobody.sock", Bounds())
        self.desk: FaceDesk = replace(
            app.extensions[faces.KEY], room=room, population=self.register
        )
        app.extensions[faces.KEY] = self.desk
        self.use = ProofUse(self.desk)

    def scans(self):
        """Return the scans opened so far, the oldest first."""
        with self.desk.database.read() as tx:
            return [row.scan_id for row in tx.all(_SCANS)]

    def order(self, scan_id):
        with self.desk.database.read() as tx:
            return records.find(tx, self.desk.vault, scan_id).order

    def end(self, scan_id=None, *, alive=True):
        """End a scan, the newest if none is named: ask, then conclude, in a transaction."""
        scan_id = scan_id or self.scans()[-1]
        order = self.order(scan_id)
        with self.app.app_context():
            verdict = self.use.compare(self._capture(scan_id, order)) if alive else _FACELESS
            with self.desk.database.write() as tx:
                self.use.conclude(tx, scan_id, order, verdict)
        return verdict

    def newest(self):
        """Return the newest scan as it stands."""
        with self.desk.database.read() as tx:
            return records.find(tx, self.desk.vault, self.scans()[-1])

    def finish(self, scan):
        """End a scan as the capture interface does, the face being compared; return the outcome."""
        handling = Handling(self.desk, {self.use.purpose: self.use}, Visitor(b""))
        with self.app.app_context():
            verdict = self.use.compare(self._capture(scan.scan_id, scan.order))
            return finishing.finish(handling, scan, verdict, Facts()).outcome

    def hold(self, parties=2):
        """Let the register wait until *parties* are there."""
        self.register.gate = threading.Barrier(parties)
        return self.register.gate

    @staticmethod
    def _capture(scan_id, order):
        return Capture(
            scan_id=scan_id,
            order=order,
            subject=b"s" * 32,
            evidence="0" * 64,
            picture=b"a jpeg",
            probe=Face(),
        )
