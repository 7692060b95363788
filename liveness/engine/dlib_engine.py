"""The engine of the `face_recognition` package: there to be compared with, never to decide.

At its default distance of 0.6 it takes 43 of 100 pairs of different East-Asian people for one
person (docs/explanation/face-accuracy.md); the figure that is usually quoted hides it. Its
packages are in requirements/face-recognition.txt and are imported only when it is chosen.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from liveness.engine.faces import Face, Picture, Vector
from liveness.engine.mesh import FaceMesh
from liveness.engine.opencv import bound
from liveness.engine.pixel_quality import PixelQuality
from liveness.engine.plane_fit import PlaneFit
from liveness.engine.ports import Engine, PadModel, Weights
from liveness.engine.templates import Metric


class MissingPackageError(Exception):
    """face_recognition is not installed."""


class Hog:
    """Its histogram detector, with the five public-domain landmarks."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def detect(self, picture: Picture, *, coarse: bool = False) -> list[Face]:
        red_first = np.ascontiguousarray(picture[:, :, ::-1])
        boxes = self._library.face_locations(red_first)
        marks = self._library.face_landmarks(red_first, boxes, model="small")
        faces = [_face(box, mark) for box, mark in zip(boxes, marks, strict=True)]
        return sorted(faces, key=lambda face: -face.size)


class Resnet:
    """Its 128 numbers, compared by their distance."""

    model_id = "dlib-resnet-v1"
    metric = Metric.DISTANCE

    def __init__(self, library: Any) -> None:
        self._library = library

    def embed(self, picture: Picture, face: Face) -> Vector:
        red_first = np.ascontiguousarray(picture[:, :, ::-1])
        left, top = round(face.x), round(face.y)
        box = (top, round(face.x + face.width), round(face.y + face.height), left)
        (vector,) = self._library.face_encodings(red_first, [box], model="small")
        return np.asarray(vector, np.float32)


def build(weights: Weights, pad_models: Sequence[PadModel] = ()) -> Engine:
    """Return the engine.

    Raises:
        MissingPackageError: its packages are not installed.
    """
    try:
        import face_recognition
    except (ImportError, SystemExit) as error:  # it calls quit() when its models are missing
        hint = "pip install --no-deps -r requirements/face-recognition.txt"
        raise MissingPackageError(f"face_recognition cannot be imported; {hint}") from error
    bound()
    return Engine(
        name="face_recognition",
        authoritative=False,
        detector=Hog(face_recognition),
        landmarker=FaceMesh(weights("mesh"), weights("iris")),
        embedder=Resnet(face_recognition),
        quality=PixelQuality(),
        flatness=PlaneFit(),
        pad_models=tuple(pad_models),
    )


def _face(box: tuple[int, int, int, int], marks: dict[str, list[tuple[int, int]]]) -> Face:
    top, right, bottom, left = box
    person_left = np.mean(marks["left_eye"], axis=0)  # its "left" is the picture's
    person_right = np.mean(marks["right_eye"], axis=0)
    nose = np.asarray(marks["nose_tip"], float).mean(axis=0)
    eyes = sorted((person_left, person_right), key=lambda point: float(point[0]))
    points = np.array([*eyes, nose, nose, nose], np.float32)
    return Face(x=left, y=top, width=right - left, height=bottom - top, score=1.0, landmarks=points)
