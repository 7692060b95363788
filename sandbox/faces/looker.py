"""The process that looks at pictures for the sandbox: `python -m sandbox.faces.looker MODELS`.

It reads a line of JSON and the pictures' octets behind it, and answers with a line of JSON and,
for a portrait, the octets of a small JPEG. A picture that is too much for it ends it alone.
"""

import json
import os
import resource
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

DETECTOR = "face_detection_yunet_2023mar.onnx"
RECOGNISER = "face_recognition_sface_2021dec.onnx"
LONGEST_SIDE, LEAST_FACE = 480, 40
_SURE, _CAP, _QUALITY = 0.7, 1 << 30, 90
_REMEMBERED = 16  # faces looked at lately: those on file come again and again
_BYSTANDER = 0.5  # of the largest face's width; what is smaller stands in the background

Picture = NDArray[np.uint8]


class UnfitError(Exception):
    """The picture cannot be used; the message is one word for why."""


class Looker:
    """Detector and recogniser, loaded once."""

    def __init__(self, models: Path) -> None:
        size = (LONGEST_SIDE, LONGEST_SIDE)
        self._detector = cv2.FaceDetectorYN.create(str(models / DETECTOR), "", size, _SURE)
        self._recogniser = cv2.FaceRecognizerSF.create(str(models / RECOGNISER), "")
        self._vector = lru_cache(_REMEMBERED)(self._look)

    def compare(self, one: bytes, other: bytes) -> float:
        """Return the cosine of two faces, 1 for the same picture.

        Raises:
            UnfitError: one of them shows no single face.
        """
        first, second = self._vector(one), self._vector(other)
        return float(self._recogniser.match(first, second, cv2.FaceRecognizerSF_FR_COSINE))

    def portrait(self, octets: bytes) -> bytes:
        """Return *octets* drawn anew, if they show one face.

        Raises:
            UnfitError: they do not.
        """
        shown = picture(octets)
        self._face(shown)
        done, drawn = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        if not done:
            raise UnfitError("unreadable")
        return drawn.tobytes()

    def _look(self, octets: bytes) -> NDArray[np.float32]:
        shown = picture(octets)
        aligned = self._recogniser.alignCrop(shown, self._face(shown))
        return np.array(self._recogniser.feature(aligned), np.float32)  # its buffer is reused

    def _face(self, shown: Picture) -> NDArray[np.float32]:
        height, width = shown.shape[:2]
        self._detector.setInputSize((width, height))
        rows = self._detector.detect(shown)[1]
        if rows is None:
            raise UnfitError("no_face")
        faces = sorted(np.asarray(rows, np.float32), key=lambda row: -row[2])
        if len(faces) > 1 and faces[1][2] >= _BYSTANDER * faces[0][2]:
            raise UnfitError("several_faces")
        if min(faces[0][2], faces[0][3]) < LEAST_FACE:
            raise UnfitError("too_far")
        return np.asarray(faces[0], np.float32)


def picture(octets: bytes) -> Picture:
    """Decode *octets*, no larger than is looked at.

    Raises:
        UnfitError: they are no picture.
    """
    try:
        found = cv2.imdecode(np.frombuffer(octets, np.uint8), cv2.IMREAD_COLOR)
    except (cv2.error, MemoryError):
        found = None
    if found is None or found.ndim != 3:  # noqa: PLR2004 - height, width, colour
        raise UnfitError("unreadable")
    scale = LONGEST_SIDE / max(found.shape[:2])
    if scale < 1:
        height, width = (max(1, round(side * scale)) for side in found.shape[:2])
        found = cv2.resize(found, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(found, np.uint8)


def serve(looker: Looker, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer until nothing is asked any more."""
    _say(sink, {"ready": True})
    while line := source.readline():
        asked = json.loads(line)
        pictures = [source.read(size) for size in asked["sizes"]]
        try:
            if asked["do"] == "compare":
                _say(sink, {"cosine": looker.compare(*pictures)})
            else:
                _say(sink, {}, looker.portrait(*pictures))
        except UnfitError as error:
            _say(sink, {"unfit": str(error)})


def _say(sink: BinaryIO, told: dict[str, Any], octets: bytes = b"") -> None:
    sink.write(json.dumps(told | {"size": len(octets)}).encode() + b"\n" + octets)
    sink.flush()


if __name__ == "__main__":
    cv2.setNumThreads(1)
    found = Looker(Path(sys.argv[1]))
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (_CAP, _CAP))
    serve(found, sys.stdin.buffer, sys.stdout.buffer)
