"""One slow or broken host may hold up itself, and nobody else."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from idp.web.addresses import OutboundFailedError

_FAILURES = 5  # in a row, and the circuit opens
_PAUSE = 10.0  # seconds before one try is let through again
_HOSTS = 1000


class Bulkhead:
    """What is known of one host: how many are with it, and how it has fared."""

    def __init__(self, name: str, *, width: int, wait: float) -> None:
        self._name = name
        self._wait = wait
        self._slots = threading.BoundedSemaphore(width)
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_until = 0.0

    @contextmanager
    def passage(self) -> Iterator[None]:
        """Let one request through; how it ends decides about the next.

        Raises:
            OutboundFailedError: there are as many as may be, or the host failed too often.
        """
        self._ask()
        if not self._slots.acquire(timeout=self._wait):
            raise OutboundFailedError(detail=f"{self._name}: too many requests under way")
        try:
            yield
        except OutboundFailedError:
            self._record(failed=True)
            raise
        else:
            self._record(failed=False)
        finally:
            self._slots.release()

    def _ask(self) -> None:
        with self._lock:
            now = time.monotonic()
            if self._failures < _FAILURES:
                return
            if now < self._closed_until:
                raise OutboundFailedError(detail=f"{self._name}: failed too often, resting")
            self._closed_until = now + _PAUSE  # one goes to look, the others still wait

    def _record(self, *, failed: bool) -> None:
        with self._lock:
            self._failures = self._failures + 1 if failed else 0
            if self._failures >= _FAILURES:
                self._closed_until = time.monotonic() + _PAUSE


class Bulkheads:
    """The bulkheads of all hosts; the one unused longest is forgotten first."""

    def __init__(self, *, width: int, wait: float) -> None:
        self._width = width
        self._wait = wait
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Bulkhead] = OrderedDict()

    def of(self, name: str) -> Bulkhead:
        with self._lock:
            if name not in self._known:
                self._known[name] = Bulkhead(name, width=self._width, wait=self._wait)
            self._known.move_to_end(name)
            if len(self._known) > _HOSTS:
                self._known.popitem(last=False)
            return self._known[name]
