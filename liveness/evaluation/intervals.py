"""Rates with their 95 % intervals: Clopper and Pearson's, or a bootstrap over subjects."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEVEL = 0.95
_REPLICATES = 400
Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rate:
    """Errors among trials, and between what the true rate may lie."""

    errors: float
    trials: int
    rate: float
    low: float
    high: float
    method: str


def exact(errors: int, trials: int) -> Rate:
    """Return the rate with Clopper and Pearson's interval: for trials that are independent."""
    if trials == 0:
        return Rate(0, 0, math.nan, 0.0, 1.0, "clopper-pearson")
    tail = (1 - _LEVEL) / 2
    low = 0.0 if errors == 0 else _solve(lambda p: 1 - _at_most(errors - 1, trials, p), tail)
    high = 1.0 if errors == trials else _solve(lambda p: -_at_most(errors, trials, p), -tail)
    return Rate(errors, trials, errors / trials, low, high, "clopper-pearson")


def over_subjects(
    errors: float, trials: int, subjects: int, draw: Callable[[Weights], float]
) -> Rate:
    """Return the rate with the percentiles of a bootstrap over *subjects*.

    Comparisons that share a subject are not independent (ISO/IEC 19795-1 §B.3). *draw* gives
    the rate when each subject counts as often as its weight says. Without a single error it
    gives nothing but nought, and the rule of three stands in, naively.
    """
    if not subjects:
        return Rate(0, 0, math.nan, 0.0, 1.0, "none to measure")
    random = np.random.default_rng(20250601)
    drawn = [
        draw(random.multinomial(subjects, np.full(subjects, 1 / subjects)).astype(np.float64))
        for _ in range(_REPLICATES)
    ]
    rate = errors / trials if trials else math.nan
    if errors == 0:
        return Rate(0, trials, rate, 0.0, min(1.0, 3 / trials) if trials else 1.0, "rule of three")
    tail = (1 - _LEVEL) / 2 * 100
    low, high = np.nanpercentile(drawn, [tail, 100 - tail])
    return Rate(errors, trials, rate, float(low), float(high), "bootstrap over subjects")


def _solve(rising: Callable[[float], float], target: float) -> float:
    """Find where the rising function reaches *target*, by halving."""
    low, high = 0.0, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return (low + high) / 2


def _at_most(errors: int, trials: int, p: float) -> float:
    """Return the chance of at most so many errors, terms added from the largest down."""
    if not 0 < p < 1:
        return 1.0 if p <= 0 else float(errors >= trials)
    log_odds = math.log(p) - math.log1p(-p)
    whole = math.lgamma(trials + 1) + trials * math.log1p(-p)
    total = 0.0
    for k in range(errors, -1, -1):
        log_term = whole - math.lgamma(k + 1) - math.lgamma(trials - k + 1) + k * log_odds
        term = math.exp(log_term) if log_term > -745 else 0.0  # noqa: PLR2004 - smallest double
        total += term
        if k < p * trials and term < total * 1e-15:
            break
    return min(1.0, total)
