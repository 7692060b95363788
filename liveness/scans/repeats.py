"""Tell a picture that was sent before from a person who came back to rest.

A difference hash alone cannot: whoever sits before a wall and comes back to rest looks the same
in 64 bits. But nobody comes back to within half a pixel in six points of the face, after having
moved away; a recording that is played again does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from liveness.engine import duplicates
from liveness.engine.faces import Observation

_POINTS = [1, 33, 263, 61, 291, 152]  # nose, outer corners of the eyes, of the mouth, chin
_SAME = 0.006  # of the distance between the eyes
_LEFT = 0.08


@dataclass(frozen=True, slots=True)
class Sketch:
    """A picture's fingerprint, and where six points of the face lay in it."""

    fingerprint: int
    points: tuple[float, ...]  # x and y in turns, pixels

    @classmethod
    def of(cls, seen: Observation) -> Self:
        points = () if seen.points is None else seen.points[_POINTS].reshape(-1).tolist()
        return cls(seen.fingerprint, tuple(round(value, 2) for value in points))

    def write(self) -> list[Any]:
        return [self.fingerprint, *self.points]

    @classmethod
    def read(cls, told: list[Any]) -> Self:
        return cls(told[0], tuple(told[1:]))


def share(sketches: Sequence[Sketch]) -> float:
    """Return the share of pictures that came back to an earlier one after the face had left it."""
    found = sum(_came_back(sketches[:index], one) for index, one in enumerate(sketches))
    return found / len(sketches) if sketches else 0.0


def _came_back(earlier: Sequence[Sketch], one: Sketch) -> bool:
    left = False
    for other in reversed(earlier):
        moved = _moved(other, one)
        if left and moved <= _SAME:
            return duplicates.distance(one.fingerprint, other.fingerprint) <= duplicates.NEAR
        left = left or moved > _LEFT
    return False


def _moved(one: Sketch, other: Sketch) -> float:
    """Return the farthest that a point moved, by the distance between the eyes."""
    if not one.points or len(one.points) != len(other.points):
        return float("inf")
    before, after = (np.reshape(sketch.points, (-1, 2)) for sketch in (one, other))
    between = max(float(np.linalg.norm(before[1] - before[2])), 1.0)
    return float(np.linalg.norm(before - after, axis=1).max()) / between
