"""What an engine is made of, so that a better part can take the place of ours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from liveness.engine.faces import Face, Mesh, Picture, Points, Quality, Vector
from liveness.engine.templates import Metric

Weights = Callable[[str], bytes]
"""Gives verified bytes by the names of the manifest."""


@dataclass(frozen=True, slots=True)
class View:
    """A face at one small size, in grey, and where the points of its mesh are."""

    pixels: Picture
    points: Points


class Detector(Protocol):
    """Finds faces."""

    def detect(self, picture: Picture, *, coarse: bool = False) -> list[Face]:
        """Return the faces, the largest first; *coarse* is quicker, and may miss small ones."""


class Landmarker(Protocol):
    """Lays a mesh over a face."""

    def mesh(self, picture: Picture, face: Face, *, eyes: bool = True) -> Mesh:
        """Return the mesh; without *eyes*, their opening is NaN."""


class Embedder(Protocol):
    """Turns a face into a vector that is near to others of the same person."""

    model_id: str
    """Names model and weights; vectors of different ids are never compared."""
    metric: Metric

    def embed(self, picture: Picture, face: Face) -> Vector:
        """Return a vector; of length one where the metric is the cosine."""


class QualityAssessor(Protocol):
    """Measures whether a capture is fit to be judged."""

    def assess(self, picture: Picture, face: Face) -> Quality: ...


class PadModel(Protocol):
    """Detects presentation attacks (ISO/IEC 30107-1)."""

    model_id: str

    def score(self, picture: Picture, face: Face) -> float:
        """Return how bona fide it looks, 0 to 1; NaN where it cannot tell."""


class FlatnessGauge(Protocol):
    """Tells a turned head from a tilted picture by the pixels."""

    def view(self, picture: Picture, mesh: Mesh) -> View:
        """Return the little of *picture* that a comparison needs."""

    def agreement(self, before: View, after: View) -> float:
        """Return how well one plane explains both, up to 1; NaN where it cannot tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A set of parts that work together."""

    name: str
    authoritative: bool
    detector: Detector
    landmarker: Landmarker
    embedder: Embedder
    quality: QualityAssessor
    flatness: FlatnessGauge
    pad_models: Sequence[PadModel] = field(default=())
