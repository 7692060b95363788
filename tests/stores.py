"""The two databases that every test of the database runs on, empty at each start."""

import os
import shutil
from pathlib import Path
from typing import Protocol

import psycopg

from idp.db import Base
from migrations import schema
from tests import postgres


class Store(Protocol):
    """Where a test's tables are."""

    def fresh(self, directory: Path) -> str:
        """Return the URL of a database that is migrated and empty."""

    def apart(self, name: str, directory: Path) -> str:
        """Return the URL of one more such database, for a provider of its own."""


class SqliteStore:
    """A file, copied for each test."""

    def __init__(self, directory: Path) -> None:
        self._template = directory / "template.db"
        schema.upgrade(f"sqlite:///{self._template}")

    def fresh(self, directory: Path) -> str:
        return self.apart("manyou", directory)

    def apart(self, name: str, directory: Path) -> str:
        shutil.copyfile(self._template, directory / f"{name}.db")
        return f"sqlite:///{directory / name}.db"


class PostgresStore:
    """A database of this process, emptied for each test."""

    def __init__(self, server: str, template: str) -> None:
        self._server = server
        self._template = template
        self._made: list[str] = []
        self._url = self.apart("main", Path())
        schema.import_models()
        tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
        # Deleting beats TRUNCATE, which writes a new file for each table and index.
        self._empty = "; ".join(f'DELETE FROM "{table}"' for table in tables)
        self._cleaner = psycopg.connect(
            self._url.replace("postgresql+psycopg", "postgresql"),
            autocommit=True,
            options="-c lock_timeout=2s",
        )

    def fresh(self, directory: Path) -> str:
        try:
            self._cleaner.execute(self._empty)
        except psycopg.errors.LockNotAvailable:
            self._evict()
            self._cleaner.execute(self._empty)
        return self._url

    def apart(self, name: str, directory: Path) -> str:
        name = f"manyou_{os.getpid()}_{name}"
        postgres.run(self._server, f"CREATE DATABASE {name} TEMPLATE {self._template}")
        self._made.append(name)
        return postgres.address(self._server, name)

    def close(self) -> None:
        self._cleaner.close()
        for name in self._made:
            postgres.run(self._server, f"DROP DATABASE {name} WITH (FORCE)")

    def _evict(self) -> None:
        """End the transactions that the test before left open."""
        self._cleaner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
