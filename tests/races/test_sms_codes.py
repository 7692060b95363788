"""A code sent by SMS opens one door, and a flood of guesses opens none."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .runners import PASSWORD, TIMES, Browser, Racer, race

pytestmark = pytest.mark.race


@pytest.fixture(scope="module")
def phones(provider: Any) -> list[str]:
    """The numbers of people with accounts, who may be sent ten codes a minute each."""
    numbers = [f"138{secrets.randbelow(10**8):08d}" for _ in range(4)]

    def register(number: str) -> None:
        provider.create_person(f"s{secrets.token_hex(6)}", PASSWORD, phone=number)

    with ThreadPoolExecutor(2) as lanes:
        list(lanes.map(register, numbers))
    return numbers


def test_a_code_signs_in_once(course: Racer, phones: list[str], capsys: Any) -> None:
    """ASVS 6.5.1: used at most once: of ten posts of the right code one signs in."""
    wins, statuses = [], set()
    for _ in range(8):
        doors = {number: _ask(course, number) for number in phones}
        codes = {number: _code(course, number, seen) for number, (_, _, seen) in doors.items()}

        def enter(number: str, doors: Any = doors, codes: Any = codes) -> Any:
            browser, fields, _ = doors[number]
            form = {**fields, "code": codes[number]}
            answer = browser.send("POST", "/sign-in/code/enter", form)
            statuses.add(answer.status)
            won = any(
                name.lower() == "set-cookie" and value.startswith("manyou-session=")
                for name, value in answer.headers
            )
            answer.status = 200 if won else 400
            return answer

        result, _ = race(phones, enter)
        wins += result.wins

    with capsys.disabled():
        print(f"\nSMS codes: {len(wins)} raced {TIMES}-way: {sum(wins)} won once")  # noqa: T201
    assert set(wins) == {1}
    assert max(statuses) < 500


def test_racing_guesses_are_all_counted(course: Racer, phones: list[str]) -> None:
    """TRUST L2: five wrong tries void a code, even when forty come at once."""
    browser, fields, seen = _ask(course, phones[0])
    code = _code(course, phones[0], seen)
    wrong = [f"{(int(code) + step) % 10**6:06d}" for step in range(1, 5)]

    result, _ = race(
        wrong, lambda guess: browser.send("POST", "/sign-in/code/enter", {**fields, "code": guess})
    )
    late = browser.send("POST", "/sign-in/code/enter", {**fields, "code": code})

    assert max(result.statuses) < 500
    assert late.status < 500
    assert "manyou-session" not in browser.cookies


def _ask(course: Racer, number: str) -> tuple[Browser, dict[str, str], int]:
    """Ask for a code in a new browser; return it, the next form's fields, and what came before."""
    seen = len(course.provider.sms_inbox.messages)
    browser = Browser(course.provider.issuer, course.pool)
    fields = browser.send("GET", "/sign-in/code").form(having="phone").fields
    answer = browser.send("POST", "/sign-in/code", {**fields, "phone": number})
    assert answer.status == 303, answer
    return browser, browser.send("GET", answer.location).form(having="code").fields, seen


def _code(course: Racer, number: str, seen: int) -> str:
    code: str = course.provider.sms_inbox.wait_for(number, after=seen)["code"]
    return code
