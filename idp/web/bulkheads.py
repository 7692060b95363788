"""One slow or broken host may hold up itself, and nobody else."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from idp.web.addresses import OutboundFailedError

FAILURES = 5
"""In a row, and the breaker opens."""

PAUSE = 10.0
"""Seconds before an open breaker lets one through to look."""

_HOSTS = 1000


class RestingError(OutboundFailedError):
    """The breaker is open: it failed too often, and is left in peace for a while."""


class CrowdedError(OutboundFailedError):
    """As many as may be are with it already; that is no failure of its."""


class Breaker:
    """Whether to bother somebody at all, going by how the last questions ended.

    After *failures* in a row nobody passes for *pause* seconds; then one at a time goes to look,
    until one comes back well. *harmless* exceptions tell nothing of the other side; *notice* is
    told whenever the breaker opens (True) or closes.
    """

    def __init__(
        self,
        name: str,
        *,
        failures: int = FAILURES,
        pause: float = PAUSE,
        harmless: tuple[type[Exception], ...] = (),
        notice: Callable[[bool], None] = lambda _open: None,
    ) -> None:
        self._name = name
        self._limit = failures
        self._pause = pause
        self._harmless = harmless
        self._notice = notice
        self._lock = threading.Lock()
        self._failures = 0
        self._rests_until = 0.0
        self._looking = False

    @contextmanager
    def passage(self) -> Iterator[None]:
        """Let one question through; how it ends decides about the next.

        Raises:
            RestingError: there were too many failures lately.
        """
        scout = self._enter()
        failed: bool | None = None
        try:
            yield
            failed = False
        except self._harmless:
            raise
        except OutboundFailedError:
            failed = True
            raise
        finally:
            self._leave(scout=scout, failed=failed)

    def _enter(self) -> bool:
        """Return whether whoever enters is the one that goes to look."""
        with self._lock:
            if self._failures < self._limit:
                return False
            if self._looking or time.monotonic() < self._rests_until:
                raise RestingError(detail=f"{self._name}: failed too often, resting")
            self._looking = True
            return True

    def _leave(self, *, scout: bool, failed: bool | None) -> None:
        with self._lock:
            if scout:
                self._looking = False
            if failed is None:
                return
            was_open = self._failures >= self._limit
            self._failures = self._failures + 1 if failed else 0
            is_open = self._failures >= self._limit
            if failed and is_open:
                self._rests_until = time.monotonic() + self._pause
            if was_open != is_open:
                self._notice(is_open)


class Bulkhead:
    """What is known of one host: how many are with it, and how it has fared."""

    def __init__(
        self, name: str, *, width: int, wait: float, breaker: Breaker | None = None
    ) -> None:
        self._name = name
        self._wait = wait
        self._slots = threading.BoundedSemaphore(width)
        self._breaker = breaker

    @contextmanager
    def passage(self) -> Iterator[None]:
        """Let one request through.

        Raises:
            OutboundFailedError: there are as many as may be, or the host failed too often.
        """
        if self._breaker is None:
            with self._place():
                yield
            return
        with self._breaker.passage(), self._place():
            yield

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=self._wait):
            raise CrowdedError(detail=f"{self._name}: too many requests under way")
        try:
            yield
        finally:
            self._slots.release()


class Bulkheads:
    """The bulkheads of all hosts; the one unused longest is forgotten first.

    Without *breakers* only the width is watched: somebody else decides when to give up.
    """

    def __init__(self, *, width: int, wait: float, breakers: bool = True) -> None:
        self._width = width
        self._wait = wait
        self._breakers = breakers
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Bulkhead] = OrderedDict()

    def of(self, name: str) -> Bulkhead:
        with self._lock:
            if name not in self._known:
                self._known[name] = self._build(name)
            self._known.move_to_end(name)
            if len(self._known) > _HOSTS:
                self._known.popitem(last=False)
            return self._known[name]

    def _build(self, name: str) -> Bulkhead:
        breaker = Breaker(name, harmless=(CrowdedError,)) if self._breakers else None
        return Bulkhead(name, width=self._width, wait=self._wait, breaker=breaker)
