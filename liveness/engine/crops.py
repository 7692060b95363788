"""Cut a turned square out of a picture, and carry points back."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from liveness.engine.faces import Picture, Points, Vector


@dataclass(frozen=True, slots=True)
class Square:
    """A square of *side* pixels about *centre*, turned by *angle* radians, scaled to *pixels*."""

    centre: tuple[float, float]
    side: float
    angle: float
    pixels: int

    def cut(self, picture: Picture) -> Picture:
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (self.pixels, self.pixels)
        cut = cv2.warpAffine(
            picture, self._matrix(), size, flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(cut, np.uint8)

    def restore(self, points: Points) -> Points:
        """Carry points of the cut square (any depth scaled along) into the picture."""
        matrix = self._matrix()
        flat = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        depth = points[:, 2:] * np.float32(self.side / self.pixels)
        return np.hstack([flat, depth]).astype(np.float32)

    def _matrix(self) -> Vector:
        scale, half = self.side / self.pixels, self.pixels / 2
        cos, sin = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        x, y = self.centre
        rows = [[cos, -sin, x - (cos - sin) * half], [sin, cos, y - (sin + cos) * half]]
        return np.array(rows, np.float32)


def blob(square: Picture) -> Vector:
    """One picture as a network takes it: red first, 0 to 1, channels before rows."""
    return np.asarray(cv2.dnn.blobFromImage(square, 1 / 255.0, swapRB=True), np.float32)
