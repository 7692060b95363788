"""Where rows go: PostgreSQL by COPY and one merge a chunk, SQLite row by row."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Protocol, cast

import psycopg

from idp.db import Database, Statement
from idp.registry.importer import copying
from idp.registry.importer.registers import Register


class Target(Protocol):
    """A table to be filled, inside one connection's transactions."""

    packed: bool

    def execute(self, statement: Statement, parameters: dict[str, Any]) -> Any:
        """Run *statement*, and return its first row."""

    def merge(self, rows: Any) -> int:
        """Put *rows* into the table; return how many were new or different."""


@contextmanager
def opened(database: Database, register: Register) -> Iterator[Target]:
    """Lend the way into *register*'s table."""
    with closing(database.engine.raw_connection()) as pooled:
        connection = pooled.driver_connection
        target: Target
        if isinstance(connection, sqlite3.Connection):
            target = SqliteTarget(connection, register)
        else:
            target = PostgresTarget(cast("psycopg.Connection[Any]", connection), register)
        try:
            yield target
        finally:
            pooled.invalidate()  # its settings are not fit for others


class PostgresTarget:
    """Rows come in by COPY into a table of this connection, and are merged from there."""

    packed = True

    def __init__(self, connection: "psycopg.Connection[Any]", register: Register) -> None:
        self._connection = connection
        columns = ", ".join(register.columns)
        table = register.table
        # A crash loses the last chunks together with the note that they were taken in.
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET statement_timeout = 0")
        connection.execute(
            f"CREATE TEMPORARY TABLE staging AS SELECT {columns} FROM {table} WITH NO DATA"  # noqa: S608
        )
        self._copy = f"COPY staging ({columns}) FROM STDIN (FORMAT BINARY)"
        self._merge = _merge(register, "SELECT * FROM staging")

    def execute(self, statement: Statement, parameters: dict[str, Any]) -> Any:
        cursor = self._connection.execute(statement.pyformat, parameters)
        return cursor.fetchone() if cursor.description else None

    def merge(self, rows: bytes) -> int:
        cursor = self._connection.cursor()
        with cursor.copy(self._copy) as copy:
            copy.write(copying.HEAD)
            copy.write(rows)
            copy.write(copying.TAIL)
        touched = cursor.execute(self._merge).rowcount
        cursor.execute("TRUNCATE staging")
        return touched


class SqliteTarget:
    """Rows are merged one by one; the file is ours alone for the length of a chunk."""

    packed = False

    def __init__(self, connection: sqlite3.Connection, register: Register) -> None:
        self._connection = connection
        places = ", ".join("?" * len(register.columns))
        self._merge = _merge(register, f"VALUES ({places})")

    def execute(self, statement: Statement, parameters: dict[str, Any]) -> Any:
        return self._connection.execute(statement.named, parameters).fetchone()

    def merge(self, rows: list[tuple[Any, ...]]) -> int:
        return self._connection.executemany(self._merge, rows).rowcount


def _merge(register: Register, source: str) -> str:
    """Return the statement that inserts what is new and changes what is different."""
    names = list(register.columns)
    key, others = names[: register.key], names[register.key :]
    taken = ", ".join(f"{name} = excluded.{name}" for name in others)
    table = register.table
    differs = " OR ".join(f"{table}.{name} IS DISTINCT FROM excluded.{name}" for name in others)
    if source.startswith("VALUES"):  # SQLite before 3.39 knows the shorter word only
        differs = differs.replace("IS DISTINCT FROM", "IS NOT")
    return (
        f"INSERT INTO {table} ({', '.join(names)}) {source} "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {taken} WHERE {differs}"
    )
