"""What stands beside the workers: processes that are kept alive, and the metrics' own port."""

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from config import Settings, SettingsError
from idp.crypto import hashing
from idp.crypto.passwords import Cost
from idp.errors import IdentityError
from idp.process_groups import ProcessGroup

_PULSE = 0.5  # seconds between two looks at them
_LONGEST_PAUSE = 30.0  # seconds between two starts that fail
_LOOPBACK = "127.0.0.1"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendant:
    """A process group that workers ask: what it is called, where it listens, how it starts."""

    name: str
    socket: str  # file name in the run directory
    variable: str  # by which the workers find that socket
    start: Callable[[Path], ProcessGroup]  # raises IdentityError or OSError
    needed: bool = True  # without it, do not start at all


Calling = Callable[[Settings], Attendant | None]
"""Says who is to attend under these settings; None: nobody. Raises SettingsError."""


def hashers(settings: Settings) -> Attendant:
    """Call the processes that hash passwords."""
    processes = settings.crypto.hashing_processes or os.cpu_count() or 1
    passwords = settings.passwords
    cost = Cost(memory_kib=passwords.memory_kib, passes=passwords.iterations)
    return Attendant(
        name="password hashers",
        socket="hashing.sock",
        variable="MANYOU_CRYPTO__HASHING_SOCKET",
        start=partial(hashing.start, processes=processes, cost=cost),
    )


# Other rooms' processes are added at the front door.
callings: list[Calling] = [hashers]


@contextmanager
def attended(settings: Settings, directory: Path) -> Iterator[None]:
    """Keep attendants and metrics running; workers find them through their environment."""
    called = [attendant for call in callings if (attendant := call(settings))]
    with ExitStack() as stack:
        stack.enter_context(_metrics(settings.http.metrics_port, directory / "metrics"))
        for kept in _started(called, directory):
            stack.enter_context(kept)
        yield


def _started(called: Iterable[Attendant], directory: Path) -> Iterator["Kept"]:
    for attendant in called:
        try:
            yield Kept(attendant, directory)
        except (IdentityError, OSError) as error:
            if attendant.needed:
                raise
            log.error("the %s did not start, and we do without: %s", attendant.name, error)  # noqa: TRY400 - said


class Kept:
    """A process group, started again whenever it ends."""

    def __init__(self, attendant: Attendant, directory: Path) -> None:
        """Start it.

        Raises:
            IdentityError, OSError: it did not start.
        """
        self._attendant = attendant
        self._path = directory / attendant.socket
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name=attendant.name, daemon=True)
        self._group = attendant.start(self._path)

    def __enter__(self) -> Self:
        os.environ[self._attendant.variable] = str(self._path)
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._keeper.join()
        self._group.stop()
        os.environ.pop(self._attendant.variable, None)

    def _keep(self) -> None:
        pause = _PULSE
        while not self._closing.wait(pause):
            if self._group.alive:
                pause = _PULSE
                continue
            pause = min(2 * pause, _LONGEST_PAUSE)
            log.error("the %s ended; starting them again", self._attendant.name)
            try:
                self._group = self._attendant.start(self._path)
            except (IdentityError, OSError) as error:
                log.error("the %s did not start: %s", self._attendant.name, error)  # noqa: TRY400 - said


@contextmanager
def _metrics(port: int, directory: Path) -> Iterator[None]:
    """Serve what all workers count, on loopback only; they share it through *directory*."""
    if not port:
        yield
        return
    directory.mkdir(mode=0o700)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    try:
        server, _ = start_http_server(port, _LOOPBACK, registry)
    except OSError as error:
        raise SettingsError(
            f"cannot serve metrics at {_LOOPBACK}:{port}: {error.strerror}; "
            "set http.metrics_port to another port, or to 0 for none"
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
