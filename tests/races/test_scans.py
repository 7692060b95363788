"""Of twenty that answer or use one code at the same moment, one does, over two processes."""

import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3

from tests import qr
from tests.protocol.wire import Answer

from .runners import PASSWORD, Browser, Racer

pytestmark = pytest.mark.race
_WAYS = 20


@pytest.fixture
def rounds(backend: str) -> int:
    return 15 if backend == "postgresql" else 5


@pytest.fixture
def wide(course: Racer) -> Any:
    with urllib3.PoolManager(maxsize=_WAYS * 2, block=True, retries=False, timeout=60) as pool:
        yield pool


def test_a_code_is_scanned_answered_and_used_once(
    course: Racer, wide: Any, rounds: int, capsys: Any
) -> None:
    """Two accounts scan, twenty requests answer yes and no, twenty requests enter: one of each."""
    names = (course.username, _somebody(course))
    phones = [_signed_in(course, wide, name) for name in names]
    totals: Counter[str] = Counter()
    for lap in range(rounds):
        desktop = Browser(course.provider.issuer, wide)
        desktop.send("GET", "/sign-in")
        page = desktop.send("GET", "/sign-in/scan").location
        secret = qr.read(desktop.send("GET", page).text).rpartition("/")[2]
        phone = phones[_scan(phones, secret)]
        _answer(phone, secret, desktop.send("GET", page).text, torn=lap % 2 == 1)

        confirmed = 'data-state="confirmed"' in desktop.send("GET", page).text
        inside = _enter(course, wide, desktop, page)

        assert inside == (1 if confirmed else 0)
        totals["confirmed" if confirmed else "refused"] += 1
        totals["entered"] += inside

    with capsys.disabled():
        print(f"\nscans, {_WAYS}-way: {dict(totals)}")  # noqa: T201 - the figures are the point
    assert totals["entered"] == totals["confirmed"] >= rounds // 2


def _scan(phones: list[Browser], secret: str) -> int:
    """Let all phones look; return which one holds the code."""
    looked = _together(lambda lane: phones[lane % 2].send("GET", f"/scan/{secret}"))
    holders = {lane % 2 for lane, answer in enumerate(looked) if answer.status == 200}
    assert len(holders) == 1, [answer.status for answer in looked]
    return holders.pop()


def _answer(phone: Browser, secret: str, page: str, *, torn: bool) -> None:
    """Say yes twenty times, or yes and no ten times each when *torn*; one is heard."""
    form = phone.send("GET", f"/scan/{secret}").form(having="scan-refuse").fields
    number = re.search(r'id="scan-number">(\d\d)<', page)
    assert number
    said = (number[1], "refuse" if torn else number[1])
    answered = _together(
        lambda lane: phone.send(
            "POST", "/scan", {**form, "ticket": secret, "answer": said[lane % 2]}
        )
    )
    assert sum(answer.status == 303 for answer in answered) == 1, answered


def _enter(course: Racer, pool: Any, desktop: Browser, page: str) -> int:
    """Use the confirmation in twenty tabs, and return how many came in."""
    token, jar = {"csrf_token": _token(desktop)}, desktop.jar
    entered = _together(lambda _lane: _tab(course, pool, jar).send("POST", page, token))
    return sum(answer.status == 303 for answer in entered)


def _together(act: Any) -> list[Answer]:
    start = threading.Barrier(_WAYS)

    def run(lane: int) -> Answer:
        start.wait(60)
        return act(lane)

    with ThreadPoolExecutor(_WAYS) as lanes:
        answers = list(lanes.map(run, range(_WAYS)))
    broken = [(answer.status, answer.text[-600:]) for answer in answers if answer.status >= 500]
    assert not broken, broken[0]
    return answers


def _tab(course: Racer, pool: Any, jar: str) -> Browser:
    """Return one more tab of the browser with that *jar*."""
    tab = Browser(course.provider.issuer, pool)
    tab.cookies = dict(pair.split("=", 1) for pair in jar.split("; "))
    return tab


def _somebody(course: Racer) -> str:
    name = f"{course.username}b"
    course.provider.create_person(name, PASSWORD)
    return name


def _signed_in(course: Racer, pool: Any, username: str) -> Browser:
    browser = Browser(course.provider.issuer, pool)
    browser.sign_in(username)
    return browser


def _token(browser: Browser) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.send("GET", "/sign-in").text)
    assert found
    return found[1]
