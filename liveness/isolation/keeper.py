"""Keep a number of processes at their questions: bury the dead, end the hanging, begin anew."""

import mmap
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from idp import doorways
from liveness.isolation import cell
from liveness.isolation.wire import Question

Answer = Callable[[Question], dict[str, Any]]
_PULSE = 0.2  # seconds between two looks around
_GRACE = 3.0  # seconds to end what was begun
_SIGNALS = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many, how long a queue, how much memory, how many seconds for a question."""

    processes: int = 1
    backlog: int = 8
    cap_mib: int = 1024
    deadline: float = 10.0


class Keeper:
    """Forks the processes, and watches the seconds that each is at its question."""

    def __init__(self, listener: socket.socket, answer: Answer, bounds: Bounds) -> None:
        self._listener = listener
        self._answer = answer
        self._bounds = bounds
        memory = mmap.mmap(-1, max(mmap.PAGESIZE, 8 * bounds.processes))
        self._clocks = [cell.Clock(memory, index) for index in range(bounds.processes)]
        self._pids: dict[int, int] = {}  # by the index of their clock

    def run(self, *, until_stdin_closes: bool) -> None:
        """Return when told to end."""
        self._fill()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while not (until_stdin_closes and doorways.stdin_closed()):
            arrived = signal.sigtimedwait(_SIGNALS, _PULSE)
            if arrived is not None and arrived.si_signo != signal.SIGCHLD:
                return
            self._end_the_hanging()
            self._kill(signal.SIGCONT)  # one that was stopped would hold up the queue for ever
            if self._reap():
                time.sleep(_PULSE / 4)  # were they to die at birth, not to fork all the time
                self._fill()

    def end(self) -> None:
        """Let every process finish its question, then end it."""
        self._kill(signal.SIGTERM)
        for _ in range(int(_GRACE / _PULSE)):
            self._reap()
            if not self._pids:
                return
            signal.sigtimedwait({signal.SIGCHLD}, _PULSE)
        self._kill(signal.SIGKILL)

    def _fill(self) -> None:
        for index, clock in enumerate(self._clocks):
            if index in self._pids:
                continue
            clock.stop()
            keeper = os.getpid()
            pid = os.fork()
            if pid == 0:
                self._become_a_cell(keeper, clock)
            self._pids[index] = pid

    def _become_a_cell(self, keeper: int, clock: cell.Clock) -> NoReturn:
        try:
            cell.confine(keeper, self._bounds.cap_mib)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            cell.live(self._listener, self._answer, clock)
        finally:
            os._exit(1)

    def _end_the_hanging(self) -> None:
        for index, pid in self._pids.items():
            if self._clocks[index].worked() > self._bounds.deadline:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _kill(self, number: signal.Signals) -> None:
        for pid in self._pids.values():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _reap(self) -> bool:
        """Bury the dead; say whether there were any."""
        dead = set()
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                dead.add(ended[0])
                if ended[1] not in (0, signal.SIGTERM):
                    sys.stderr.write(f"manyou vision: a process ended with status {ended[1]}\n")
        self._pids = {index: pid for index, pid in self._pids.items() if pid not in dead}
        return bool(dead)


def keep(path: Path, answer: Answer, bounds: Bounds, *, until_stdin_closes: bool) -> int:
    """Listen at *path* and run until told to end; return the exit code."""
    # Blocked here and waited for in the keeper, so that no handler ever interrupts anything.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        listener = doorways.listen(path, bounds.backlog)
    except OSError as error:
        sys.stderr.write(f"manyou vision: cannot listen at {path}: {error}\n")
        return 1
    with closing(listener):
        inode = path.stat().st_ino
        keeper = Keeper(listener, answer, bounds)
        try:
            keeper.run(until_stdin_closes=until_stdin_closes)
        finally:
            keeper.end()
            with suppress(FileNotFoundError):
                if path.stat().st_ino == inode:
                    path.unlink()
    return 0
