"""What vision sees in one picture: faces, their meshes, and what was measured of them."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]
"""Height × width × 3, blue first, as OpenCV decodes."""
Vector: TypeAlias = NDArray[np.float32]
Points: TypeAlias = NDArray[np.float32]
"""One landmark a row, in pixels of the picture."""

NAN = float("nan")
"""Not measured. Every decision is written so that this refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A face that was detected."""

    x: float
    y: float
    width: float
    height: float
    score: float
    landmarks: Points  # 5 × 2: the person's right eye, left eye, nose, right and left mouth corner

    @property
    def size(self) -> float:
        """The shorter side of its box, in pixels."""
        return min(self.width, self.height)

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """How the head is held, in degrees."""

    yaw: float  # positive: turned towards the person's own left
    pitch: float  # positive: looking down
    roll: float  # positive: leaning towards the person's own left shoulder


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """A face in 468 points, and what follows from them."""

    points: Points  # 468 × 3; depth in the same scale as width
    presence: float  # how sure that a face lies under it, 0 to 1
    pose: Pose
    mouth: float  # opening over width (mouth aspect ratio)
    right_eye: float  # opening over width, by the contour of the iris model
    left_eye: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What makes a capture usable, each as measured; NaN where it could not be."""

    size: float = NAN  # pixels, shorter side of the face
    share: float = NAN  # of the picture's height
    sharpness: float = NAN  # variance of the Laplacian of the aligned face
    brightness: float = NAN  # mean luminance of the face, 0 to 255
    contrast: float = NAN  # its standard deviation
    dark: float = NAN  # share of the face that is nearly black
    glare: float = NAN  # share that is nearly white
    margin: float = NAN  # distance of the face from the nearest edge, in face widths


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """All that leaves the room where pictures are looked at; no picture does."""

    width: int
    height: int
    fingerprint: int  # difference hash, 64 bits
    faces: int
    quality: Quality = Quality()
    presence: float = NAN
    pose: Pose = Pose(yaw=NAN, pitch=NAN, roll=NAN)
    mouth: float = NAN
    right_eye: float = NAN
    left_eye: float = NAN
    points: Points | None = None  # 468 × 2
    live: tuple[float, ...] = ()  # one per presentation-attack model; 1 is bona fide
    flatness: float = NAN  # agreement with the first picture as one plane; see engine.planarity
    template: Vector | None = None
