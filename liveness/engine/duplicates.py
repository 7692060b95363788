"""Tell a picture that was sent before, however it was compressed anew."""

NEAR = 2
"""Bits of 64 that noise and compression may turn in one and the same picture."""


def distance(one: int, other: int) -> int:
    """Return in how many of 64 bits two fingerprints differ."""
    return (one ^ other).bit_count()


def repeats(fingerprints: list[int]) -> int:
    """Count the pictures that nearly equal an earlier one other than their neighbour.

    Neighbours are alike whenever somebody holds still; a loop comes back to what it left.
    """
    found = 0
    for index, mark in enumerate(fingerprints):
        left = False
        for earlier in reversed(fingerprints[:index]):
            near = distance(mark, earlier) <= NEAR
            if left and near:
                found += 1
                break
            left = left or not near
    return found
