"""However many scan one person's face at once, no more are counted than the budget holds."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from typing import Any

import numpy as np
import pytest

from config import Settings
from idp.crypto.vault import MasterKey
from idp.db import Database, Statement
from liveness.permits import standing
from tests.faces import visitors
from tests.faces.portraits import jpeg
from tests.races import face_runner

pytestmark = [pytest.mark.race, pytest.mark.slow]
ATTEMPTS, PROCESSES = 300, 2
_KEYS = str(MasterKey.new("test"))
_GREY = [jpeg(np.full((480, 640, 3), 90 + shade, np.uint8)) for shade in range(4)]


def test_three_hundred_attempts_on_one_person(
    make_settings: Callable[..., Settings], capsys: Any
) -> None:
    """Issue 4: from 300 addresses, devices and accounts, in two processes, at the same moment."""
    environ = _environ(make_settings(), in_a_row="5")

    told = _race(environ, end="open")

    with capsys.disabled():
        print(f"\nface budgets: {ATTEMPTS} attempts on one person: {dict(told)}")  # noqa: T201
    assert told == {"counted": 5, "too_many_requests": ATTEMPTS - 5}


def test_three_hundred_strangers_at_the_running_house(provider: Any, capsys: Any) -> None:
    """The same through HTTP: 300 tickets and addresses, one claimed person, two web processes."""
    with closing(visitors.Counter(provider)) as counter:
        phones = [
            counter.stranger(999, address=f"127.0.{number // 200 + 1}.{number % 200 + 1}")
            for number in range(ATTEMPTS)
        ]

    with ThreadPoolExecutor(16) as lanes:
        begun = list(lanes.map(lambda phone: phone.begin(), phones))
        phones.sort(key=lambda phone: phone.scan is None)
        sent = list(lanes.map(_submit, phones[:20]))

    told = Counter(answer.status_code for answer in begun)
    looked = Counter(answer.status_code for answer in sent)
    with capsys.disabled():
        print(f"\nface budgets by HTTP: begun {dict(told)}, submitted {dict(looked)}")  # noqa: T201
    assert told == {200: 5, 429: ATTEMPTS - 5}
    assert looked == {200: 5, 409: 15}
    refusals = {answer.json["error"] for answer in begun if answer.status_code != HTTPStatus.OK}
    assert refusals == {"too_many_requests"}


def _submit(phone: Any) -> Any:
    """Send what is no face, whether one may or not."""
    phone.step = phone.step or {"kind": "rest", "wait": 0}
    if phone.scan is None:
        phone.scan, phone.version, phone.head, phone.began = "0" * 32, 1, b"0" * 32, time.time()
    answer = phone.show(_GREY)
    while answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:  # as a browser does
        time.sleep(0.2)
        answer = phone.send(phone.sent)
    return answer


def test_racing_failures_switch_a_face_off_once(make_settings: Callable[..., Settings]) -> None:
    """Where the day is no limit, thirty failures are, and the trail tells of it once."""
    many = str(ATTEMPTS)
    environ = _environ(make_settings(), in_a_row=many, per_day=many)

    told = _race(environ, end="failed")

    assert told == {"counted": 30, "face_locked": ATTEMPTS - 30}
    with (
        closing(Database(environ["MANYOU_DATABASE_URL"], threads=1)) as opened,
        opened.read() as tx,
    ):
        trail = tx.all(Statement("SELECT event, reason FROM audit_event"))
    assert trail == [("face:lock", "too_many_failures")]


def test_scans_that_nobody_answers_are_all_given_back(
    make_settings: Callable[..., Settings],
) -> None:
    """Given back while others count: none is lost, and none comes back twice."""
    environ = _environ(make_settings(), in_a_row="5", per_day="100")

    told = _race(environ, end="unanswered", attempts=100)

    assert set(told) <= {"counted", "too_many_requests"}
    with (
        closing(Database(environ["MANYOU_DATABASE_URL"], threads=1)) as opened,
        opened.read() as tx,
    ):
        found = standing.read(tx, face_runner.SUBJECT)
    assert (found.failures, found.in_a_row, found.today) == (0, 0, 0)


def _environ(settings: Settings, **limits: str) -> dict[str, str]:
    """Return what a process needs to open the same house."""
    return {
        "MANYOU_PROFILE": "test",
        "MANYOU_DATA_DIR": str(settings.data_dir),
        "MANYOU_DATABASE_URL": settings.database,
        "MANYOU_CRYPTO__MASTER_KEYS": _KEYS,
        **{f"MANYOU_LIVENESS__{name.upper()}": value for name, value in limits.items()},
    }


def _race(environ: dict[str, str], *, end: str, attempts: int = ATTEMPTS) -> Counter[str]:
    """Let the attempts run in two processes; return how often each answer came."""
    context = multiprocessing.get_context("spawn")
    share = attempts // PROCESSES
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool, context.Manager() as manager:
        start = manager.Barrier(PROCESSES)
        runs = [pool.submit(face_runner.run, environ, start, end, share) for _ in range(PROCESSES)]
        return sum((run.result(120) for run in runs), Counter())
