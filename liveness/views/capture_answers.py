"""What the capture interface answers, in words that help whoever is honest and teach nobody."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import request

from idp import clock
from idp.web.locale import LazyText
from idp.web.locale import lazy_gettext as _
from liveness.desk import FaceDesk
from liveness.scans import finishing, wire
from liveness.scans.examining import Onward
from liveness.scans.finishing import Told
from liveness.scans.records import Scan
from liveness.scans.verifying import script_of

ENDINGS: Mapping[str, LazyText] = {
    finishing.PASSED: _("Done. It is you."),
    finishing.POOR: _(
        "The pictures were not good enough. Go where it is brighter, hold still, and try again."
    ),
    finishing.REFUSED: _("We could not confirm that it is you. You can take another way."),
    finishing.NOT_CHECKABLE: _(
        "This cannot be checked with your face. It is not your fault. Please go to a counter."
    ),
    finishing.AWAY: _("The register does not answer at present. Please try again later."),
    "given_up": _("The scan was stopped. You can take another way."),
}
_NOT_SEEN = _("We did not see the movement. Please do it again, slowly.")
_NOT_AT_REST = _("We cannot see your face well yet. Please look straight at the camera.")
_GO_ON = _("Good. Please go on.")
_ANOTHER = _("Here is another movement.")


def begun(desk: FaceDesk, scan: Scan) -> dict[str, Any]:
    return {
        "scan": scan.scan_id,
        "nonce": wire.packed(scan.nonce or b""),
        "version": scan.version,
        "expires_in": max(0, scan.expires_at - clock.epoch()),
        "step": asdict(script_of(desk, scan)),
    }


def onward(answer: Onward) -> dict[str, Any]:
    unseen = _NOT_SEEN if answer.scan.state.steps else _NOT_AT_REST
    told: dict[str, Any] = {
        "status": "again" if answer.again else "step",
        "version": answer.scan.version,
        "parcel": wire.packed(answer.parcel),
        "step": asdict(answer.script),
        "coach": [flaw.value for flaw in answer.coach],
        "message": str(unseen if answer.again else _GO_ON),
    }
    return told if answer.rest is None else {**told, "rest": answer.rest}


def skipped(desk: FaceDesk, scan: Scan) -> dict[str, Any]:
    return {
        "status": "step",
        "version": scan.version,
        "step": asdict(script_of(desk, scan)),
        "coach": [],
        "message": str(_ANOTHER),
    }


def final(told: Told) -> dict[str, Any]:
    return {
        "status": "passed" if told.passed else "refused",
        "code": told.outcome,
        "message": str(ENDINGS[told.outcome]),
        "coach": [flaw.value for flaw in told.coach],
        "next": _next(told.onward),
    }


def given_up(path: str) -> dict[str, Any]:
    message = str(ENDINGS["given_up"])
    return {"status": "refused", "code": "given_up", "message": message, "next": _next(path)}


def _next(path: str) -> str:
    return f"{request.script_root}{path}" if path else ""
