"""The quality gate: whether a capture is fit to be judged, and what the person could change."""

from dataclasses import dataclass
from enum import StrEnum

from liveness.engine.faces import Observation


class Flaw(StrEnum):
    """Why a capture is not fit; each is a thing that an honest person can change."""

    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_FAR = "too_far"
    CUT_OFF = "cut_off"
    DARK = "dark"
    GLARE = "glare"
    FLAT_LIGHT = "flat_light"
    BLURRED = "blurred"
    HIDDEN = "hidden"
    TURNED = "turned"
    TILTED = "tilted"
    EYES_CLOSED = "eyes_closed"
    MOUTH_OPEN = "mouth_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Where the lines are; pixels, degrees and shares as in `faces.Quality`."""

    size: float = 160
    share: float = 0.20
    margin: float = -0.05
    brightness: float = 45
    glare: float = 0.35
    contrast: float = 15
    sharpness: float = 60
    presence: float = 0.50
    angle: float = 15
    eye: float = 0.12
    mouth: float = 0.45


FRONTAL = Gate()
MOVING = Gate(angle=60, eye=0, mouth=9, sharpness=20)
"""While a step is performed, the head may turn, eyes close and the mouth open."""


def flaws(seen: Observation, gate: Gate = FRONTAL) -> tuple[Flaw, ...]:
    """Return all that is wrong with *seen*, the first to be mended first.

    What could not be measured is NaN, and compares false: so each line says what is good
    enough, and is negated.
    """
    if seen.faces < 1:
        return (Flaw.NO_FACE,)
    quality, pose = seen.quality, seen.pose
    eyes = seen.right_eye >= gate.eye and seen.left_eye >= gate.eye
    good_enough = (
        (Flaw.SEVERAL_FACES, seen.faces == 1),
        (Flaw.TOO_FAR, quality.size >= gate.size and quality.share >= gate.share),
        (Flaw.CUT_OFF, quality.margin >= gate.margin),
        (Flaw.DARK, quality.brightness >= gate.brightness),
        (Flaw.GLARE, quality.glare <= gate.glare),
        (Flaw.FLAT_LIGHT, quality.contrast >= gate.contrast),
        (Flaw.BLURRED, quality.sharpness >= gate.sharpness),
        (Flaw.HIDDEN, seen.presence >= gate.presence),
        (Flaw.TURNED, abs(pose.yaw) <= gate.angle and abs(pose.pitch) <= gate.angle + 5),
        (Flaw.TILTED, abs(pose.roll) <= gate.angle),
        (Flaw.EYES_CLOSED, eyes),
        (Flaw.MOUTH_OPEN, seen.mouth <= gate.mouth),
    )
    return tuple(flaw for flaw, good in good_enough if not good)
