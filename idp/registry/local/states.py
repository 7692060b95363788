"""What a register's small numbers mean; their names are the reasons on record."""

from enum import IntEnum


class Life(IntEnum):
    """Whether a resident is among the living, and on the register."""

    ALIVE = 0
    DECEASED = 1
    CANCELLED = 2


class Insurance(IntEnum):
    """Where a person stands with the social insurance of one region."""

    INSURED = 0
    SUSPENDED = 1  # contributions rest; the person stays insured
    ENDED = 2


class DocumentState(IntEnum):
    """Whether a travel document may still be shown."""

    VALID = 0
    CANCELLED = 1
    LOST = 2
