"""The history of the database leads to exactly the tables that the models describe."""

import os

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from migrations import schema
from tests import postgres


@pytest.fixture(params=schema.BRANCHES)
def branch(request):
    """The house's own line of revisions, or the reference store's."""
    return schema.BRANCHES[request.param]


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


def _upgrade(url, name):
    schema.upgrade(url, branch=schema.BRANCHES[name])


def test_upgrading_yields_the_models(empty, branch):
    """A model changed without a migration fails here."""
    schema.upgrade(empty, branch=branch)

    engine = create_engine(empty)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "version_table": branch.version_table}
        )
        difference = compare_metadata(context, branch.metadata)
    engine.dispose()
    assert difference == []
    assert frozenset(schema.current(empty, branch=branch)) == schema.heads(branch)


def test_upgrading_again_changes_nothing(empty, branch):
    schema.upgrade(empty, branch=branch)
    schema.upgrade(empty, branch=branch)

    assert frozenset(schema.current(empty, branch=branch)) == schema.heads(branch)


def test_downgrading_leaves_nothing(empty, branch):
    """Down to the base and up again: both directions of every revision run."""
    schema.upgrade(empty, branch=branch)
    schema.downgrade(empty, f"{branch.name}@base", branch=branch)

    assert _tables(empty) <= {branch.version_table}
    assert schema.current(empty, branch=branch) == ()
    schema.upgrade(empty, branch=branch)


def test_many_may_upgrade_at_once(empty, branch):
    """Several servers starting over one new database: one migrates, the others wait for it."""
    import multiprocessing

    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_upgrade, args=(empty, branch.name)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0, 0]
    assert frozenset(schema.current(empty, branch=branch)) == schema.heads(branch)
