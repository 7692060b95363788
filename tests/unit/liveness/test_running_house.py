"""The running server: hostile pictures, and vision processes that crash, stop or are busy."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
import urllib3

from migrations import schema
from tests import live
from tests.faces import visitors
from tests.faces.film import Film
from tests.faces.visitors import cells, vision_keeper, workers
from tests.unit.liveness import pictures

pytestmark = pytest.mark.slow

QUICK = 0.2 if os.environ.get("MANYOU_QUIET_MACHINE") else 1.5
"""Seconds to refuse a picture; other tests share the processors. `bench.pictures` measures."""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A provider with one vision process, before which more may wait than workers have threads."""
    directory = tmp_path_factory.mktemp("faces")
    url = f"sqlite:///{directory}/manyou.db"
    schema.upgrade(url)
    environ = {
        "MANYOU_LIVENESS__PROCESSES": "1",
        "MANYOU_LIVENESS__BACKLOG": "16",
        "MANYOU_LIVENESS__PATIENCE": "6",
        "MANYOU_LIVENESS__ANSWER_EVERY": "0",
    }
    with live.running(directory, url, environ=environ) as provider:
        yield provider


@pytest.fixture(scope="module")
def counter(served):
    with closing(visitors.Counter(served)) as opened:
        yield opened


@pytest.fixture(scope="module")
def resting(puppet):
    return Film(puppet("obama")).at_rest(4)


def until(condition, seconds=20):
    limit = time.monotonic() + seconds
    while not condition() and time.monotonic() < limit:
        time.sleep(0.05)
    return condition()


def passes(counter, resting):
    """Say whether somebody gets past the face at rest."""
    answer = counter.phone().show(resting)
    return answer.status_code == 200 and answer.json["status"] == "step"


@contextmanager
def stopped(served):
    """Hold the vision process and whoever would wake it."""
    pids = [vision_keeper(served).pid, *cells(served)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("kind", pictures.HOSTILE)
def test_a_hostile_picture_costs_the_server_nothing(served, counter, kind):
    """Refused at once, in less than 100 MB, by the same processes as before."""
    octets = pictures.HOSTILE[kind][0]()
    phone = counter.phone()
    body = phone.body(phone.capture([octets]))
    before = cells(served), {worker.pid for worker in workers(served)}
    memory = sum(worker.memory_info().rss for worker in workers(served))

    answer = phone.send(body)

    assert answer.status_code == (413 if kind == "heavy" else 400)
    assert answer.seconds < QUICK
    assert sum(worker.memory_info().rss for worker in workers(served)) - memory < 100 << 20
    assert (cells(served), {worker.pid for worker in workers(served)}) == before


def test_pictures_of_a_camera_go_on(counter, resting):
    assert passes(counter, resting)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGSTOP])
def test_a_vision_process_that_is_struck_down_costs_no_other_scan(served, counter, resting, number):
    (struck,) = cells(served)
    before = {worker.pid for worker in workers(served)}

    os.kill(struck, number)

    assert until(lambda: number is signal.SIGSTOP or cells(served) - {struck})
    assert passes(counter, resting)
    assert {worker.pid for worker in workers(served)} == before


def test_the_whole_group_is_started_again(served, counter, resting):
    keeper = vision_keeper(served).pid

    os.kill(keeper, signal.SIGKILL)

    assert until(lambda: (now := vision_keeper(served)) and now.pid != keeper)
    assert until(lambda: passes(counter, resting))
    assert "vision processes ended; starting them again" in served.log("serve")


def test_a_crowd_is_told_to_come_back_and_nobody_else_waits(served, counter, resting):
    """503 with Retry-After, the same pictures are taken later; the token endpoint stays quick.

    Vision does not answer at all, and the crowd is as large as the house has threads.
    """
    phones = [counter.phone() for _ in range(12)]
    with ThreadPoolExecutor(len(phones)) as crowd:  # each takes its pictures by the clock
        bodies = list(crowd.map(lambda phone: phone.body(phone.capture(resting)), phones))
        with stopped(served):
            waiting = [
                crowd.submit(phone.send, body) for phone, body in zip(phones, bodies, strict=True)
            ]
            asked = [token(served) for _ in range(10)]
            answers = [one.result() for one in waiting]

    refused = [answer for answer in answers if answer.status_code == 503]
    assert len(refused) >= 8
    assert {answer.json["error"] for answer in refused} == {"vision_busy"}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    assert max(asked) < 4  # whoever waited for a thread would wait as long as vision's patience
    assert until(lambda: phones[-1].send(bodies[-1]).status_code != 503)


def token(served):
    """Return the seconds that a refusal at the token endpoint takes."""
    began = time.perf_counter()
    with urllib3.PoolManager(retries=False) as pool:
        fields = {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "x"}
        answer = pool.request_encode_body(
            "POST", f"{served.issuer}/token", fields=fields, encode_multipart=False
        )
    assert answer.status in (400, 401)
    return time.perf_counter() - began


def test_without_weights_the_house_stands_and_offers_no_face(tmp_path):
    url = f"sqlite:///{tmp_path}/manyou.db"
    schema.upgrade(url)
    environ = {"MANYOU_LIVENESS__MODELS": str(tmp_path)}

    with live.running(tmp_path, url, workers=1, environ=environ) as provider:
        told = provider.log("serve")
        status = provider.run("liveness", "status")

    assert told.count("face scans are off") == 1
    assert "manyou liveness models" in told
    assert vision_keeper_words(status) == (False, [])


def vision_keeper_words(status):
    return status["offered"], status["listening"]


def test_an_engine_that_may_not_decide_keeps_the_house_closed(tmp_path):
    url = f"sqlite:///{tmp_path}/manyou.db"
    schema.upgrade(url)
    environ = {"MANYOU_LIVENESS__ENGINE": "face_recognition"}

    with (
        pytest.raises(AssertionError, match="may not decide who somebody is"),
        live.running(tmp_path, url, workers=1, environ=environ),
    ):
        pytest.fail("it started")
