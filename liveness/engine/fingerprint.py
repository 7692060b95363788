"""The difference hash of a picture, near to itself however it is compressed."""

import cv2
import numpy as np

from liveness.engine.faces import Picture

_ENOUGH = 120  # rows, for means of eight cells


def fingerprint(picture: Picture) -> int:
    """Return the difference hash: 64 signs of whether brightness grows from cell to cell."""
    thin = max(1, min(picture.shape[:2]) // _ENOUGH)
    grey = cv2.cvtColor(np.ascontiguousarray(picture[::thin, ::thin]), cv2.COLOR_BGR2GRAY)
    cells = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = (cells[:, 1:] > cells[:, :-1]).reshape(-1)
    return int.from_bytes(np.packbits(bits).tobytes(), "big")
