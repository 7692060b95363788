"""One process that answers questions behind bars: capped, niced, without network or files."""

import ctypes
import os
import resource
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from mmap import mmap
from typing import Any, NoReturn

from liveness.isolation import wire
from liveness.isolation.wire import Question

_NICENESS = 10
_PATIENCE = 5.0  # seconds for a question to arrive once it is this one's turn
_QUESTIONS_PER_LIFE = 1000  # then a fresh process, so that nothing a picture left behind stays
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_FILES = 64


def live(
    listener: socket.socket, answer: Callable[[Question], dict[str, Any]], clock: "Clock"
) -> NoReturn:
    """Take one question at a time until a life is over, or a question went wrong."""
    for _ in range(_QUESTIONS_PER_LIFE):
        connection, _ = listener.accept()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        with connection, suppress(OSError, wire.WireError):
            if not _serve(connection, answer, clock):
                os._exit(3)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    os._exit(0)


def _serve(
    connection: socket.socket, answer: Callable[[Question], dict[str, Any]], clock: "Clock"
) -> bool:
    """Answer one question, and say whether this process may be asked another."""
    if _hung_up(connection):
        return True
    connection.settimeout(_PATIENCE)
    connection.sendall(wire.BEGUN)
    question = wire.receive_question(connection)
    clock.start()
    try:
        reply = answer(question)
    except BaseException as error:  # noqa: BLE001 - whatever it was, this process is done for
        wire.send(connection, {"lost": type(error).__name__})
        return False
    finally:
        clock.stop()
    wire.send(connection, reply)
    return True


class Clock:
    """Tells the keeper since when a process is at work; one eight-octet cell of shared memory."""

    def __init__(self, memory: mmap, index: int) -> None:
        self._cell = ctypes.c_double.from_buffer(memory, index * 8)

    def start(self) -> None:
        self._cell.value = time.monotonic()

    def stop(self) -> None:
        self._cell.value = 0.0

    def worked(self) -> float:
        """Return the seconds at the present question; 0 for one that waits."""
        return time.monotonic() - self._cell.value if self._cell.value else 0.0


def confine(keeper: int, cap_mib: int) -> None:
    """Give up all that looking at pictures does not need."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # faces pass through: no core, no debugger
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != keeper:
        os._exit(0)
    # Where the kernel allows it, there is no network at all; where not, the rest still holds.
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWNET)
    os.nice(_NICENESS)
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_AS, cap_mib << 20),
    ):
        resource.setrlimit(what, (most, most))


def _hung_up(connection: socket.socket) -> bool:
    """Say whether the asker gave up while queueing: then the work would be for nobody."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    return bool(poll.poll(0))
