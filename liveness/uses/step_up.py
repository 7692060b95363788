"""Scans that confirm, in a session that lives, that its person is still there."""

from idp.authentication.one_time_code import FACE_CONFIRM
from liveness.desk import FaceDesk
from liveness.scans.orders import Purpose
from liveness.uses.own_face import OwnFaceUse

PATH = "/confirm/face"
HELD = FACE_CONFIRM
"""The purpose under which something held is shown for it."""


def use(desk: FaceDesk) -> OwnFaceUse:
    """Return their end."""
    return OwnFaceUse(desk, Purpose.STEP_UP, f"{PATH}/finish")
