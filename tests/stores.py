"""The two databases that every test of the database runs on, empty at each start."""

import os
import shutil
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import MetaData

from idp.db import Base
from idp.registry.models import RegistryBase
from migrations import schema
from tests import postgres


class Store(Protocol):
    """Where a test's tables are."""

    def fresh(self, directory: Path) -> str:
        """Return the URL of a database that is migrated and empty."""

    def apart(self, name: str, directory: Path) -> str:
        """Return the URL of one more such database, for a provider of its own."""

    def registry(self, directory: Path) -> str:
        """Return the URL of a reference identity store that is migrated and empty."""

    def registry_apart(self, name: str, directory: Path) -> str:
        """Return the URL of one more such store, for a provider of its own."""


class SqliteStore:
    """A file, copied for each test."""

    def __init__(self, directory: Path) -> None:
        self._template = directory / "template.db"
        schema.upgrade(f"sqlite:///{self._template}")
        self._registry = directory / "registry.db"
        schema.upgrade(f"sqlite:///{self._registry}", branch=schema.REGISTRY)

    def fresh(self, directory: Path) -> str:
        return self.apart("manyou", directory)

    def apart(self, name: str, directory: Path) -> str:
        shutil.copyfile(self._template, directory / f"{name}.db")
        return f"sqlite:///{directory / name}.db"

    def registry(self, directory: Path) -> str:
        return self.registry_apart("registry", directory)

    def registry_apart(self, name: str, directory: Path) -> str:
        shutil.copyfile(self._registry, directory / f"{name}.db")
        return f"sqlite:///{directory / name}.db"


class PostgresStore:
    """Databases of this process, emptied for each test."""

    def __init__(self, server: str, template: str, registry_template: str) -> None:
        self._server = server
        self._templates = {schema.MAIN: template, schema.REGISTRY: registry_template}
        self._made: list[str] = []
        schema.import_models()
        self._main = _Emptied(self.apart("main", Path()), Base.metadata)
        url = self.registry_apart("registry", Path())
        self._registry = _Emptied(url, RegistryBase.metadata)

    def fresh(self, directory: Path) -> str:
        return self._main.fresh()

    def apart(self, name: str, directory: Path) -> str:
        return self._copy(schema.MAIN, name)

    def registry(self, directory: Path) -> str:
        return self._registry.fresh()

    def registry_apart(self, name: str, directory: Path) -> str:
        return self._copy(schema.REGISTRY, name)

    def close(self) -> None:
        self._main.close()
        self._registry.close()
        for name in self._made:
            postgres.run(self._server, f"DROP DATABASE {name} WITH (FORCE)")

    def _copy(self, branch: schema.Branch, name: str) -> str:
        name = f"manyou_{os.getpid()}_{branch.name}_{name}"
        if name in self._made:  # what it was for did not come up, and is tried once more
            postgres.run(self._server, f"DROP DATABASE {name} WITH (FORCE)")
            self._made.remove(name)
        postgres.run(self._server, f"CREATE DATABASE {name} TEMPLATE {self._templates[branch]}")
        self._made.append(name)
        return postgres.address(self._server, name)


class _Emptied:
    """One database, emptied rather than made anew."""

    def __init__(self, url: str, metadata: MetaData) -> None:
        self._url = url
        tables = [table.name for table in reversed(metadata.sorted_tables)]
        # Deleting beats TRUNCATE, which writes a new file for each table and index.
        self._empty = "; ".join(f'DELETE FROM "{table}"' for table in tables)
        self._cleaner = psycopg.connect(
            url.replace("postgresql+psycopg", "postgresql"),
            autocommit=True,
            options="-c lock_timeout=2s",
        )

    def fresh(self) -> str:
        try:
            self._cleaner.execute(self._empty)
        except psycopg.errors.LockNotAvailable:
            self._evict()
            self._cleaner.execute(self._empty)
        return self._url

    def close(self) -> None:
        self._cleaner.close()

    def _evict(self) -> None:
        """End the transactions that the test before left open."""
        self._cleaner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
