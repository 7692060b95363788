"""Was the asked movement made? Over a sequence of observations, against the person's own rest.

Frames are in the order of their capture; where nothing was measured there is NaN, which never
makes a movement.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from liveness.engine.faces import Observation
from liveness.engine.planarity import residual


class Step(StrEnum):
    """What a person can be asked to do."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    NOD = "nod"
    OPEN_MOUTH = "open_mouth"
    BLINK = "blink"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cues:
    """How much of a movement is enough; degrees, ratios."""

    yaw: float = 15
    residual: float = 0.05
    flatness: float = 0.95  # agreement as one plane: at most so, turned this far
    stirred: float = 0.985  # and so after a nod, or with the mouth open
    turned_frames: int = 2
    narrowest: float = 0.80  # of the width at rest, except in a turn
    pitch: float = 8
    mouth: float = 0.10
    eye: float = 0.18
    eye_share: float = 0.60
    reopened: float = 0.80
    presence: float = 0.50


SHIPPED = Cues()
Frames = Sequence[Observation]


def performed(step: Step, neutral: Observation, frames: Frames, cues: Cues = SHIPPED) -> bool:
    """Say whether *frames* show *step*, begun from the pose in *neutral*."""
    seen = [frame for frame in frames if frame.faces == 1 and frame.presence >= cues.presence]
    if neutral.faces != 1 or not seen:
        return False
    return _STEPS[step](neutral, seen, cues)


def is_neutral(seen: Observation, rest: Observation, cues: Cues = SHIPPED) -> bool:
    """Say whether the head came back to where it was at *rest*, so that a new step may begin."""
    return (
        seen.faces == 1
        and abs(seen.pose.yaw - rest.pose.yaw) <= cues.yaw / 2
        and abs(seen.pose.pitch - rest.pose.pitch) <= cues.pitch / 2
        and seen.mouth - rest.mouth <= cues.mouth / 2
    )


def _turned(sign: int) -> Callable[[Observation, Frames, Cues], bool]:
    def turned(neutral: Observation, frames: Frames, cues: Cues) -> bool:
        """Say whether a head left its plane; a picture that is waved or tilted does not.

        Two frames at least must bend by the mesh, and not one may look like a plane by its
        pixels: the mesh alone takes some hard-tilted photographs for heads.
        """
        far = _measured([f for f in frames if sign * (f.pose.yaw - neutral.pose.yaw) >= cues.yaw])
        bent = sum(_bends(neutral, frame, cues) for frame in far)
        return bent >= cues.turned_frames and all(f.flatness <= cues.flatness for f in far)

    return turned


def _bends(neutral: Observation, frame: Observation, cues: Cues) -> bool:
    if neutral.points is None or frame.points is None:
        return False
    return residual(neutral.points, frame.points) >= cues.residual


def _stirred(neutral: Observation, frames: Frames, cues: Cues) -> bool:
    """Say whether the face itself moved: as wide as before, and not as one plane.

    A photograph that is tilted far enough drags chin and lips of the mesh along with it.
    """
    held = _measured(frames)
    wide = neutral.quality.size
    return bool(held) and all(
        frame.flatness <= cues.stirred
        and cues.narrowest <= frame.quality.size / wide <= 1 / cues.narrowest
        for frame in held
    )


def _measured(frames: Frames) -> list[Observation]:
    """Leave out those that could not be registered: they speak neither for nor against."""
    return [frame for frame in frames if frame.flatness <= 1]


def _nodded(neutral: Observation, frames: Frames, cues: Cues) -> bool:
    """Down, and up again after it."""
    pitch = [frame.pose.pitch - neutral.pose.pitch for frame in frames]
    down = [index for index, angle in enumerate(pitch) if angle >= cues.pitch]
    if not _stirred(neutral, [frames[index] for index in down], cues):
        return False
    return any(angle <= cues.pitch / 2 for angle in pitch[down[0] + 1 :])


def _opened(neutral: Observation, frames: Frames, cues: Cues) -> bool:
    opened = [frame for frame in frames if frame.mouth - neutral.mouth >= cues.mouth]
    return _stirred(neutral, opened, cues)


def _blinked(neutral: Observation, frames: Frames, cues: Cues) -> bool:
    """Both eyes close, by the person's own measure, and open again."""
    right = [frame.right_eye for frame in frames]
    left = [frame.left_eye for frame in frames]
    wide = median([neutral.right_eye, *right]), median([neutral.left_eye, *left])
    shut = [
        index
        for index, eyes in enumerate(zip(right, left, strict=True))
        if sum(eyes) / 2 < cues.eye
        and all(eye < cues.eye_share * own for eye, own in zip(eyes, wide, strict=True))
    ]
    again = range(shut[0] + 1, len(frames)) if shut else range(0)
    return any(
        right[i] >= cues.reopened * wide[0] and left[i] >= cues.reopened * wide[1] for i in again
    )


_STEPS: dict[Step, Callable[[Observation, Frames, Cues], bool]] = {
    Step.TURN_LEFT: _turned(+1),
    Step.TURN_RIGHT: _turned(-1),
    Step.NOD: _nodded,
    Step.OPEN_MOUTH: _opened,
    Step.BLINK: _blinked,
}
