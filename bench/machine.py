"""Processes on cores of their own: started, waited for, weighed and stopped."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

SERVER_CORE = 0
LOAD_CORE = 1
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def port_answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def pinned(command: Sequence[str], core: int) -> list[str]:
    return ["taskset", "--cpu-list", str(core), *command]


@contextmanager
def running(
    command: Sequence[str],
    *,
    ready: Callable[[], bool],
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run *command* on the servers' core until the block ends.

    Raises:
        RuntimeError: it ended by itself, or was not *ready* in time; with its last words.
    """
    surroundings = {**os.environ, **(env or {})}
    with log.open("ab") as output:
        process = subprocess.Popen(
            pinned(command, SERVER_CORE),
            env=surroundings,
            cwd=cwd,
            user=user,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(process, ready, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=20)


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            last_words = log.read_text(errors="replace")[-3000:]
            raise RuntimeError(f"{process.args!r} is not ready:\n{last_words}")
        time.sleep(0.1)


def cpu_seconds(roots: Sequence[int]) -> float:
    """Return the CPU time of the processes *roots* and all that they have started."""
    total = 0.0
    for root in roots:
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(root)
            for process in (parent, *parent.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    times = process.cpu_times()
                    total += times.user + times.system
    return total
