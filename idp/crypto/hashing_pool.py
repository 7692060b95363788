"""The process group that hashes passwords: bounded, niced, capped, and expendable.

One keeper binds the socket and forks the workers; each worker takes one question at a time. The
queue is the socket's backlog, so whoever comes when it is full is turned away by the kernel. A
worker that dies takes one question with it, and the keeper forks another.
"""

import argparse
import ctypes
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NoReturn

from idp import doorways
from idp.crypto import hashing_wire
from idp.crypto.passwords import Cost, PasswordScheme

_NICENESS = 10
_PATIENCE = 1.0  # seconds for a question to arrive once its connection is accepted
_PULSE = 0.25  # seconds between two looks at standard input
_GRACE = 3.0  # seconds for workers to end what they are doing
_PR_SET_PDEATHSIG = 1  # prctl(2)
_PR_SET_DUMPABLE = 4
_SIGNALS = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def main(arguments: list[str] | None = None) -> int:
    """Run the group until SIGTERM, SIGINT or, if asked, the end of standard input."""
    options = _options().parse_args(arguments)
    # Blocked here and waited for in the keeper, so that no handler ever interrupts anything.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    scheme = PasswordScheme(Cost(options.memory_kib, options.passes, options.lanes))
    scheme.verify("", None)  # loads the machinery once, before the workers share it
    try:
        listener = doorways.listen(options.socket, options.backlog)
    except OSError as error:
        sys.stderr.write(f"manyou hashing: cannot listen at {options.socket}: {error}\n")
        return 1
    with closing(listener):
        inode = options.socket.stat().st_ino
        keeper = Keeper(options.processes, lambda: _work(listener, scheme, options.cap_mib))
        try:
            keeper.run(until_stdin_closes=options.until_stdin_closes)
        finally:
            keeper.end()
            with suppress(FileNotFoundError):
                if options.socket.stat().st_ino == inode:
                    options.socket.unlink()
    return 0


class Keeper:
    """Keeps a number of workers alive."""

    def __init__(self, processes: int, work: Callable[[], NoReturn]) -> None:
        self._processes = processes
        self._work = work
        self._workers: set[int] = set()

    def run(self, *, until_stdin_closes: bool) -> None:
        """Return when told to end."""
        self._fill()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while not (until_stdin_closes and doorways.stdin_closed()):
            arrived = signal.sigtimedwait(_SIGNALS, _PULSE)
            if arrived is None:
                continue
            if arrived.si_signo != signal.SIGCHLD:
                return
            if self._reap():
                time.sleep(_PULSE / 5)  # were they to die at birth, not to fork all the time
                self._fill()

    def end(self) -> None:
        """Let every worker finish its question, then end it."""
        self._kill(signal.SIGTERM)
        for _ in range(int(_GRACE / _PULSE)):
            self._reap()
            if not self._workers:
                return
            signal.sigtimedwait({signal.SIGCHLD}, _PULSE)
        self._kill(signal.SIGKILL)

    def _kill(self, number: signal.Signals) -> None:
        for pid in self._workers:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _fill(self) -> None:
        keeper = os.getpid()
        while len(self._workers) < self._processes:
            pid = os.fork()
            if pid == 0:
                _be_a_worker(keeper, self._work)
            self._workers.add(pid)

    def _reap(self) -> bool:
        """Bury the dead; say whether there were any."""
        before = len(self._workers)
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._workers.discard(ended[0])
                if ended[1] != signal.SIGTERM:
                    sys.stderr.write(f"manyou hashing: a worker ended with status {ended[1]}\n")
        return len(self._workers) < before


def _be_a_worker(keeper: int, work: Callable[[], NoReturn]) -> NoReturn:
    try:
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        libc.prctl(_PR_SET_DUMPABLE, 0)  # passwords pass through: no core, no debugger
        if os.getppid() != keeper:
            os._exit(0)
        os.nice(_NICENESS)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        work()
    finally:
        os._exit(1)


def _work(listener: socket.socket, scheme: PasswordScheme, cap_mib: int) -> NoReturn:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (cap_mib << 20, cap_mib << 20))
    while True:
        connection, _ = listener.accept()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        with connection, suppress(OSError, hashing_wire.FrameError):
            connection.settimeout(_PATIENCE)
            question = hashing_wire.receive(connection)
            if not _hung_up(connection):
                hashing_wire.send(connection, _answer(question, scheme))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _answer(question: dict[str, Any], scheme: PasswordScheme) -> dict[str, Any]:
    try:
        if question["op"] == "hash":
            return {"hash": scheme.hash(question["password"])}
        verdict = scheme.verify(question["password"], question["stored"])
    except Exception as error:  # noqa: BLE001 - its name goes back; its text might quote a password
        return {"failed": type(error).__name__}
    return {"ok": verdict.ok, "replacement": verdict.replacement}


def _hung_up(connection: socket.socket) -> bool:
    """Say whether the asker gave up while queueing: then the work would be for nobody."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    return bool(poll.poll(0))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m idp.crypto.hashing", description=__doc__)
    add = parser.add_argument
    add("--socket", type=Path, required=True, help="where to listen (made with mode 0600)")
    add("--processes", type=int, required=True, help="workers, about as many as cores")
    add("--backlog", type=int, default=16, help="questions that may wait")
    add("--memory-kib", type=int, default=Cost().memory_kib, help="argon2id memory")
    add("--passes", type=int, default=Cost().passes, help="argon2id passes")
    add("--lanes", type=int, default=Cost().lanes, help="argon2id lanes")
    add("--cap-mib", type=int, default=512, help="address space of a worker")
    add("--until-stdin-closes", action="store_true", help="end when standard input does")
    return parser
