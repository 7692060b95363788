"""Serve the house: worker processes, the password hashers and the metrics, as one family.

The processes live and die together. A worker is spawned, not forked, so that a reload
(SIGHUP) brings fresh code and fresh settings, and no thread's lock is copied half-held.
"""

import ctypes
import importlib
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from config import Settings, SettingsError
from idp.web.attendants import attended
from idp.web.rundir import run_directory

_PR_SET_PDEATHSIG = 1  # prctl(2)
_DRAIN = 20  # seconds a worker may take to finish what it is doing
_OVERLAP = 5.0  # seconds that a reloaded worker may take to start before the old one stops
_LARGEST_HEAD = 131_072  # bytes of request line and headers: a long state must fit
_SLOWEST_HEAD = 10_000  # milliseconds
# What a worker keeps of its environment: our settings are read by then, and granian copies
# what is left into every request.
_KEPT = frozenset(
    {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "PROMETHEUS_MULTIPROC_DIR"}
)


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where to listen, and with which certificate."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


def serve(settings: Settings, address: Address, *, target: str, workers: int = 0) -> None:
    """Serve *target* (``module:factory`` of a WSGI application) until SIGTERM or SIGINT.

    SIGHUP replaces the workers one by one. Zero *workers*: one per core.

    Raises:
        SettingsError: an address is taken, or a certificate cannot be read.
    """
    _must_be_free(address.host, address.port)
    multiprocessing.set_start_method("spawn", force=True)
    with run_directory(settings.data_dir) as directory, attended(settings, directory):
        _server(settings, address, workers).serve(
            target_loader=partial(load_worker, target), wrap_loader=False
        )


def load_worker(target: str) -> Callable[..., Any]:
    """Build the application in a new worker, and tie the worker to its parent's life."""
    _end_with_parent()
    module, _, factory = target.partition(":")
    application: Callable[..., Any] = getattr(importlib.import_module(module), factory)()
    for name in set(os.environ) - _KEPT:
        del os.environ[name]
    return application


def _server(settings: Settings, address: Address, workers: int) -> MPServer:
    try:
        return MPServer(
            "manyou",
            address=address.host,
            port=address.port,
            interface=Interfaces.WSGI,
            workers=workers or multiprocessing.cpu_count(),
            blocking_threads=settings.http.blocking_threads,
            backlog=2048,
            backpressure=max(32, 8 * settings.http.blocking_threads),
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(
                header_read_timeout=_SLOWEST_HEAD, max_buffer_size=_LARGEST_HEAD
            ),
            websockets=False,
            log_level=LogLevels(settings.log_level.lower()),
            log_dictconfig=_LOGGING,
            ssl_cert=address.certificate,
            ssl_key=address.key,
            ssl_protocol_min=SSLProtocols.tls12,
            respawn_failed_workers=True,
            respawn_interval=_OVERLAP,
            workers_kill_timeout=_DRAIN,
        )
    except OSError as error:
        raise SettingsError(f"the certificate cannot be used: {error}") from None


_LOGGING = {
    "formatters": {"json": {"()": "config.logging.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {"_granian": {"handlers": ["console"], "propagate": False}},
}


def _end_with_parent() -> None:
    """Ask the kernel to stop this process when the one that started it is gone."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit("the parent is gone")


def _must_be_free(host: str, port: int) -> None:
    """Refuse an address in use: the workers' own sockets would share it without a word."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(f"cannot listen at {host}:{port}: {error.strerror}") from None
