"""One vector for a person, out of several frames that agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from liveness.engine.faces import NAN, Vector

FEWEST, MOST = 3, 5


class Metric(StrEnum):
    """How the vectors of a model are compared."""

    COSINE = "cosine"
    DISTANCE = "l2"


AGREEMENT = {Metric.COSINE: 0.70, Metric.DISTANCE: -0.45}
"""Near-frontal frames of one capture stay well above; a swapped face falls below."""


class TemplateError(Exception):
    """The frames make no template: too few, too many, or not of one face."""


@dataclass(frozen=True, slots=True)
class Template:
    """A vector, and the model that alone can compare it."""

    model_id: str
    metric: Metric
    vector: Vector


def likeness(metric: Metric, one: Vector, other: Vector) -> float:
    """Return how alike two vectors are, more being more: the cosine, or the distance negated.

    NaN, which passes nowhere, for a cosine of vectors that are not of length one.
    """
    if metric is Metric.DISTANCE:
        return -float(np.linalg.norm(one - other))
    lengths = (float(np.linalg.norm(one)), float(np.linalg.norm(other)))
    unit = all(abs(length - 1) <= 0.01 for length in lengths)  # noqa: PLR2004 - half precision
    return float(one @ other) if unit else NAN


def agreement(metric: Metric, vectors: Sequence[Vector]) -> float:
    """Return the likeness of the two that agree least; NaN for fewer than two, or if any is."""
    pairs = [likeness(metric, one, other) for one, other in combinations(vectors, 2)]
    return float(np.min(pairs)) if pairs else NAN


def mean_template(model_id: str, metric: Metric, vectors: Sequence[Vector]) -> Template:
    """Return the mean of three to five vectors of one face.

    Raises:
        TemplateError: there are too few or too many, or they disagree.
    """
    if not FEWEST <= len(vectors) <= MOST:
        raise TemplateError(f"{len(vectors)} frames; {FEWEST} to {MOST} are needed")
    if not agreement(metric, vectors) >= AGREEMENT[metric]:
        raise TemplateError("the frames do not show one face")
    mean: NDArray[np.float64] = np.mean(np.stack(vectors), axis=0, dtype=np.float64)
    return template(model_id, metric, mean)


def template(model_id: str, metric: Metric, vector: NDArray[np.floating]) -> Template:
    """Make a template of one vector, such as that of a registry's portrait.

    Raises:
        TemplateError: the vector has no direction.
    """
    length = float(np.linalg.norm(vector))
    if not 0 < length < float("inf"):
        raise TemplateError("a vector without direction")
    scaled = vector / length if metric is Metric.COSINE else vector
    return Template(model_id, metric, np.asarray(scaled, np.float32))
