"""The demo's processes: started with a log file each, watched, and stopped together."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

GRACE = 6.0
TAIL = 25


class ChildDiedError(Exception):
    """A process of the demo ended on its own."""

    def __init__(self, child: "Child") -> None:
        self.child = child
        super().__init__(child.name)


@dataclass(slots=True)
class Child:
    """One process, and the file that it writes to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def tail(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"  {self.name} | {line}" for line in lines[-TAIL:])


class Family:
    """Every process that the demo has started."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self.environment = dict(environment)
        self._children: list[Child] = []

    def start(
        self, name: str, *command: str, environment: Mapping[str, str] | None = None
    ) -> Child:
        """Start *command*; what it says goes to `<name>.log`, not to the terminal.

        It gets a session of its own, so that Ctrl-C reaches us alone and we stop it in order.
        """
        log = self._folder / f"{name}.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(  # noqa: S603 - commands are ours
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=self.environment if environment is None else dict(environment),
                start_new_session=True,
            )
        child = Child(name, process, log)
        self._children.append(child)
        return child

    def check(self) -> None:
        """See that everybody lives.

        Raises:
            ChildDiedError: one does not.
        """
        for child in self._children:
            if child.process.poll() is not None:
                raise ChildDiedError(child)

    def stop(self) -> None:
        """Ask everybody to end, the last one started first; insist after a few seconds."""
        for child in reversed(self._children):
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for child in self._children:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        for child in self._children:
            # The whole group: a killed server may have left its own workers behind.
            _signal(child, signal.SIGKILL)
            child.process.wait()


def _signal(child: Child, number: signal.Signals) -> None:
    """Signal *child* while it lives; SIGKILL goes to its group whether it lives or not."""
    with suppress(ProcessLookupError, PermissionError):
        if number is signal.SIGKILL:
            os.killpg(child.process.pid, number)
        elif child.process.poll() is None:
            child.process.send_signal(number)
