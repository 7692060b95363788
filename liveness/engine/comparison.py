"""Compare a probe with a reference, one to one, as strictly as what is at stake asks for."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from liveness.engine.faces import NAN
from liveness.engine.templates import Template, likeness


class Risk(StrEnum):
    """What a false match would cost."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


THRESHOLDS: Mapping[str, Mapping[Risk, float]] = MappingProxyType(
    {
        "sface": {Risk.LOW: 0.43, Risk.NORMAL: 0.50, Risk.HIGH: 0.55},
        "dlib": {Risk.LOW: -0.40, Risk.NORMAL: -0.38, Risk.HIGH: -0.35},
    }
)
"""By the first word of a model's id. Measured, not chosen: docs/explanation/face-accuracy.md."""


class IncomparableError(Exception):
    """Vectors of two models say nothing about each other."""


def similarity(probe: Template, reference: Template) -> float:
    """Return how alike they are; NaN for what cannot be measured.

    Raises:
        IncomparableError: the templates are of different models.
    """
    same = probe.model_id == reference.model_id and probe.metric is reference.metric
    if not same or probe.vector.shape != reference.vector.shape:
        raise IncomparableError(f"{probe.model_id} against {reference.model_id}")
    return likeness(probe.metric, probe.vector, reference.vector)


def threshold(model_id: str, risk: Risk) -> float:
    """Return the least similarity that passes; NaN, so nothing, for a model never measured."""
    family = model_id.partition("-")[0]
    return THRESHOLDS[family][risk] if family in THRESHOLDS else NAN


def matches(probe: Template, reference: Template, risk: Risk = Risk.NORMAL) -> bool:
    return similarity(probe, reference) >= threshold(probe.model_id, risk)
