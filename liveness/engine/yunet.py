"""Find faces with YuNet."""

import cv2
import numpy as np

from liveness.engine.faces import Face, Picture

_LONG_SIDE = 320
"""Pixels: faces of 160 in a 1280 × 720 frame are still 40 here, and it costs 9 ms, not 77."""
_COARSE_SIDE, _COARSEST = 160, 0.25
"""For frames where neither a movement of the head nor a template depends on it: 3 ms."""
_SCORE = 0.6
_OVERLAP = 0.3
_MOST = 50
_MEANT = 0.5  # a face of half the largest one's size is a second person, not a poster behind


class YuNet:
    """The detector of the OpenCV Zoo."""

    def __init__(self, weights: bytes) -> None:
        buffer = np.frombuffer(weights, np.uint8)
        empty = np.empty(0, np.uint8)
        size = (_LONG_SIDE, _LONG_SIDE)
        self._net = cv2.FaceDetectorYN.create("onnx", buffer, empty, size, _SCORE, _OVERLAP, _MOST)

    def detect(self, picture: Picture, *, coarse: bool = False) -> list[Face]:
        longest = max(picture.shape[:2])
        scale = min(1.0, _LONG_SIDE / longest)
        if coarse:
            rough = min(scale, max(_COARSE_SIDE / longest, _COARSEST))
            return self._detect(picture, rough) or self._detect(picture, scale)
        return self._detect(picture, scale)

    def _detect(self, picture: Picture, scale: float) -> list[Face]:
        height, width = picture.shape[:2]
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if scale < 1 else picture
        self._net.setInputSize(size)
        _, rows = self._net.detect(small)
        if rows is None:
            return []
        faces = [_face(row, scale) for row in np.asarray(rows, np.float32)]
        return sorted(faces, key=lambda face: -face.size)


def people(faces: list[Face]) -> int:
    """Count those that could be meant: small ones far behind the largest are background."""
    return sum(face.size >= _MEANT * faces[0].size for face in faces) if faces else 0


def _face(row: np.ndarray, scale: float) -> Face:
    box = [float(value) / scale for value in row[:4]]
    return Face(
        x=box[0],
        y=box[1],
        width=box[2],
        height=box[3],
        score=float(row[14]),
        landmarks=(row[4:14].reshape(5, 2) / scale).astype(np.float32),
    )
