"""Web workers read the reference store, and could not write it if they tried."""

from contextlib import closing

import psycopg
import pytest

from idp.db import Database, Statement
from idp.errors import UnavailableError

_COUNT = Statement("SELECT COUNT(*) AS n FROM registry_key")
_INSERT = Statement("INSERT INTO registry_key (register, sealed, created_at) VALUES ('x', :b, 0)")


@pytest.fixture
def reader(settings):
    with closing(Database(settings.registry_database, threads=2, read_only=True)) as opened:
        yield opened


def test_what_is_read_only_reads(reader):
    with reader.read() as tx:
        assert tx.one(_COUNT).n == 0


@pytest.mark.parametrize("road", ["read", "write"])
def test_what_is_read_only_cannot_write(reader, registry_database, road):
    """PostgreSQL refuses by default_transaction_read_only, SQLite by query_only."""
    with (
        pytest.raises((psycopg.errors.ReadOnlySqlTransaction, UnavailableError)) as refused,
        getattr(reader, road)() as tx,
    ):
        tx.run(_INSERT, b=b"x")

    words = getattr(refused.value, "detail", str(refused.value))
    assert "read-only" in words or "readonly" in words
    with registry_database.read() as tx:
        assert tx.one(_COUNT).n == 0


def test_whoever_may_write_does(registry_database):
    with registry_database.write() as tx:
        tx.run(_INSERT, b=b"x")

    with registry_database.read() as tx:
        assert tx.one(_COUNT).n == 1
