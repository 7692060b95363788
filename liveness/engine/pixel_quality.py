"""Measure whether the pixels of a face are fit to be judged."""

import cv2

from liveness.engine.faces import Face, Picture, Quality

_DARK, _BRIGHT = 30, 240


class PixelQuality:
    """Plain statistics of the face's own pixels, in the manner of ISO/IEC 29794-5."""

    def assess(self, picture: Picture, face: Face) -> Quality:
        height, width = picture.shape[:2]
        left, top = max(0, round(face.x)), max(0, round(face.y))
        patch = picture[top : round(face.y + face.height), left : round(face.x + face.width)]
        if patch.size == 0:
            return Quality()
        grey = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY)
        scaled = cv2.resize(grey, (112, 112), interpolation=cv2.INTER_AREA)
        edges = [face.x, face.y, width - face.x - face.width, height - face.y - face.height]
        return Quality(
            size=face.size,
            share=face.height / height,
            sharpness=float(cv2.Laplacian(scaled, cv2.CV_64F).var()),
            brightness=float(grey.mean()),
            contrast=float(grey.std()),
            dark=float((grey < _DARK).mean()),
            glare=float((grey > _BRIGHT).mean()),
            margin=min(edges) / face.width,
        )
