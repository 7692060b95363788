"""Waiting for a phone without holding the house up: a few are told at once, the others ask again.

Workers answer in a handful of threads, and each answer that is held back holds one of them: so
only a few are, for seconds, and never is anybody queued for such a place. All others are told
when to ask again, at moments spread so that all together ask no more often than is set.
"""

import threading
import time
from collections.abc import Callable

SOONEST, LATEST = 2.0, 15.0
_GLANCE = 0.25  # seconds between two looks at the database
_AT_ONCE = 0.1


class Pacer:
    """Gives everybody who asks a moment of their own to ask again, *rate* of them per second."""

    def __init__(self, rate: float, now: Callable[[], float] = time.monotonic) -> None:
        self._gap = 1 / rate
        self._now = now
        self._lock = threading.Lock()
        self._last = 0.0

    def again_in(self) -> float:
        """Return the seconds until the caller's next turn."""
        with self._lock:
            now = self._now()
            self._last = min(max(self._last + self._gap, now + SOONEST), now + LATEST)
            return self._last - now


class WaitingRoom:
    """Holds answers back for whoever finds a free place, *wait* seconds at most."""

    def __init__(self, *, places: int, wait: float, rate: float) -> None:
        self._places = threading.BoundedSemaphore(places) if places and wait else None
        self._wait = wait
        self._pacer = Pacer(rate)

    def until(self, changed: Callable[[], bool]) -> float:
        """Wait until something *changed*, if there is a place; return when to ask again."""
        if self._places is None or not self._places.acquire(blocking=False):
            return self._pacer.again_in()
        try:
            deadline = time.monotonic() + self._wait
            while time.monotonic() < deadline:
                time.sleep(_GLANCE)
                if changed():
                    break
            return _AT_ONCE
        finally:
            self._places.release()
