"""Vision in the running house: who attends to it, the way there, and why there may be none."""

import logging
import os
from dataclasses import dataclass
from functools import partial

from config import Settings, SettingsError
from config.faces import LivenessSettings
from idp.web.attendants import Attendant
from liveness.engine.catalogue import UnfitEngineError, must_be_fit
from liveness.isolation.keeper import Bounds
from liveness.isolation.room import VisionRoom, start
from liveness.models.manifest import ModelError
from liveness.models.store import Store

SOCKET = "vision.sock"
_EYES = "opencv"  # who looks where a vendor's matcher compares

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Closed:
    """Why no face is looked at here, and what to do about it."""

    reason: str
    advice: str

    def __str__(self) -> str:
        return f"{self.reason}; {self.advice}"


def attendant(settings: Settings) -> Attendant | None:
    """Call the vision processes; None, and a word on why, where faces are not looked at.

    Raises:
        SettingsError: the engine may not decide, where that is required.
    """
    liveness = settings.liveness
    if closed := why_closed(liveness):
        log.warning("face scans are off: %s", closed)
        return None
    begin = partial(start, bounds=bounds(liveness), options=options(liveness))
    return Attendant(
        name="vision processes",
        socket=SOCKET,
        variable="MANYOU_LIVENESS__SOCKET",
        start=begin,
        needed=False,
    )


def why_closed(liveness: LivenessSettings) -> Closed | None:
    """Return why no face is looked at under these settings; None where faces are.

    Raises:
        SettingsError: the engine may not decide, where that is required.
    """
    if not liveness.enabled:
        return Closed("liveness.enabled is off", "set it to true to offer them")
    _must_be_fit(liveness)
    try:
        lacking = Store(liveness.models).lacks()
    except ModelError as error:
        return Closed(str(error), "install the package again")
    if lacking:
        names = ", ".join(item.file for item in lacking)
        return Closed(f"{names} missing or altered", "run `manyou liveness models`")
    return None


def room(settings: Settings) -> VisionRoom | None:
    """Return the way to the vision processes, or None where none run: then faces are no way."""
    liveness = settings.liveness
    if not liveness.enabled or liveness.socket is None:
        return None
    return VisionRoom(liveness.socket, bounds(liveness), patience=liveness.patience)


def bounds(liveness: LivenessSettings) -> Bounds:
    return Bounds(
        processes=liveness.processes or os.cpu_count() or 1,
        backlog=liveness.backlog,
        cap_mib=liveness.cap_mib,
        deadline=liveness.deadline,
    )


def eyes(liveness: LivenessSettings) -> str:
    """Return the engine that looks: a vendor's matcher compares, and does not look."""
    return _EYES if liveness.engine == "vendor" else liveness.engine


def options(liveness: LivenessSettings) -> list[str]:
    """Return what `python -m liveness.isolation` is told beside its bounds."""
    told = [f"--engine={eyes(liveness)}"]
    if not liveness.require_authoritative:
        told.append("--advisory")
    if liveness.models is not None:
        told.append(f"--models={liveness.models.resolve()}")
    if liveness.pad_models is not None:
        told.append(f"--pad={liveness.pad_models.resolve()}")
    return told


def _must_be_fit(liveness: LivenessSettings) -> None:
    try:
        must_be_fit(eyes(liveness), require_authoritative=liveness.require_authoritative)
    except UnfitEngineError as error:
        raise SettingsError(
            f"{error}; choose another liveness.engine, or set liveness.require_authoritative "
            "to false where nothing depends on it"
        ) from None
    if liveness.engine == "vendor" and not liveness.vendor_url:
        raise SettingsError("liveness.engine is vendor; set liveness.vendor_url to its address")
