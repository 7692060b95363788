"""A group of processes that works apart: started by us, without our secrets, and ended with us."""

import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

_ROOT = Path(__file__).resolve().parents[1]


class NotStartedError(Exception):
    """The group did not come up; it said why on standard error."""


class ProcessGroup(AbstractContextManager["ProcessGroup"]):
    """A running process group; it ends with `stop`, or with this process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self, timeout: float = 5.0) -> int:
        """End the group, its current work done, and return its exit code."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.terminate()
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(
    module: Sequence[str],
    options: Mapping[str, object],
    flags: Sequence[str] = (),
    *,
    environment: Mapping[str, str] | None = None,
    timeout: float,
) -> ProcessGroup:
    """Start the Python program *module*, and wait until it says that it is ready.

    It sees none of our environment, where secrets may be, but *environment*; and it ends when
    we do: it watches a pipe that closes with us.

    Raises:
        NotStartedError: it ended, or was not ready within *timeout* seconds.
    """
    given = [f"--{name}={value}" for name, value in options.items()]
    base = {"PYTHONPATH": str(_ROOT), "PATH": os.environ.get("PATH", os.defpath)}
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
        [sys.executable, *module, "--until-stdin-closes", *given, *flags],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**base, **(environment or {})},
        cwd="/",
        start_new_session=True,  # Ctrl-C is for us; it ends after our last question
    )
    group = ProcessGroup(process)
    if not _is_ready(process, timeout):
        raise NotStartedError(f"exit code {group.stop()}")
    return group


def _is_ready(process: subprocess.Popen[bytes], timeout: float) -> bool:
    assert process.stdout is not None  # noqa: S101 - we asked for the pipe
    with process.stdout as output:
        readable, _, _ = select.select([output], [], [], timeout)
        return bool(readable) and output.readline() == b"ready\n"
