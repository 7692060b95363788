"""The database: the ORM's session for people's pages, bare statements for machines' endpoints.

Both roads keep one rule: a request is one transaction. The bare road exists because the
ORM costs ten times the driver (docs/decisions/0003-two-doors.md); its statements are
written once, with `:name` parameters, and run on SQLite and PostgreSQL alike.
"""

import re
import secrets
import select
import sqlite3
from collections import namedtuple
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import psycopg
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Dialect, Engine, MetaData, TypeDecorator, create_engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, mapped_column

from idp import clock
from idp.errors import IdentityError, UnavailableError

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The parent of every table."""

    metadata = MetaData(naming_convention=NAMING)


class Epoch(TypeDecorator[datetime]):
    """A moment, stored as whole seconds since 1970 so that every driver agrees on it."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse a naive moment rather than guess its zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return None if value is None else int(value.timestamp())

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)


# What drivers raise when the database is away; a pool hands it on as it is.
_OUTAGES = (psycopg.OperationalError, psycopg.InterfaceError, sqlite3.OperationalError)

Moment = Annotated[datetime, mapped_column(Epoch)]

db = SQLAlchemy(model_class=Base)


def new_id() -> str:
    """Return 32 hexadecimal digits: time first, so that indexes grow at one end (RFC 9562 §5.7)."""
    milliseconds = int(clock.now().timestamp() * 1000)
    value = (milliseconds << 80) | secrets.randbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    return f"{value & ~(0x3 << 62) | (0x2 << 62):032x}"


_new_row: Any = namedtuple  # noqa: PYI024 - its fields are known only when a statement first answers


class Statement:
    """One SQL sentence, its parameters written `:name`, ready for either driver."""

    __slots__ = ("_row", "named", "pyformat")
    _PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")

    def __init__(self, sql: str) -> None:
        self.named = " ".join(sql.split())
        self.pyformat = self._PARAMETER.sub(r"%(\1)s", self.named.replace("%", "%%"))
        self._row: Any = None

    def row(self, cursor: Any, values: Any) -> Any:
        """Return *values* as a tuple whose fields carry the columns' names."""
        if self._row is None:
            self._row = _new_row("Row", [column[0] for column in cursor.description])
        return self._row._make(values)


class Chain:
    """A claim and what follows from it: one sentence on PostgreSQL, several on SQLite.

    *claim* changes a row and returns it; each of *then* reads that row `FROM claimed`, and so
    does *answer*, whose row is given back. PostgreSQL runs all of it in one round trip and one
    commit; SQLite runs them in order inside its transaction, and the claimed row is handed on.
    """

    def __init__(self, claim: str, *then: str, answer: str = "SELECT * FROM claimed") -> None:
        parts = "".join(f", then_{n} AS ({sql})" for n, sql in enumerate(then, 1))
        self.whole = Statement(f"WITH claimed AS ({claim}){parts} {answer}")
        self.claim = Statement(claim)
        self._sequel = (*then, answer)
        self._bound: tuple[Statement, ...] = ()

    def sequel(self, columns: tuple[str, ...]) -> tuple[Statement, ...]:
        """Return the sentences after the claim, its row bound as `:claimed_<column>`."""
        if not self._bound:
            row = ", ".join(f":claimed_{column} AS {column}" for column in columns)
            head = f"WITH claimed AS (SELECT {row})"
            self._bound = tuple(Statement(f"{head} {sql}") for sql in self._sequel)
        return self._bound


class Transaction:
    """What a function needs of a database: to run a statement inside somebody's transaction."""

    __slots__ = ("_connection", "_sqlite")

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._sqlite = isinstance(connection, sqlite3.Connection)

    def _execute(self, statement: Statement, parameters: dict[str, Any]) -> Any:
        sql = statement.named if self._sqlite else statement.pyformat
        return self._connection.execute(sql, parameters)

    def one(self, statement: Statement, **parameters: Any) -> Any:
        """Return the first row, fields by column name, or None."""
        cursor = self._execute(statement, parameters)
        values = cursor.fetchone()
        row = None if values is None else statement.row(cursor, values)
        cursor.close()  # a statement half-read would hold SQLite's transaction open
        return row

    def all(self, statement: Statement, **parameters: Any) -> list[Any]:
        """Return every row, fields by column name."""
        cursor = self._execute(statement, parameters)
        return [statement.row(cursor, values) for values in cursor.fetchall()]

    def run(self, statement: Statement, **parameters: Any) -> int:
        """Run *statement*, and return how many rows it touched."""
        return int(self._execute(statement, parameters).rowcount)

    def chain(self, chain: Chain, **parameters: Any) -> Any:
        """Return the row that *chain* answers with, or None when nothing could be claimed."""
        if not self._sqlite:
            return self.one(chain.whole, **parameters)
        claimed = self.one(chain.claim, **parameters)
        if claimed is None:
            return None
        bound = {f"claimed_{name}": value for name, value in claimed._asdict().items()}
        *then, answer = chain.sequel(claimed._fields)
        for statement in then:
            self.run(statement, **parameters, **bound)
        return self.one(answer, **parameters, **bound)

    def control(self, word: str) -> None:
        """Run BEGIN, COMMIT or ROLLBACK."""
        self._connection.execute(word)


def within_session() -> Transaction:
    """Return the ORM session's own transaction, for functions that speak bare statements."""
    return Transaction(db.session.connection().connection.driver_connection)


class Database:
    """Pooled driver connections for the machines' endpoints.

    On a *read_only* one every statement that would write fails.
    """

    def __init__(self, url: str, *, threads: int, read_only: bool = False) -> None:
        self.engine: Engine = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            pool_size=threads,
            max_overflow=4,
            pool_timeout=3,
            pool_reset_on_return=None,
            connect_args=connect_args(url, read_only=read_only),
        )
        prepare_engine(self.engine)
        if read_only and url.startswith("sqlite"):
            event.listen(self.engine, "connect", _only_queries)
        self._sqlite = url.startswith("sqlite")
        self._begin = "BEGIN IMMEDIATE" if self._sqlite else "BEGIN"

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Lend a connection; every statement is a transaction of its own.

        Raises:
            UnavailableError: the database cannot be reached or does not answer.
        """
        try:
            pooled = self.engine.raw_connection()
        except (DBAPIError, PoolTimeoutError, *_OUTAGES) as error:
            raise UnavailableError(detail=_first_line(error)) from error
        try:
            yield Transaction(pooled.driver_connection)
        except _OUTAGES as error:
            pooled.invalidate()
            raise UnavailableError(detail=_first_line(error)) from error
        finally:
            pooled.close()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Lend a connection for one transaction: committed at the end, undone by an exception.

        An error that says `commits` keeps what was written: a replay must be punished
        although its request fails.

        Raises:
            UnavailableError: the database cannot be reached or does not answer.
        """
        with self.read() as transaction:
            transaction.control(self._begin)
            try:
                yield transaction
            except BaseException as error:
                keep = isinstance(error, IdentityError) and error.commits
                transaction.control("COMMIT" if keep else "ROLLBACK")
                raise
            transaction.control("COMMIT")

    def at_once(self) -> AbstractContextManager[Transaction]:
        """Lend a connection for a `Chain`, which PostgreSQL commits by itself.

        What stands beside the chain is a transaction of its own there: use it where a failure
        after the chain need not undo it.
        """
        return self.write() if self._sqlite else self.read()

    def close(self) -> None:
        self.engine.dispose()


def connect_args(url: str, *, read_only: bool = False) -> dict[str, Any]:
    """Return what a driver is told at connect time: never wait without a limit."""
    if url.startswith("sqlite"):
        return {"timeout": 5.0, "check_same_thread": False}
    limits = (
        "-c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"
    )
    if read_only:
        limits += " -c default_transaction_read_only=on"
    return {"connect_timeout": 3, "options": limits}


def prepare_engine(engine: Engine) -> None:
    """Make SQLite serve several processes, and PostgreSQL's restart pass unnoticed.

    SQLite: write-ahead log, and no lock taken too late. A transaction that reads first and
    writes later cannot wait for the lock; it fails. So each begins by asking for it.
    PostgreSQL: whoever takes a connection on which the server has hung up gets a new one.
    """
    if engine.dialect.name != "sqlite":
        event.listen(engine, "checkout", _refuse_dead)
        return

    @event.listens_for(engine, "connect")
    def tune(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def _only_queries(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA query_only = ON")


def _refuse_dead(connection: Any, _record: object, _proxy: object) -> None:
    """See whether the server said good-bye: an idle connection has nothing else to read.

    A look costs two microseconds, a question to the server fifty.
    """
    watch = select.poll()
    watch.register(connection.pgconn.socket, select.POLLIN)
    if watch.poll(0):
        raise InvalidatePoolError


def is_outage(error: BaseException) -> bool:
    """Say whether *error* means that the database is away, rather than that we erred."""
    return isinstance(error, OperationalError | PoolTimeoutError)


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0]
