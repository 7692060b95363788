"""Attacks that anybody can make of one photograph, drawn: held still, tilted, waved about."""

import math
from collections.abc import Callable, Iterator, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.engine.faces import Picture

_FOCAL = 1.6  # of the longer side: about a phone's camera
_STILL = 8
_YAWS, _PITCHES = range(-60, 61, 15), (-20, 0, 20)
_WAVES = 30


def still(shown: Picture) -> Iterator[Picture]:
    """Hold it still; the sensor's noise alone differs."""
    for index in range(_STILL):
        yield _noisy(shown, index)


def tilted(shown: Picture) -> Iterator[Picture]:
    """Tilt it about its middle, up to 60 degrees to the sides and 20 up and down."""
    yield _noisy(shown, 0)
    for yaw in _YAWS:
        for pitch in _PITCHES:
            yield _noisy(_sheet(shown, yaw, pitch, 0, 1), 100 * yaw + pitch)


def waved(shown: Picture) -> Iterator[Picture]:
    """Wave it: to and fro, near and far, turned in its plane, and tilted at the same time."""
    yield _noisy(shown, 0)
    for index in range(_WAVES):
        at = 2 * math.pi * index / 10
        yaw, pitch = 35 * math.sin(at), 18 * math.sin(2.3 * at)
        yield _noisy(
            _sheet(shown, yaw, pitch, 8 * math.sin(1.7 * at), 1 + 0.12 * math.cos(at)), index
        )


DRAWN: Mapping[str, Callable[[Picture], Iterator[Picture]]] = {
    "still photo (drawn)": still,
    "tilted photo (drawn)": tilted,
    "waved photo (drawn)": waved,
}


def _sheet(shown: Picture, yaw: float, pitch: float, roll: float, size: float) -> Picture:
    """Show *shown* as a sheet of paper; degrees."""
    height, width = shown.shape[:2]
    focal = _FOCAL * max(height, width)
    centre = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1.0]])
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1.0]])
    plane = np.column_stack([_rotation(yaw, pitch, roll)[:, :2] * size, [0, 0, focal]])
    warp = cv2.warpPerspective(
        shown, camera @ plane @ centre, (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warp, np.uint8)


def _rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    angles = (math.radians(pitch), math.radians(yaw), math.radians(roll))
    (sx, sy, sz), (cx, cy, cz) = map(math.sin, angles), map(math.cos, angles)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_y @ about_x @ about_z, np.float64)


def _noisy(shown: Picture, seed: int) -> Picture:
    random = np.random.default_rng(seed % (1 << 32))
    noise = random.normal(0, 2, shown.shape)
    return np.asarray(np.clip(shown + noise, 0, 255), np.uint8)
