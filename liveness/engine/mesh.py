"""Lay MediaPipe's face mesh and eye contours over a face, through OpenCV's own network code."""

import math

import cv2
import numpy as np

from liveness.engine.crops import Square, blob
from liveness.engine.faces import NAN, Face, Mesh, Picture, Points, Pose

_MESH_PIXELS = 192
_POINTS = 468
_MESH_ROOM = 1.5  # the model was trained on boxes this much wider than the face
_EYE_PIXELS = 64
_EYE_ROOM = 2.3
_CONTOUR = 71  # points of an eye's contour and brow
# Corners of the eyes, and pairs that lie across the face: (person's right, person's left).
_RIGHT_EYE, _LEFT_EYE = (33, 133), (362, 263)
_ACROSS = ((33, 263), (61, 291), (127, 356), (234, 454))
_FOREHEAD, _NOSE, _CHIN = 10, 4, 152
_SLIPPED = 0.5  # of the distance of the eyes
_LIPS = (13, 14, 78, 308)  # upper, lower, corners
# In the eye model's contour: the corners, and two pairs of upper and lower lid.
_OUTER, _INNER = 0, 8
_LIDS = ((11, 3), (13, 5))


class FaceMesh:
    """468 points, and how far eyes and mouth are open."""

    def __init__(self, mesh: bytes, iris: bytes) -> None:
        self._mesh = cv2.dnn.readNetFromTFLite(np.frombuffer(mesh, np.uint8))
        self._iris = cv2.dnn.readNetFromTFLite(np.frombuffer(iris, np.uint8))
        self._points_layer = _points_layer(self._mesh)

    def mesh(self, picture: Picture, face: Face, *, eyes: bool = True) -> Mesh:
        right, left = face.landmarks[0], face.landmarks[1]
        side = max(face.width, face.height) * _MESH_ROOM
        square = Square(face.centre, side, _angle(right, left), _MESH_PIXELS)
        self._mesh.setInput(blob(square.cut(picture)))
        raw = np.asarray(self._mesh.forward(self._points_layer), np.float32).reshape(-1, 3)
        points = square.restore(raw)
        return Mesh(
            points=points,
            presence=agreement(points, face.landmarks),
            pose=pose(points),
            mouth=mouth_opening(points),
            right_eye=self._eye(picture, points, _RIGHT_EYE, mirrored=False) if eyes else NAN,
            left_eye=self._eye(picture, points, _LEFT_EYE, mirrored=True) if eyes else NAN,
        )

    def _eye(
        self, picture: Picture, points: Points, corners: tuple[int, int], *, mirrored: bool
    ) -> float:
        first, second = points[corners[0], :2], points[corners[1], :2]
        centre = (first + second) / 2
        side = float(np.hypot(*(second - first))) * _EYE_ROOM
        angle = _angle(points[33], points[263])
        square = Square((float(centre[0]), float(centre[1])), side, angle, _EYE_PIXELS)
        cut = square.cut(picture)
        # The model knows one eye; the other is shown to it in a mirror.
        self._iris.setInput(blob(np.ascontiguousarray(cut[:, ::-1]) if mirrored else cut))
        output = np.asarray(self._iris.forward("output_eyes_contours_and_brows"), np.float32)
        return eye_opening(output.reshape(_CONTOUR, 3))


def agreement(points: Points, landmarks: Points) -> float:
    """Return how well the mesh lies on the eyes and nose that the detector saw, 1 at best.

    Of 200 portraits all were above 0.55; where the mesh had slipped, most were at nought.
    """
    eyes = [points[list(corners), :2].mean(axis=0) for corners in (_RIGHT_EYE, _LEFT_EYE)]
    ours = np.stack([*eyes, points[_NOSE, :2]])
    apart = float(np.linalg.norm(ours[0] - ours[1]))
    off = float(np.linalg.norm(ours - landmarks[:3], axis=1).mean())
    return max(0.0, 1 - off / apart / _SLIPPED) if apart > 0 else NAN


def pose(points: Points) -> Pose:
    """Return the attitude of the head from the depth of the mesh."""
    across = np.mean([points[left] - points[right] for right, left in _ACROSS], axis=0)
    down = points[_CHIN] - points[_FOREHEAD]
    return Pose(
        yaw=math.degrees(math.atan2(across[2], across[0])),
        pitch=math.degrees(math.atan2(down[2], down[1])),
        roll=math.degrees(math.atan2(across[1], across[0])),
    )


def mouth_opening(points: Points) -> float:
    upper, lower, right, left = (points[index, :2] for index in _LIPS)
    return _ratio(np.hypot(*(upper - lower)), np.hypot(*(right - left)))


def eye_opening(contour: Points) -> float:
    """Return the eye aspect ratio: about 0.3 open, under 0.18 closed."""
    heights = [np.hypot(*(contour[up, :2] - contour[low, :2])) for up, low in _LIDS]
    width = np.hypot(*(contour[_OUTER, :2] - contour[_INNER, :2]))
    return _ratio(np.mean(heights), width)


def _ratio(part: float | np.floating, whole: float | np.floating) -> float:
    return float(part / whole) if whole > 0 else float("nan")


def _angle(right: np.ndarray, left: np.ndarray) -> float:
    return math.atan2(left[1] - right[1], left[0] - right[0])


def _points_layer(net: cv2.dnn.Net) -> str:
    """Tell the layer of points from that of the model's own belief by its size.

    The belief is not asked for: OpenCV runs the whole net again for a second output, and how
    the mesh lies on the detector's points says as much.
    """
    net.setInput(np.zeros((1, 3, _MESH_PIXELS, _MESH_PIXELS), np.float32))
    names = [n for n in net.getLayerNames()[-2:] if np.asarray(net.forward(n)).size == _POINTS * 3]
    return names[0]
