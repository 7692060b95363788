"""A scan is begun once, each step looked at once, a verdict and a challenge spent once."""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from http import HTTPStatus
from threading import Barrier
from typing import Any

import pytest

from config import Settings
from idp.crypto.vault import MasterKey, Vault, parse_ring
from idp.db import Database, Statement, Transaction, new_id
from liveness.engine.comparison import Risk
from liveness.scans import records
from liveness.scans.orders import Claimed, Order, Purpose
from liveness.scans.records import Ending
from tests.devices import Device
from tests.faces import visitors
from tests.faces.film import Film
from tests.faces.phone import Phone
from tests.races import face_runner
from tests.unit.liveness.conftest import (  # noqa: F401 - fixtures
    engine,
    portrait,
    puppet,
    weights,
)

pytestmark = pytest.mark.race
TWENTY, PROCESSES = 20, 2
_KEYS = str(MasterKey.new("test"))


@pytest.fixture
def counter(provider: Any) -> Iterator[Any]:
    with closing(visitors.Counter(provider)) as opened:
        yield opened


def test_one_ticket_begins_one_scan(counter: Any) -> None:
    """Twenty phones with one ticket, before two workers: one begins, and one try is counted.

    Of a budget of five four are left then: five more tickets find it spent.
    """
    whose = 998
    first = counter.stranger(whose)
    phones = [Phone(first.client, first.clock, first.ticket) for _ in range(TWENTY)]

    told = _together(phones, lambda phone: phone.begin())
    others = Counter(counter.stranger(whose).begin().status_code for _ in range(5))

    assert told == {200: 1, 410: TWENTY - 1}
    assert others == {200: 4, 429: 1}


def test_of_twenty_submissions_of_one_step_one_is_looked_at(
    counter: Any,
    puppet: Any,  # noqa: F811 - the fixture
) -> None:
    """The others are told that the step is taken, or that they may come back; and it goes on."""
    phone = counter.stranger(997)
    assert phone.begin().status_code == HTTPStatus.OK
    body = phone.body(phone.capture(Film(puppet("obama")).at_rest(4)))

    told = _together([phone] * TWENTY, lambda phone: phone.send(body))

    assert told[200] == 1
    assert told.keys() <= {200, 409, 503}
    assert (phone.version, phone.step["number"]) == (2, 2)


def test_a_verdict_is_redeemed_once(make_settings: Callable[..., Settings]) -> None:
    """Twenty redemptions of one finished scan, from two processes."""
    settings = make_settings()
    scan_id, vault = new_id(), Vault(parse_ring(_KEYS))
    claimed = Claimed(name="张三丰", id_number="11010519491231002X")
    order = Order(
        purpose=Purpose.DEPARTMENT,
        claimed=claimed,
        matter=face_runner.MATTER,
        risk=Risk.NORMAL,
    )
    with _opened(settings) as tx:
        records.insert(tx, vault, scan_id, order, b"s" * 32, 600)
        scan = records.find(tx, vault, scan_id)
        records.end(tx, scan, Ending(outcome="passed", result="MATCH", source="local"), 600)

    told = _race(settings, face_runner.redeem, scan_id)

    assert told == {"MATCH": 1, "face_scan_over": TWENTY - 1}


def test_a_challenge_is_answered_once(make_settings: Callable[..., Settings]) -> None:
    """Twenty good answers to one challenge of a registered device, from two processes."""
    settings, device, vault = make_settings(), Device(), Vault(parse_ring(_KEYS))
    with _opened(settings) as tx:
        answer = face_runner.challenged(tx, vault, device)

    told = _race(settings, face_runner.answer, answer)

    assert told == {"held": 1, "device_unknown": TWENTY - 1}
    with _opened(settings) as tx:
        uses = tx.all(Statement("SELECT outcome FROM audit_event WHERE event = 'device:check'"))
    assert [one.outcome for one in uses] == ["success"]


def _together(phones: list[Any], act: Callable[[Any], Any]) -> Counter[int]:
    """Let all of them act at one moment; return how often each status came."""
    start = Barrier(len(phones))

    def run(phone: Any) -> int:
        start.wait(30)
        return int(act(phone).status_code)

    with ThreadPoolExecutor(len(phones)) as lanes:
        return Counter(lanes.map(run, phones))


def _race(settings: Settings, how: Callable[..., str], prize: str) -> Counter[str]:
    """Let two processes reach for one prize twenty times; return how often each answer came."""
    environ = {
        "MANYOU_PROFILE": "test",
        "MANYOU_DATA_DIR": str(settings.data_dir),
        "MANYOU_DATABASE_URL": settings.database,
        "MANYOU_CRYPTO__MASTER_KEYS": _KEYS,
    }
    context, share = multiprocessing.get_context("spawn"), TWENTY // PROCESSES
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool, context.Manager() as manager:
        start = manager.Barrier(PROCESSES)
        runs = [
            pool.submit(face_runner.spend, environ, start, how, prize, share)
            for _ in range(PROCESSES)
        ]
        return sum((run.result(120) for run in runs), Counter())


@contextmanager
def _opened(settings: Settings) -> Iterator[Transaction]:
    with closing(Database(settings.database, threads=1)) as database, database.write() as tx:
        yield tx
