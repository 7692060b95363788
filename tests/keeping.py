"""What a run keeps until its end; pytest gives up what has a parameter when that changes."""

from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar

What = TypeVar("What")


class Keeper:
    """Makes each thing once, however often tests go from one database to the other."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Any] = {}
        self._doors = ExitStack()

    def keep(self, name: Hashable, make: Callable[[], AbstractContextManager[What]]) -> What:
        """Return what is kept under *name*, made by *make* the first time."""
        if name not in self._kept:
            self._kept[name] = self._doors.enter_context(make())
        kept: What = self._kept[name]
        return kept

    def close(self) -> None:
        """Close everything, the newest first."""
        self._kept.clear()
        self._doors.close()
