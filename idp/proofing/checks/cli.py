"""`manyou verification`: what departments asked, and what citizens said to that."""

import sys
from datetime import datetime, timedelta
from typing import Any

import click
import orjson

from idp import clock
from idp.proofing.checks import history, metering
from idp.web import house

_DAY = click.DateTime(["%Y-%m-%d"])
_MONTH = timedelta(days=30)


@click.group("verification")
def cli() -> None:
    """Departments' checks of identities."""


@cli.command()
@click.option("--client", default="", help="One department's; without it, everybody's.")
@click.option("--from", "first", type=_DAY, help="First day; 30 days ago without it.")
@click.option("--to", "last", type=_DAY, help="Last day; today without it.")
def usage(client: str, first: datetime | None, last: datetime | None) -> None:
    """Print how many checks were answered, per department, day, purpose and result."""
    until = last.date() if last else clock.today()
    since = first.date() if first else until - _MONTH
    with house.database().read() as tx:
        _print(metering.usage(tx, since, until, client))


@cli.command()
def disputes() -> None:
    """Print the checks of which citizens say: this was not me; the newest first."""
    with house.database().read() as tx:
        _print(history.disputes(tx))


def _print(document: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
