"""The history of the database leads to exactly the tables that the models describe."""

import os

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from idp.db import Base
from migrations import schema
from tests import postgres


@pytest.fixture
def empty(backend, tmp_path, request):
    """A database without a single table."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"empty_{os.getpid()}"
    postgres.run(server, f"CREATE DATABASE {name} TEMPLATE template0")
    yield postgres.address(server, name)
    postgres.run(server, f"DROP DATABASE {name} WITH (FORCE)")


def _tables(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        found = set(inspect(connection).get_table_names())
    engine.dispose()
    return found


def test_upgrading_yields_the_models(empty):
    """A model changed without a migration fails here."""
    schema.upgrade(empty)

    engine = create_engine(empty)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert difference == []
    assert frozenset(schema.current(empty)) == schema.heads()


def test_upgrading_again_changes_nothing(empty):
    schema.upgrade(empty)
    schema.upgrade(empty)

    assert frozenset(schema.current(empty)) == schema.heads()


def test_downgrading_leaves_nothing(empty):
    """Down to the base and up again: both directions of every revision run."""
    schema.upgrade(empty)
    schema.downgrade(empty, "main@base")

    assert _tables(empty) <= {"alembic_version"}
    assert schema.current(empty) == ()
    schema.upgrade(empty)


def test_many_may_upgrade_at_once(empty):
    """Several servers starting over one new database: one migrates, the others wait for it."""
    import multiprocessing

    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=schema.upgrade, args=(empty,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0, 0]
    assert frozenset(schema.current(empty)) == schema.heads()
