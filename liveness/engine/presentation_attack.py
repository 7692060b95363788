"""The passive vote on presentation attacks: the median over frames, the lowest of the models."""

from collections.abc import Sequence
from statistics import median

from liveness.engine.faces import NAN, Observation

FEWEST = 5
"""Frames; a single one is wrong too often either way."""


def vote(frames: Sequence[Observation]) -> float:
    """Return how bona fide the presentation looks, 0 to 1.

    NaN, which no policy passes, with too few frames, with no model at work, or when a model
    failed on more frames than leave enough.
    """
    if not frames or not frames[0].live:
        return NAN
    models = len(frames[0].live)
    if any(len(frame.live) != models for frame in frames):
        return NAN
    return min((_median([f.live[i] for f in frames]) for i in range(models)), key=_nan_first)


def _median(scores: Sequence[float]) -> float:
    measured = [score for score in scores if 0 <= score <= 1]
    return median(measured) if len(measured) >= FEWEST else NAN


def _nan_first(score: float) -> float:
    return score if score >= 0 else -1.0
