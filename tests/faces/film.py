"""What a camera would see of a puppet that does as it is told: jitter, noise, never twice alike."""

import cv2
import numpy as np

from tests.faces.portraits import jpeg

_POSES = {
    "turn_left": {"yaw": (37, 40, 43)},
    "turn_right": {"yaw": (-37, -40, -43)},
    "nod": {"pitch": (10, 18, 21)},
    "open_mouth": {"mouth": (0.05, 0.11, 0.13)},
}
_RESTS = ((0.0, 0.0), (2.5, 1.0), (-2.0, 2.0), (1.0, -2.0), (-3.0, -1.0))


class Film:
    """Frames of one puppet; what is drawn is drawn once, and shaken anew each time."""

    def __init__(self, puppet, seed=1):
        self._puppet = puppet
        self._random = np.random.default_rng(seed)
        self._drawn = {}

    def at_rest(self, count=4):
        return [self._rest() for _ in range(count)]

    def making(self, kind):
        """The movement, begun at rest and ended there."""
        ((word, values),) = _POSES[kind].items()
        middle = [self._shaken(self._pose(**{word: value})) for value in values]
        return [self._rest(), self._rest(), *middle, self._rest(), self._rest()]

    def of(self, kind):
        return self.at_rest() if kind == "rest" else self.making(kind)

    def still(self, count=7):
        """The one portrait, held before the camera."""
        return [self._shaken(self._pose()) for _ in range(count)]

    def shaken(self, picture):
        return self._shaken(picture)

    @property
    def picture(self):
        return self._puppet.picture

    def _rest(self):
        yaw, pitch = _RESTS[self._random.integers(len(_RESTS))]
        return self._shaken(self._pose(yaw=yaw, pitch=pitch))

    def _pose(self, **pose):
        key = tuple(sorted(pose.items()))
        if key not in self._drawn:
            self._drawn[key] = self._puppet.posed(**pose)
        return self._drawn[key]

    def _shaken(self, picture):
        height, width = picture.shape[:2]
        move = np.float32([[1, 0, 0], [0, 1, 0]])
        move[:, 2] = self._random.normal(0, 3, 2)
        moved = cv2.warpAffine(picture, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
        noisy = moved + self._random.normal(0, 2.5, moved.shape)
        return jpeg(np.clip(noisy, 0, 255).astype(np.uint8), 85)
