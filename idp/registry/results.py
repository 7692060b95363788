"""The one canonical answer of every authority, local or remote."""

from dataclasses import dataclass, field
from enum import StrEnum


class Result(StrEnum):
    """What an authority found; every upstream's own codes are mapped to one of these."""

    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    NO_RECORD = "NO_RECORD"
    NO_PHOTO = "NO_PHOTO"
    FACE_MISMATCH = "FACE_MISMATCH"
    FACE_GREY = "FACE_GREY"
    LIVENESS_FAIL = "LIVENESS_FAIL"
    BAD_INPUT = "BAD_INPUT"
    RATE_LIMITED = "RATE_LIMITED"
    SOURCE_DOWN = "SOURCE_DOWN"

    @property
    def unanswered(self) -> bool:
        """Whether nothing was learned: the question may be asked again."""
        return self in _UNANSWERED

    @property
    def suspicious(self) -> bool:
        """Whether it counts as a failed try against whoever asks and whoever is asked about.

        That an authority has no record, or no photo, is nobody's fraud.
        """
        return self in _SUSPICIOUS


_UNANSWERED = frozenset({Result.BAD_INPUT, Result.RATE_LIMITED, Result.SOURCE_DOWN})
_SUSPICIOUS = frozenset({Result.MISMATCH, Result.FACE_MISMATCH, Result.LIVENESS_FAIL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one authority said.

    *source* names it (`local`, `ctid`, …), *reference* is its own serial number for this
    question. *reason* is why, for the record alone: an authority's code, or `deceased`,
    `cancelled`; whoever asks is never told it.
    """

    result: Result
    source: str
    reference: str = ""
    reason: str = field(default="", repr=False)
