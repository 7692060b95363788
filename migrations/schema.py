"""Bring a database to the newest revision, once, however many processes ask for it at the time."""

import fcntl
import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, make_url, text

from idp.db import Base, connect_args, prepare_engine

_HERE = Path(__file__).parent
_HOUSES = ("idp", "liveness", "federation", "admin")
_LOCK = 0x6D616E796F75  # "manyou": the number by which PostgreSQL knows the lock


@dataclass(frozen=True)
class Branch:
    """A database's own line of revisions."""

    name: str
    versions: Path
    version_table: str

    @property
    def metadata(self) -> MetaData:
        """The tables that its newest revision leads to."""
        if self is MAIN:
            return Base.metadata
        from idp.registry.models import RegistryBase

        return RegistryBase.metadata


MAIN = Branch("main", _HERE / "versions", "alembic_version")
REGISTRY = Branch("registry", _HERE / "registry" / "versions", "registry_version")
BRANCHES = {branch.name: branch for branch in (MAIN, REGISTRY)}


def upgrade(url: str, revision: str = "", *, branch: Branch = MAIN) -> None:
    """Bring the database at *url* to *revision*; a second caller waits, and finds it done."""
    with _connect(url) as connection:
        command.upgrade(_config(connection, branch), revision or f"{branch.name}@head")


def downgrade(url: str, revision: str, *, branch: Branch = MAIN) -> None:
    """Take the database at *url* back to *revision*."""
    with _connect(url) as connection:
        command.downgrade(_config(connection, branch), revision)


def current(url: str, *, branch: Branch = MAIN) -> tuple[str, ...]:
    """Return the revisions that the database at *url* is at; none if it is empty."""
    engine = create_engine(url, connect_args=connect_args(url))
    prepare_engine(engine)
    try:
        with engine.connect() as connection:
            options = {"version_table": branch.version_table}
            return MigrationContext.configure(connection, opts=options).get_current_heads()
    finally:
        engine.dispose()


def heads(branch: Branch = MAIN) -> frozenset[str]:
    """Return the newest revision of *branch*."""
    return frozenset(ScriptDirectory.from_config(_config(None, branch)).get_heads())


def import_models() -> None:
    """Import every table of the house, so that its metadata is whole."""
    for house in _HOUSES:
        package = importlib.import_module(house)
        for room in pkgutil.iter_modules(package.__path__):
            name = f"{house}.{room.name}" + (".models" if room.ispkg else "")
            if name.endswith(".models") and importlib.util.find_spec(name):
                importlib.import_module(name)


def _config(connection: Connection | None, branch: Branch) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(branch.versions).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["branch"] = branch
    return config


@contextmanager
def _connect(url: str) -> Iterator[Connection]:
    """Connect, alone: others who want to migrate the same database wait."""
    patient = {key: value for key, value in connect_args(url).items() if key != "options"}
    engine = create_engine(url, connect_args=patient)
    prepare_engine(engine)
    try:
        with _file_lock(url), engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_lock({_LOCK})"))
                connection.commit()
            yield connection
    finally:
        engine.dispose()  # a session's advisory lock ends with its connection


@contextmanager
def _file_lock(url: str) -> Iterator[None]:
    """Hold a lock beside an embedded database, which has no lock that outlives a transaction."""
    name = make_url(url).database
    if not url.startswith("sqlite") or not name or name == ":memory:":
        yield
        return
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
