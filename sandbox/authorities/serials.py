"""CTID's business serial numbers: one is good for one question of its kind, for five minutes."""

import secrets
import threading
from collections.abc import Callable

LIFE = 300.0
MOST = 10_000


class Serials:
    """The numbers given out and not used yet."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._given: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def give(self, mode: str) -> str:
        """Return a number for a question of *mode*."""
        serial = f"SN{secrets.token_hex(14)}"
        now = self._clock()
        with self._lock:
            if len(self._given) >= MOST:
                self._given = {k: v for k, v in self._given.items() if v[1] > now}
            self._given[serial] = (mode, now + LIFE)
        return serial

    def take(self, serial: str, mode: str) -> bool:
        """Whether *serial* is good for *mode*; it is used up in any case."""
        with self._lock:
            given, until = self._given.pop(serial, ("", 0.0))
        return given == mode and until >= self._clock()
