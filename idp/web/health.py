"""Whether this process lives, and whether it could serve: for probes and load balancers."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from flask import Blueprint, Response, jsonify

from idp.db import Database, Statement, Transaction
from idp.errors import IdentityError
from idp.web import guards, house

_REVISION = Statement("SELECT version_num FROM alembic_version")

Check = Callable[[Transaction], str]  # the reason not to serve, or nothing

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@guards.machine("it tells nothing but that the process answers")
def healthz() -> Response:
    """Say that this process answers."""
    return jsonify(status="alive")


@bp.get("/readyz")
@guards.machine("it names what is missing, and no more")
def readyz() -> Response:
    """Say whether requests could be served, and if not, why."""
    reasons = find_reasons(house.database(), checks)
    response = jsonify(status="unready" if reasons else "ready", reasons=reasons)
    response.status_code = 503 if reasons else 200
    return response


def find_reasons(database: Database, checks: Mapping[str, Check]) -> dict[str, str]:
    """Return why we could not serve, by the name of the check that says so."""
    reasons: dict[str, str] = {}
    try:
        with database.read() as tx:
            for name, check in checks.items():
                if reason := check(tx):
                    reasons[name] = reason
    except IdentityError as error:
        reasons["database"] = error.code
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a reason
        reasons["database"] = type(error).__name__
    return reasons


def migrations_are_current(tx: Transaction) -> str:
    """Compare the database's revision with the newest that this code knows."""
    here = {row.version_num for row in tx.all(_REVISION)}
    return "" if here >= _heads() else "run `manyou db upgrade`"


@lru_cache(1)
def _heads() -> frozenset[str]:
    from migrations import schema

    return schema.heads()


# What must hold before requests are sent here; wsgi may add what other rooms know.
checks: dict[str, Check] = {"migrations": migrations_are_current}
