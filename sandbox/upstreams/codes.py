"""Codes that are good once, and not for long."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST = 10_000


class Why(StrEnum):
    """Why a code buys nothing."""

    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"


class CodeRefusedError(Exception):
    """A code that buys nothing."""

    def __init__(self, why: Why) -> None:
        self.why = why
        super().__init__(why.value)


@dataclass(slots=True)
class _Issued:
    what: Any
    until: float
    used: bool = False


class Codes:
    """The codes of one upstream; safe to use from many threads."""

    def __init__(self, lifetime: float, clock: Callable[[], float]) -> None:
        self._lifetime = lifetime
        self._clock = clock
        self._issued: dict[str, _Issued] = {}
        self._lock = threading.Lock()

    def issue(self, what: Any) -> str:
        """Return a new code that buys *what*."""
        code = secrets.token_hex(16)
        with self._lock:
            if len(self._issued) >= MOST:
                self._issued.pop(next(iter(self._issued)))
            self._issued[code] = _Issued(what, self._clock() + self._lifetime)
        return code

    def spend(self, code: str) -> Any:
        """Return what *code* buys, this once.

        Raises:
            CodeRefusedError: it is unknown, was used before, or came too late.
        """
        with self._lock:
            issued = self._issued.get(code)
            if issued is None:
                raise CodeRefusedError(Why.UNKNOWN)
            if issued.used:
                raise CodeRefusedError(Why.USED)
            if issued.until < self._clock():
                raise CodeRefusedError(Why.EXPIRED)
            issued.used = True
            return issued.what

    def look(self, code: str) -> Any:
        """Return what *code* buys, as often as one looks while it is good: a token's manner.

        Raises:
            CodeRefusedError: it is unknown, or too late.
        """
        with self._lock:
            issued = self._issued.get(code)
            if issued is None:
                raise CodeRefusedError(Why.UNKNOWN)
            if issued.until < self._clock():
                raise CodeRefusedError(Why.EXPIRED)
            return issued.what
