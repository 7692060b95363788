"""What handling a scan takes: the desk, the uses that were plugged in, and who is at the door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

from flask import Flask, current_app

from idp.authentication.visitors import Visitor
from liveness.desk import KEY as DESK
from liveness.desk import FaceDesk
from liveness.scans.crowding import Places
from liveness.scans.orders import Purpose, Use

KEY = "manyou.face_uses"
_PLACES = "manyou.face_places"
Uses = Mapping[Purpose, Use]


@dataclass(frozen=True, slots=True)
class Handling:
    """The parts, for one request."""

    desk: FaceDesk
    uses: Uses
    visitor: Visitor = field(repr=False)


def install(app: Flask, uses: Sequence[Use]) -> None:
    """Let scans in *app* end in *uses*, one for each purpose, and hold half of its threads."""
    by_purpose = {use.purpose: use for use in uses}
    if len(by_purpose) != len(uses):
        raise ValueError("two uses for one purpose")
    app.extensions[KEY] = MappingProxyType(by_purpose)
    desk: FaceDesk = app.extensions[DESK]
    app.extensions[_PLACES] = Places(desk.settings.http.blocking_threads)


def places() -> Places:
    """Return the places of the application at work."""
    return cast(Places, current_app.extensions[_PLACES])


def uses() -> Uses:
    """Return the uses of the application at work."""
    return cast(Uses, current_app.extensions[KEY])
