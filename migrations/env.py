"""How Alembic meets our database; `migrations.schema` brings the connection."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

import config as configuration
from idp.db import Base, Epoch, connect_args, prepare_engine
from migrations.schema import import_models


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types as what they are in the database: history must not need our code."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, Epoch) else False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,  # SQLite alters a table by copying it
        render_item=render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


import_models()
given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:  # the `alembic` command, for whoever writes a revision
    url = configuration.load().database
    engine = create_engine(url, poolclass=NullPool, connect_args=connect_args(url))
    prepare_engine(engine)
    with engine.connect() as own:
        run(own)
