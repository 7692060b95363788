"""A PostgreSQL and a Redis of the bench's own, in a folder of its own, on the servers' core."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import machine

POSTGRESQL_PLACES = ("/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin")
POSTGRESQL_15 = "/usr/lib/postgresql/15/bin"
DATABASE = "manyou"


@dataclass(frozen=True)
class Store:
    """Where a store is, and the process whose CPU time is its cost."""

    url: str
    pid: int


def _program(name: str) -> str:
    found = shutil.which(name)
    places = (POSTGRESQL_15, *POSTGRESQL_PLACES)
    found = found or next((f"{p}/{name}" for p in places if Path(f"{p}/{name}").exists()), None)
    if found is None:
        raise RuntimeError(f"{name} is not installed")
    return found


def _database_user() -> str | None:
    """PostgreSQL refuses to run as root, so then its own account must."""
    return "postgres" if os.geteuid() == 0 else None


@contextmanager
def postgresql(
    folder: Path, *, shared_buffers: str = "128MB", max_wal_size: str = "1GB"
) -> Iterator[Store]:
    """Run PostgreSQL with its durable defaults: fsync and synchronous_commit stay on."""
    user, data, port = _database_user(), folder / "postgresql", machine.free_port()
    data.mkdir()
    if user:
        folder.chmod(0o711)
        shutil.chown(data, user)
    initdb = [_program("initdb"), "-D", str(data), "-U", "bench", "-A", "trust", "-E", "UTF8"]
    subprocess.run(initdb, check=True, user=user, cwd=data, capture_output=True)
    command = [_program("postgres"), "-D", str(data), "-p", str(port), "-k", str(data)]
    command += ["-c", "listen_addresses=127.0.0.1", "-c", f"shared_buffers={shared_buffers}"]
    command += ["-c", f"max_wal_size={max_wal_size}"]

    def ready() -> bool:
        ask = [_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        return subprocess.run(ask, check=False).returncode == 0

    log = folder / "postgresql.log"
    with machine.running(command, ready=ready, log=log, user=user, cwd=data) as process:
        place = ["-h", "127.0.0.1", "-p", str(port), "-U", "bench"]
        subprocess.run([_program("createdb"), *place, DATABASE], check=True)
        yield Store(f"postgresql+psycopg://bench@127.0.0.1:{port}/{DATABASE}", process.pid)


@contextmanager
def redis(folder: Path) -> Iterator[Store]:
    """Run Redis without persistence, which is the fastest it can be."""
    port = machine.free_port()
    command = [_program("redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--appendonly", "no"]
    log = folder / "redis.log"
    ready = lambda: machine.port_answers(port)  # noqa: E731 - a name for a word
    with machine.running(command, ready=ready, log=log, cwd=folder) as process:
        yield Store(f"redis://127.0.0.1:{port}/0", process.pid)
