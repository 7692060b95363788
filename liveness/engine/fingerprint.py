"""The difference hash of a picture, near to itself however it is compressed."""

import cv2
import numpy as np

from liveness.engine.faces import Picture


def fingerprint(picture: Picture) -> int:
    """Return the difference hash: 64 signs of whether brightness grows from cell to cell."""
    small = cv2.resize(picture, (9, 8), interpolation=cv2.INTER_AREA)
    cells = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.int16)
    bits = (cells[:, 1:] > cells[:, :-1]).reshape(-1)
    return int.from_bytes(np.packbits(bits).tobytes(), "big")
