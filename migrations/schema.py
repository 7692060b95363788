"""Bring a database to the newest revision, once, however many processes ask for it at the time."""

import fcntl
import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url, text

from idp.db import connect_args, prepare_engine

BRANCH = "main"  # the reference registry has a database, and so a branch, of its own
_HOUSES = ("idp", "liveness", "federation", "admin")
_LOCK = 0x6D616E796F75  # "manyou": the number by which PostgreSQL knows the lock


def upgrade(url: str, revision: str = f"{BRANCH}@head") -> None:
    """Bring the database at *url* to *revision*; a second caller waits, and finds it done."""
    with _connect(url) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database at *url* back to *revision*."""
    with _connect(url) as connection:
        command.downgrade(_config(connection), revision)


def current(url: str) -> tuple[str, ...]:
    """Return the revisions that the database at *url* is at; none if it is empty."""
    engine = create_engine(url, connect_args=connect_args(url))
    prepare_engine(engine)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_heads()
    finally:
        engine.dispose()


def heads() -> frozenset[str]:
    """Return the newest revision of every branch of the main database."""
    return frozenset(ScriptDirectory.from_config(_config(None)).get_heads())


def import_models() -> None:
    """Import every table of the house, so that its metadata is whole."""
    for house in _HOUSES:
        package = importlib.import_module(house)
        for room in pkgutil.iter_modules(package.__path__):
            name = f"{house}.{room.name}" + (".models" if room.ispkg else "")
            if name.endswith(".models") and importlib.util.find_spec(name):
                importlib.import_module(name)


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
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
