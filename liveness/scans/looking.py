"""Look at the pictures of one step, through the room of vision, and add to the findings."""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from liveness.engine import cues
from liveness.engine.cues import SHIPPED, Step
from liveness.engine.faces import Observation, Vector
from liveness.engine.gate import FRONTAL, MOVING, Flaw, Gate, flaws
from liveness.isolation.errors import Fault, PictureError
from liveness.isolation.room import Seen, VisionRoom
from liveness.isolation.wire import Question
from liveness.scans.findings import Findings
from liveness.scans.repeats import Sketch
from liveness.scans.wire import Frame

_FEWEST_AT_REST, _MOST_AT_REST = 2, 4
_FIRST, _FIRST_OF_A_BLINK = 6, 20
_CLOSER, _FURTHER = 2, 6  # times, and frames each time, where the first ones do not tell
_NEAREST = 3  # of the frames nearest to rest, one is compared
_MOST_ADVICE = 3
_OFTEN = 0.3  # of the frames
_JPEG = b"\xff\xd8\xff"
_OF_A_FACE_AT_WORK = frozenset({Flaw.EYES_CLOSED, Flaw.MOUTH_OPEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look at one step taught."""

    findings: Findings
    done: bool
    coach: tuple[Flaw, ...] = ()  # what an honest person could change
    rest: int | None = None  # index of the frame to keep as the face at rest


def at_rest(room: VisionRoom, findings: Findings, frames: Sequence[Frame]) -> Looked:
    """Find the best picture of the face at rest, against which movements will be held."""
    if not all(frame.octets.startswith(_JPEG) for frame in frames):
        raise PictureError(Fault.FORMAT, "not from a camera's page")  # an authority takes no other
    drawn = _sample(range(len(frames)), _MOST_AT_REST)
    shots = [frames[index].octets for index in drawn]
    seen = _look(room, shots)
    faults = [flaws(one, FRONTAL) for one in seen.observations]
    usable = [index for index, fault in enumerate(faults) if not fault]
    findings = _noted(findings, seen.observations, usable)
    if len(usable) < _FEWEST_AT_REST:
        return Looked(findings=findings, done=False, coach=_advice(faults))
    best = max(usable, key=lambda index: seen.observations[index].quality.sharpness)
    other = max(usable, key=lambda index: abs(index - best))
    known = _vectors(room, [shots[best], shots[other]])
    if known is None:
        return Looked(findings=findings, done=False, coach=(Flaw.NO_FACE,))
    findings = _of_model(findings, known)
    vectors = _templates(known)
    return Looked(findings=replace(findings, faces=vectors), done=True, rest=drawn[best])


def in_motion(
    room: VisionRoom, findings: Findings, step: Step, rest: Frame, frames: Sequence[Frame]
) -> Looked:
    """Say whether *frames* show *step*, made by the face at rest.

    Some of the frames are looked at, and which nobody can foresee; more where those do not tell.
    """
    first = _FIRST_OF_A_BLINK if step is Step.BLINK else _FIRST
    watched = _watch(room, step, rest, frames, _sample(range(len(frames)), first))
    for _ in range(_CLOSER):
        if watched.tells:
            break
        watched = _watch_closer(room, watched, rest, frames)
    neutral, moved = watched.neutral, [watched.seen[index] for index in watched.order]
    faults = [_told(flaws(one, MOVING), eyes=step is Step.BLINK) for one in moved]
    usable = [index for index, fault in enumerate(faults) if not fault]
    findings = _noted(findings, moved, usable)
    advice = _advice(faults)
    if not watched.performed:
        return Looked(findings=findings, done=False, coach=advice)
    if not watched.tells:
        return Looked(findings=findings, done=False, coach=advice or (Flaw.TURNED,))
    frontal, made = watched.frontal, watched.made
    frontal.sort(key=lambda index: _away(neutral, watched.seen[index]))
    both = (secrets.choice(frontal[:_NEAREST]), secrets.choice(made))
    known = _vectors(room, [frames[index].octets for index in both])
    if known is None or known.model_id != findings.model_id:
        return Looked(findings=findings, done=False, coach=advice)
    face, face_in_motion = _templates(known)
    findings = replace(
        findings,
        faces=(*findings.faces, face),
        moved=(*findings.moved, face_in_motion),
        performed=findings.performed + 1,
    )
    return Looked(findings=findings, done=True)


@dataclass(frozen=True, slots=True)
class _Watched:
    """What was seen of a movement: the face at rest, and some of the frames by their indices."""

    step: Step
    neutral: Observation
    seen: dict[int, Observation]

    @property
    def order(self) -> list[int]:
        return sorted(self.seen)

    @property
    def frontal(self) -> list[int]:
        return [index for index in self.order if _is_frontal(self.seen[index])]

    @property
    def made(self) -> list[int]:
        """Return the frames in which the movement is being made."""
        return [i for i in self.order if _is_made(self.step, self.neutral, self.seen[i])]

    @property
    def performed(self) -> bool:
        return cues.performed(self.step, self.neutral, [self.seen[index] for index in self.order])

    @property
    def tells(self) -> bool:
        """Whether it was made, by a face that can be compared."""
        return bool(self.frontal and self.made) and self.performed


def _watch(
    room: VisionRoom,
    step: Step,
    rest: Frame,
    frames: Sequence[Frame],
    drawn: Sequence[int],
) -> _Watched:
    blinking = step is Step.BLINK
    pictures = [rest.octets, *(frames[index].octets for index in drawn)]
    neutral, *moved = _look(room, pictures, flatness=not blinking, eyes=blinking).observations
    return _Watched(step, neutral, dict(zip(drawn, moved, strict=True)))


def _watch_closer(
    room: VisionRoom, watched: _Watched, rest: Frame, frames: Sequence[Frame]
) -> _Watched:
    """Look beside what was seen of the movement; elsewhere if nothing was, or no face at rest."""
    left = [index for index in range(len(frames)) if index not in watched.seen]
    if not left:
        return watched
    made = watched.made
    if made and not watched.performed:
        near = sorted(left, key=lambda index: min(abs(index - seen) for seen in made))
        drawn = sorted(near[:_FURTHER])
    else:
        drawn = _sample(left, _FURTHER)
    further = _watch(room, watched.step, rest, frames, drawn)
    return replace(watched, seen=watched.seen | further.seen)


def _look(
    room: VisionRoom, pictures: Sequence[bytes], *, flatness: bool = False, eyes: bool = True
) -> Seen:
    return room.look(Question(pictures=pictures, flatness=flatness, eyes=eyes))


def _vectors(room: VisionRoom, pictures: Sequence[bytes]) -> Seen | None:
    """Return what is seen with a template of each picture; None if one shows no face."""
    embed = range(len(pictures))
    seen = room.look(Question(pictures=pictures, embed=embed, mesh=False))
    return None if any(one.template is None for one in seen.observations) else seen


def _templates(known: Seen) -> tuple[Vector, ...]:
    return tuple(one.template for one in known.observations if one.template is not None)


def _of_model(findings: Findings, known: Seen) -> Findings:
    return replace(findings, model_id=known.model_id, metric=known.metric)


def _noted(findings: Findings, seen: Sequence[Observation], usable: Sequence[int]) -> Findings:
    frontal = [one for one in seen if _is_frontal(one)]
    return replace(
        findings.seen(seen),
        sketches=(*findings.sketches, *map(Sketch.of, seen)),
        lives=(*findings.lives, *(one.live for one in frontal if one.live)),
        usable=findings.usable + len(usable),
    )


def _sample(indices: Sequence[int], most: int) -> list[int]:
    """Return *most* of the indices: one of each of as many stretches, drawn by lot."""
    if len(indices) <= most:
        return list(indices)
    edges = [part * len(indices) // most for part in range(most + 1)]
    drawn = (start + secrets.randbelow(end - start) for start, end in pairwise(edges))
    return [indices[place] for place in drawn]


def _is_frontal(seen: Observation, gate: Gate = FRONTAL) -> bool:
    return not set(flaws(seen, gate)) - _OF_A_FACE_AT_WORK


def _away(neutral: Observation, seen: Observation) -> float:
    """Return how many degrees the head is away from where it was at rest."""
    return abs(seen.pose.yaw - neutral.pose.yaw) + abs(seen.pose.pitch - neutral.pose.pitch)


def _is_made(step: Step, neutral: Observation, seen: Observation) -> bool:
    """Say whether the movement is being made in *seen*."""
    turned = seen.pose.yaw - neutral.pose.yaw
    if seen.faces != 1:
        return False
    made = {
        Step.TURN_LEFT: turned >= SHIPPED.yaw,
        Step.TURN_RIGHT: turned <= -SHIPPED.yaw,
        Step.NOD: seen.pose.pitch - neutral.pose.pitch >= SHIPPED.pitch,
        Step.OPEN_MOUTH: seen.mouth - neutral.mouth >= SHIPPED.mouth,
        Step.BLINK: (seen.right_eye + seen.left_eye) / 2 < SHIPPED.eye,
    }
    return made[step]


def _told(faults: Sequence[Flaw], *, eyes: bool) -> tuple[Flaw, ...]:
    """Leave out the eyes where nobody looked how far they are open."""
    return tuple(fault for fault in faults if eyes or fault is not Flaw.EYES_CLOSED)


def _advice(faults: Sequence[Sequence[Flaw]]) -> tuple[Flaw, ...]:
    """Return what was wrong in many of the frames, the first to be mended first."""
    counts = Counter(fault for one in faults for fault in one)
    least = _OFTEN * len(faults)
    often = [fault for fault in Flaw if counts[fault] and counts[fault] >= least]
    return tuple(often[:_MOST_ADVICE])
