"""Does a face turn like a head, or tilt like a picture? By the pixels, whatever the mesh says."""

import cv2
import numpy as np

from liveness.engine.faces import NAN, Mesh, Picture, Points
from liveness.engine.planarity import RIGID
from liveness.engine.ports import View

_PATCH = 96
_OVAL = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400]
_OVAL += [377, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]


class PlaneFit:
    """Registers one face with another as if both were views of one plane.

    A photograph that is tilted agrees with itself to 0.97 and more, however the mesh is
    fooled; a head that is turned shows other pixels, and stays below 0.9.
    """

    def view(self, picture: Picture, mesh: Mesh) -> View:
        return _patch(picture, mesh.points)

    def agreement(self, before: View, after: View) -> float:
        here, there = before.points, after.points
        guess, _ = cv2.findHomography(here[RIGID], there[RIGID])
        if guess is None:
            return NAN
        mask = np.zeros((_PATCH, _PATCH), np.uint8)
        cv2.fillConvexPoly(mask, here[_OVAL].astype(np.int32), (255,))
        stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-4)
        try:
            agreement, _ = cv2.findTransformECC(
                before.pixels,
                after.pixels,
                guess.astype(np.float32),
                cv2.MOTION_HOMOGRAPHY,
                stop,
                mask,
                3,
            )
        except cv2.error:
            return NAN  # it did not converge
        return float(agreement)


def _patch(picture: Picture, points: Points) -> View:
    flat = points[:, :2]
    scale = _PATCH * 0.8 / max(float(np.ptp(flat, axis=0).max()), 1.0)
    shift = _PATCH / 2 - flat.mean(axis=0) * scale
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    patch = cv2.warpAffine(grey, matrix, (_PATCH, _PATCH), flags=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(patch, (3, 3), 0)
    return View(np.asarray(smooth, np.uint8), (flat * scale + shift).astype(np.float32))
