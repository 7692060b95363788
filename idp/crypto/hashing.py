"""Ask for a password to be hashed or verified, within bounds that no flood of guesses can break.

Run as a program (`python -m idp.crypto.hashing --socket PATH --processes N`) it is the process
group that does the work, see `idp.crypto.hashing_pool`.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Protocol

from idp import process_groups
from idp.crypto import hashing_wire
from idp.crypto.passwords import Cost, PasswordError, PasswordScheme, Verdict, prepare
from idp.errors import IdentityError, UnavailableError
from idp.process_groups import ProcessGroup


class HashingBusyError(UnavailableError):
    """The queue is full, the wait too long, or the process that had our question died."""

    code = "busy"
    description = "Many people are signing in at this moment. Please try again shortly."
    retry_after = 2


class HashingFailedError(IdentityError):
    """The hashing processes could not do their work."""

    code = "hashing_failed"


class HashingStartError(IdentityError):
    """The process group did not come up."""

    code = "hashing_not_started"


class Hasher(Protocol):
    """Whoever hashes passwords.

    Both methods raise HashingBusyError rather than wait long.
    """

    def hash(self, password: str) -> str:
        """Return the hash to store; raises PasswordError for what can be no password."""

    def verify(self, password: str, stored: str | None) -> Verdict:
        """Compare with *stored*; None (no such account) costs the same time."""


class LocalHasher:
    """Hashes in this process, at most *limit* at once: for tests and the command line."""

    def __init__(self, limit: int = 2, *, wait: float = 2.0, cost: Cost | None = None) -> None:
        self._scheme = PasswordScheme(cost)
        self._slots = BoundedSemaphore(limit)
        self._wait = wait

    def hash(self, password: str) -> str:
        with self._slot():
            return self._scheme.hash(password)

    def verify(self, password: str, stored: str | None) -> Verdict:
        with self._slot():
            return self._scheme.verify(password, stored)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=self._wait):
            raise HashingBusyError(detail="no free slot in this process")
        try:
            yield
        finally:
            self._slots.release()


class SocketHasher:
    """Asks the process group behind the socket at *path*; waits *timeout* seconds at most."""

    def __init__(self, path: str | Path, timeout: float = 3.0) -> None:
        self._path = str(path)
        self._timeout = timeout

    def hash(self, password: str) -> str:
        answer = self._ask({"op": "hash", "password": prepare(password)})
        return str(answer["hash"])

    def verify(self, password: str, stored: str | None) -> Verdict:
        try:
            secret = prepare(password)
        except PasswordError:
            secret, stored = "", None
        answer = self._ask({"op": "verify", "password": secret, "stored": stored})
        return Verdict(answer["ok"] is True, answer["replacement"])

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self._exchange(question)
        except TimeoutError:
            raise HashingBusyError(detail=f"no answer within {self._timeout} s") from None
        except BlockingIOError:
            raise HashingBusyError(detail="the queue is full") from None
        except OSError as error:
            raise HashingBusyError(detail=f"the pool broke off: {type(error).__name__}") from None
        except hashing_wire.FrameError as error:
            raise HashingFailedError(detail=str(error)) from None
        if "failed" in answer:
            raise HashingFailedError(detail=str(answer["failed"]))
        return answer

    def _exchange(self, question: dict[str, Any]) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self._timeout)
            connection.connect(self._path)  # EAGAIN at once when the backlog is full: unix(7)
            hashing_wire.send(connection, question)
            return hashing_wire.receive(connection)


def start(
    path: str | Path,
    processes: int,
    *,
    backlog: int | None = None,
    cost: Cost | None = None,
    timeout: float = 15.0,
) -> ProcessGroup:
    """Start *processes* hashing processes behind the socket *path*, and wait until they listen.

    Raises:
        HashingStartError: they said why on standard error.
    """
    cost = cost or Cost()
    options: dict[str, object] = {"socket": path, "processes": processes}
    options |= {"backlog": backlog or 16 * processes}
    options |= {"memory-kib": cost.memory_kib, "passes": cost.passes, "lanes": cost.lanes}
    try:
        return process_groups.start(("-m", "idp.crypto.hashing"), options, timeout=timeout)
    except process_groups.NotStartedError as error:
        raise HashingStartError(detail=str(error)) from None


if __name__ == "__main__":
    from idp.crypto.hashing_pool import main

    sys.exit(main())
