"""One process of a race for a face: its threads begin when all processes stand ready."""

import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

from config import load
from idp import clock
from idp.authentication import device_challenges, device_keys
from idp.authentication.visitors import Visitor
from idp.crypto.vault import Vault, parse_ring
from idp.db import Database, Statement, Transaction, new_id
from idp.errors import IdentityError
from liveness.desk import FaceDesk
from liveness.permits import budgets
from liveness.permits.budgets import Asker
from liveness.scans import results
from liveness.scans.orders import Purpose
from tests.devices import Device

SUBJECT = b"s" * 32
MATTER, BROWSER = "check-1", b"b" * 32
_THREADS = 8
_ACCOUNT = Statement("""
    INSERT INTO person (person_id, status, created_at, updated_at)
    VALUES (:person_id, 'active', :now, :now)
""")
_KEY = Statement("""
    INSERT INTO device_key (key_id, person_id, public_key, label, created_at)
    VALUES (:key_id, :person_id, :public_key, 'a phone', :now)
""")


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


def redeem(tx: Transaction, _vault: Vault, scan_id: str) -> str:
    """Redeem the scan."""
    verdict = results.redeem(tx, scan_id, Purpose.DEPARTMENT, matter=MATTER, browser=None)
    return verdict.result.value


def answer(tx: Transaction, vault: Vault, answers: str) -> str:
    """Answer the challenge that waits in the browser."""
    visitor = Visitor(BROWSER)
    device_keys.check(tx, vault, visitor, purpose=device_challenges.CONFIRM, answers=answers)
    return "held"


def spend(
    environ: dict[str, str], start: Any, how: Callable[..., str], prize: str, times: int
) -> Counter[str]:
    """Reach for one *prize* so many times, each in a transaction of its own; return what came."""
    database = Database(load(environ).database, threads=_THREADS)
    vault = Vault(parse_ring(environ["MANYOU_CRYPTO__MASTER_KEYS"]))

    def attempt(_number: int) -> str:
        try:
            with database.write() as tx:
                return how(tx, vault, prize)
        except IdentityError as refusal:
            return refusal.code

    start.wait(60)
    with ThreadPoolExecutor(_THREADS) as lanes:
        return Counter(lanes.map(attempt, range(times)))


def challenged(tx: Transaction, vault: Vault, device: Device) -> str:
    """Register *device* for somebody, challenge it, and return its answer."""
    person_id, now = new_id(), clock.epoch()
    tx.run(_ACCOUNT, person_id=person_id, now=now)
    tx.run(_KEY, key_id=device.id, person_id=person_id, public_key=device.point, now=now)
    asked = device_challenges.issue(
        tx, vault, purpose=device_challenges.CONFIRM, browser=BROWSER, person_id=person_id
    )
    return f"{device.id}.{device.sign(asked.message)}"


def _stranger() -> Asker:
    return Asker(
        subject=SUBJECT,
        person_id=secrets.token_hex(16),
        device=secrets.token_bytes(32),
        address=".".join(str(secrets.randbelow(256)) for _ in range(4)),
    )
