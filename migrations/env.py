"""How Alembic meets our databases; `migrations.schema` brings the connection."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

import config as configuration
from idp.db import Epoch, connect_args, prepare_engine
from migrations.schema import BRANCHES, MAIN, Branch, import_models


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types as what they are in the database: history must not need our code."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, Epoch) else False


def run(connection: Connection, branch: Branch) -> None:
    context.configure(
        connection=connection,
        target_metadata=branch.metadata,
        version_table=branch.version_table,
        render_as_batch=True,  # SQLite alters a table by copying it
        render_item=render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


import_models()
given = context.config.attributes.get("connection")
if given is not None:
    run(given, context.config.attributes["branch"])
else:  # the `alembic` command, for whoever writes a revision; `-n registry` for the other branch
    asked = BRANCHES.get(context.config.config_ini_section, MAIN)
    settings = configuration.load()
    url = settings.database if asked is MAIN else settings.registry_database
    engine = create_engine(url, poolclass=NullPool, connect_args=connect_args(url))
    prepare_engine(engine)
    with engine.connect() as own:
        run(own, asked)
