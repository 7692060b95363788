"""Parts of a house for tests of single rooms: databases of both kinds, a vault, a clock."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

import idp.accounts.models
import idp.audit.models
import idp.authentication.models
import idp.clients.models
import idp.consent.models
import idp.jobs.models
import idp.keys.models
import idp.oidc.models
import idp.sessions.models
import idp.tokens.models
import idp.web.models  # noqa: F401 - each puts its tables into the metadata
from idp import clock as house_clock
from idp.crypto.vault import MasterKey, Vault
from idp.db import Base, Database

NOON = 1_790_000_000


class Moments:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = float(NOON)

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def moments() -> Iterator[Moments]:
    """A clock that stands still until `forward` is called."""
    source = Moments()
    house_clock.set_source(source)
    yield source
    house_clock.set_source()


@pytest.fixture
def vault() -> Vault:
    return Vault((MasterKey.new("test"),))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL: the one that MANYOU_TEST_POSTGRES_URL names, or one of our own."""
    given = os.environ.get("MANYOU_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with _cluster() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database with every table, once of each kind."""
    yield from _tables(request, tmp_path, request.param)


@pytest.fixture
def postgres_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty PostgreSQL database with every table."""
    yield from _tables(request, tmp_path, "postgresql")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, threads=4)
    yield opened
    opened.close()


def _tables(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> Iterator[str]:
    drop: Callable[[], object] = lambda: None  # noqa: E731
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path}/house.db"
    else:
        server, name = request.getfixturevalue("postgres_url"), f"t{uuid4().hex}"
        admin = server.replace("+psycopg", "")
        _run(admin, f"CREATE DATABASE {name}")
        base, _, options = server.partition("?")
        url = f"{base.rpartition('/')[0]}/{name}?{options}"
        drop = lambda: _run(admin, f"DROP DATABASE {name} WITH (FORCE)")  # noqa: E731
    made = Database(url, threads=1)
    Base.metadata.create_all(made.engine)
    made.close()
    yield url
    drop()


def _run(url: str, sql: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql)


@contextmanager
def _cluster() -> Iterator[str]:
    """Start a PostgreSQL that listens on a socket in a directory of its own, and remove it."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert programs, "PostgreSQL is not installed: see tests/install-system-packages.sh"
    home = Path(tempfile.mkdtemp(prefix="manyou-pg-"))
    user: dict[str, str | int] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = {"user": "postgres", "group": "postgres"}
        shutil.chown(home, "postgres")
    name = "postgres" if user else pwd.getpwuid(os.geteuid()).pw_name
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", **user}
    data, settings = str(home / "data"), f"-c listen_addresses= -k {home} -c fsync=off"
    subprocess.run([programs[-1] / "initdb", "-D", data, "-A", "trust"], check=True, **quiet)
    control = [programs[-1] / "pg_ctl", "-D", data, "-w"]
    subprocess.run([*control, "-o", settings, "start"], check=True, **quiet)
    try:
        yield f"postgresql+psycopg://{name}@/postgres?host={home}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, **quiet)
        shutil.rmtree(home)
