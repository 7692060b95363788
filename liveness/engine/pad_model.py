"""The operator's own slot for presentation-attack models: any ONNX or TFLite that classifies."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from liveness.engine.crops import Square
from liveness.engine.faces import NAN, Face, Picture, Vector

ReadPinned = Callable[[Path, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class PadSpecification:
    """How a model wants to be asked, and which of its answers means bona fide."""

    name: str
    path: Path
    sha256: str
    pixels: int  # side of its square input
    room: float = 1.0  # side of the crop in longer sides of the face's box
    red_first: bool = True
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)  # subtracted from 0 to 255
    scale: float = 1 / 255
    live: int = 0  # index of the bona fide class
    softmax: bool = True
    inverted: bool = False  # the answer is how much of an attack it is
    face_pixels: int = 160  # smaller faces are not asked about


class ClassifierPad:
    """One such model, run by OpenCV."""

    def __init__(self, specification: PadSpecification, weights: bytes) -> None:
        self._as = specification
        self.model_id = f"{specification.name}:{specification.sha256[:16]}"
        reader = (
            cv2.dnn.readNetFromTFLite
            if specification.path.suffix == ".tflite"
            else cv2.dnn.readNetFromONNX
        )
        self._net = reader(np.frombuffer(weights, np.uint8))

    def score(self, picture: Picture, face: Face) -> float:
        if face.size < self._as.face_pixels:
            return NAN
        side = max(face.width, face.height) * self._as.room
        square = Square(face.centre, side, 0.0, self._as.pixels).cut(picture)
        self._net.setInput(
            cv2.dnn.blobFromImage(
                square, self._as.scale, mean=self._as.mean, swapRB=self._as.red_first
            )
        )
        answer = np.asarray(self._net.forward(), np.float32).reshape(-1)
        chance = float(
            _softmax(answer)[self._as.live] if self._as.softmax else answer[self._as.live]
        )
        chance = 1 - chance if self._as.inverted else chance
        return chance if 0 <= chance <= 1 else NAN


def load(specifications: Path | None, read_pinned: ReadPinned) -> list[ClassifierPad]:
    """Make the models that the TOML file at *specifications* lists; none without a file.

    *read_pinned* returns the bytes of a file whose hash is as pinned, or raises.
    """
    if specifications is None:
        return []
    rows: list[dict[str, Any]] = tomllib.loads(specifications.read_text("utf-8"))["model"]
    made = [_specification(row, specifications.parent) for row in rows]
    return [ClassifierPad(one, read_pinned(one.path, one.sha256)) for one in made]


def _specification(row: dict[str, Any], directory: Path) -> PadSpecification:
    known = dict(row)
    known["path"] = directory / known["path"]
    known["mean"] = tuple(known.get("mean", (0.0, 0.0, 0.0)))
    return PadSpecification(**known)


def _softmax(values: Vector) -> Vector:
    raised = np.exp(values - values.max())
    return np.asarray(raised / raised.sum(), np.float32)
