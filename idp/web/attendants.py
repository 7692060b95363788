"""What stands beside the workers: the password hashers, kept alive, and the metrics' own port."""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from config import Settings, SettingsError
from idp.crypto import hashing
from idp.crypto.passwords import Cost

_PULSE = 0.5  # seconds between two looks at the hashers
_LOOPBACK = "127.0.0.1"

log = logging.getLogger(__name__)


@contextmanager
def attended(settings: Settings, directory: Path) -> Iterator[None]:
    """Keep hashers and metrics running; workers find them through their environment."""
    with _metrics(settings.http.metrics_port, directory / "metrics"), Hashers(settings, directory):
        yield


class Hashers:
    """The hashing process group, started again whenever it ends."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self._socket = directory / "hashing.sock"
        self._processes = settings.crypto.hashing_processes or os.cpu_count() or 1
        passwords = settings.passwords
        self._cost = Cost(memory_kib=passwords.memory_kib, passes=passwords.iterations)
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="hashers", daemon=True)
        self._pool: hashing.HashingPool | None = None

    def __enter__(self) -> Self:
        self._pool = self._start()
        os.environ["MANYOU_CRYPTO__HASHING_SOCKET"] = str(self._socket)
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._keeper.join()
        if self._pool:
            self._pool.stop()
        os.environ.pop("MANYOU_CRYPTO__HASHING_SOCKET", None)

    def _start(self) -> hashing.HashingPool:
        return hashing.start(self._socket, self._processes, cost=self._cost)

    def _keep(self) -> None:
        while not self._closing.wait(_PULSE):
            if self._pool and self._pool.alive:
                continue
            log.error("the password hashers ended; starting them again")
            try:
                self._pool = self._start()
            except (hashing.HashingStartError, OSError) as error:
                log.error("the password hashers did not start: %s", error)  # noqa: TRY400 - said


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
