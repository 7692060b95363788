"""The number that both screens show: only who sees the desktop knows which of three it is."""

import secrets
from collections.abc import Sequence

_LOTS = secrets.SystemRandom()


def draw() -> tuple[str, tuple[str, ...]]:
    """Return a number of two digits, and three in ascending order among which it is.

    No two of them share a digit in the same place, so that none is taken for another.
    """
    tens, ones = _LOTS.sample(range(1, 10), 3), _LOTS.sample(range(10), 3)
    numbers = [f"{ten}{one}" for ten, one in zip(tens, ones, strict=True)]
    return numbers[0], tuple(sorted(numbers))


def matches(right: str, chosen: str, offered: Sequence[str]) -> bool:
    """Say whether *chosen* is the *right* one of those *offered*."""
    return chosen in offered and secrets.compare_digest(right, chosen)
