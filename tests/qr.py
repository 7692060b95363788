"""Read a code as a camera does, from the SVG of a page."""

import re

import cv2
import numpy as np

_MOVE = re.compile(r"([Mmh])([-\d.]+)(?:[ ,]?(-?[\d.]+))?")


def read(page: str) -> str:
    """Return what the QR code on *page* says."""
    side = int(re.search(r'viewBox="0 0 (\d+) \d+" class="qr"', page)[1])  # type: ignore[index]
    lines = re.search(r'stroke="#000" d="([^"]+)"', page)[1]  # type: ignore[index]
    modules = np.full((side, side), 255, np.uint8)
    x, y = 0.0, 0.0
    for letter, first, second in _MOVE.findall(lines):
        if letter == "h":
            modules[int(y), int(x) : int(x + float(first))] = 0
            x += float(first)
        else:
            x, y = (
                (float(first), float(second))
                if letter == "M"
                else (x + float(first), y + float(second))
            )
    return look(modules)


def look(picture: np.ndarray) -> str:
    """Return what a camera reads that comes nearer until it can."""
    detector = cv2.QRCodeDetector()
    for side in range(240, 900, 41):
        seen = cv2.resize(
            picture,
            (side, side),
            interpolation=cv2.INTER_AREA if side < len(picture) else cv2.INTER_NEAREST,
        )
        text, _points, _straight = detector.detectAndDecode(seen)
        if text:
            return str(text)
    raise AssertionError("a camera cannot read the code")
