"""Which movement is asked for next, and how: chosen when it is needed, so that none is foreseen."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import ceil

from config.faces import LivenessSettings
from liveness.engine.cues import Step

REST = "rest"
MOST_FRAMES = 36
_SHORTEST_WAIT, _LONGEST_WAIT = 400, 1500  # ms
_REST_WINDOW, _REST_FRAMES = 1.2, 6  # seconds, pictures
_BLINK_WINDOW, _BLINK_RATE = 3.0, 8.0  # a blink on cue is over within a quarter of a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How a step is to be captured."""

    kind: str
    number: int  # the face at rest is 1
    of: int
    wait: int  # ms before the first picture
    window: int  # ms
    rate: float  # pictures per second
    frames: int  # at most


def left(skipped: Collection[Step]) -> list[Step]:
    """Return the movements that can still be asked for, in an order of no meaning."""
    return [step for step in Step if step not in skipped]


def choose(steps: Sequence[Step], skipped: Collection[Step]) -> Step:
    """Return a movement that nobody could foresee.

    None comes twice while another is left, and never twice in succession: who can make only two
    movements makes them in turns.
    """
    possible = [step for step in left(skipped) if step not in steps]
    possible = possible or [step for step in left(skipped) if step not in steps[-1:]]
    return secrets.choice(possible)


def replacement(steps: Sequence[Step], skipped: Collection[Step]) -> Step | None:
    """Return what to ask for in the place of the last of *steps*; None if nothing is left."""
    gone = {*skipped, *steps[-1:]}
    return choose(steps[:-1], gone) if len(left(gone)) > 1 else None


def random_wait() -> int:
    """Return the milliseconds to wait before a movement, so that none is made by heart."""
    return _SHORTEST_WAIT + secrets.randbelow(_LONGEST_WAIT - _SHORTEST_WAIT + 1)


def script(step: Step | None, number: int, wait: int, settings: LivenessSettings) -> Script:
    """Return how to capture *step*, the *number*-th of the session; None is the face at rest."""
    window, rate, most = settings.window, settings.rate, MOST_FRAMES
    if step is None:
        window, most = _REST_WINDOW, _REST_FRAMES
    elif step is Step.BLINK:
        window, rate = _BLINK_WINDOW, _BLINK_RATE
    return Script(
        kind=step.value if step else REST,
        number=number,
        of=settings.steps + 1,
        wait=wait,
        window=round(window * 1000),
        rate=rate,
        frames=min(most, ceil(window * rate)),
    )
