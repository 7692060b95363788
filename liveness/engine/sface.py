"""Turn faces into vectors with SFace."""

import hashlib

import cv2
import numpy as np

from liveness.engine.faces import Face, Picture, Vector
from liveness.engine.templates import Metric


class SFace:
    """The recogniser of the OpenCV Zoo: 128 numbers, compared by their cosine."""

    metric = Metric.COSINE

    def __init__(self, weights: bytes) -> None:
        self.model_id = f"sface-2021dec:{hashlib.sha256(weights).hexdigest()[:16]}"
        buffer = np.frombuffer(weights, np.uint8)
        self._net = cv2.FaceRecognizerSF.create("onnx", buffer, np.empty(0, np.uint8))

    def embed(self, picture: Picture, face: Face) -> Vector:
        vector = np.asarray(self._net.feature(_aligned(self._net, picture, face)), np.float32)
        vector = vector.reshape(-1).copy()  # the net's own buffer is written again next time
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


def _aligned(net: cv2.FaceRecognizerSF, picture: Picture, face: Face) -> Picture:
    box = [face.x, face.y, face.width, face.height]
    row = np.array([[*box, *face.landmarks.ravel(), face.score]], np.float32)
    return np.asarray(net.alignCrop(picture, row), np.uint8)
