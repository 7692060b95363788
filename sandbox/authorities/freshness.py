"""A caller's clock and nonces: some minutes of skew are forgiven, a nonce is good once."""

import threading
import time
from collections.abc import Callable

SKEW = 600.0
LONGEST_SKEW = 900.0
MOST = 100_000


class Freshness:
    """What one authority has heard lately."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def in_time(self, moment: float, skew: float = SKEW) -> bool:
        """Whether *moment* lies within *skew* of now."""
        return abs(self.clock() - moment) <= skew

    def first_time(self, nonce: str) -> bool:
        """Whether *nonce* is new; it is remembered for as long as its timestamp could pass."""
        now = self.clock()
        with self._lock:
            if len(self._until) >= MOST:
                self._until = {k: until for k, until in self._until.items() if until >= now}
            if self._until.get(nonce, 0.0) >= now:
                return False
            self._until[nonce] = now + 2 * LONGEST_SKEW
            return True
