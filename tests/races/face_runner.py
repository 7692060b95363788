"""One process of a race for a face's budget: its threads begin when all processes stand ready."""

import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

from config import load
from idp.crypto.vault import Vault, parse_ring
from idp.db import Database
from idp.errors import IdentityError
from liveness.desk import FaceDesk
from liveness.permits import budgets
from liveness.permits.budgets import Asker

SUBJECT = b"s" * 32
_THREADS = 8


def run(environ: dict[str, str], start: Any, end: str, attempts: int) -> Counter[str]:
    """Count *attempts* scans of one face, each from somewhere else; return how often what came.

    *end* is what becomes of those that were let through: open, failed, unanswered.
    """
    settings = load(environ)
    database = Database(settings.database, threads=_THREADS)
    vault = Vault(parse_ring(environ["MANYOU_CRYPTO__MASTER_KEYS"]))
    desk = cast(FaceDesk, SimpleNamespace(liveness=settings.liveness, vault=vault))

    def attempt(_number: int) -> str:
        try:
            with database.write() as tx:
                counted = budgets.count(tx, desk, _stranger())
        except IdentityError as refusal:
            return refusal.code
        if end != "open":
            with database.write() as tx:
                budgets.settle(tx, desk, str(counted), False if end == "failed" else None)
        return "counted"

    start.wait(60)
    with ThreadPoolExecutor(_THREADS) as lanes:
        return Counter(lanes.map(attempt, range(attempts)))


def _stranger() -> Asker:
    return Asker(
        subject=SUBJECT,
        person_id=secrets.token_hex(16),
        device=secrets.token_bytes(32),
        address=".".join(str(secrets.randbelow(256)) for _ in range(4)),
    )
