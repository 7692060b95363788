"""Scans that sign somebody in who has shown something held."""

from idp.authentication.one_time_code import FACE_SIGN_IN
from liveness.desk import FaceDesk
from liveness.scans.orders import Purpose
from liveness.uses.own_face import OwnFaceUse

PATH = "/sign-in/face"
HELD = FACE_SIGN_IN
"""The purpose under which something held is shown for it."""


def use(desk: FaceDesk) -> OwnFaceUse:
    """Return their end."""
    return OwnFaceUse(desk, Purpose.SIGN_IN, f"{PATH}/finish")
