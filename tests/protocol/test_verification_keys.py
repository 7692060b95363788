"""Idempotency keys: one question to the authority, however often and at once it is sent."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.registry.results import Result
from tests.departments import department, question

from .office import PEOPLE


@pytest.mark.parametrize("key", [None, "short", "a" * 129, "with a space in it", "ключ" * 5])
def test_a_key_is_needed(bureau, key):
    """An empty key stands for a new one here, so None is none."""
    encoded = None if key is None else key.encode().decode("latin-1")
    answer = bureau.ask(question(PEOPLE[0]), key=encoded)

    assert (answer.status, answer.error) == (400, "idempotency_key_missing")


def test_the_same_question_gets_the_same_answer(bureau):
    key, asked = secrets.token_hex(16), question(PEOPLE[0])

    first, again = (bureau.ask(asked, key=key) for _ in range(2))

    assert first.header("Idempotent-Replayed") == ""
    assert again.header("Idempotent-Replayed") == "true"
    assert again.json == first.json


def test_a_key_asks_one_question(bureau):
    key = secrets.token_hex(16)
    bureau.ask(question(PEOPLE[0]), key=key)

    for other in (question(PEOPLE[1]), question(PEOPLE[0], purpose="vehicle")):
        answer = bureau.ask(other, key=key)
        assert (answer.status, answer.error) == (422, "idempotency_key_reused")


def test_keys_of_two_departments_are_two(office, bureau):
    key, other = secrets.token_hex(16), department(office)
    bureau.ask(question(PEOPLE[0]), key=key)

    answer = other.ask(question(PEOPLE[1]), key=key)

    assert (answer.status, answer.header("Idempotent-Replayed")) == (200, "")


def test_racing_requests_with_one_key_ask_once(office, bureau, authority):
    """Twenty at once: one question to the authority, one answer for all who wait for it."""
    import threading

    key, asked = secrets.token_hex(16), question(PEOPLE[0])
    bureau.bearer()
    authority.waits = threading.Event()

    def ask(_):
        return bureau.ask(asked, key=key)

    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(ask, n) for n in range(20)]
        early = [one.result() for one in waiting if not _is_first(one, authority)]
    answers = early + [one.result() for one in waiting if one.result() not in early]

    assert authority.asked == 1
    assert sorted({a.status for a in answers}) in ([200], [200, 409])
    assert sum(a.status == 200 and not a.header("Idempotent-Replayed") for a in answers) == 1
    for answer in answers:
        if answer.status == 409:
            assert (answer.error, answer.header("Retry-After")) == ("idempotency_in_progress", "1")
    assert bureau.ask(asked, key=key).header("Idempotent-Replayed") == "true"


def _is_first(future, authority):
    """Let the authority answer once everybody else was answered."""
    import concurrent.futures

    try:
        future.result(timeout=1.5)
    except concurrent.futures.TimeoutError:
        return True
    finally:
        if future.done() is False:
            authority.waits.set()
    return False


@pytest.mark.parametrize(
    ("says", "status", "code"),
    [
        (Result.SOURCE_DOWN, 503, "authority_unavailable"),
        (Result.RATE_LIMITED, 503, "authority_busy"),
        (Result.BAD_INPUT, 400, "check_input_invalid"),
    ],
)
def test_what_is_not_answered_may_be_asked_again(bureau, authority, says, status, code):
    """Nothing was learned: the key is free, no try is counted, and no verdict is made up."""
    key, asked = secrets.token_hex(16), question(PEOPLE[0])
    authority.says = says
    answer = bureau.ask(asked, key=key)
    authority.says = None

    again = bureau.ask(asked, key=key)

    assert (answer.status, answer.error) == (status, code)
    assert (status == 503) == bool(answer.header("Retry-After"))
    assert (again.status, again.json["result"]) == (200, "MATCH")
    assert again.header("Idempotent-Replayed") == ""


def test_an_authority_that_breaks_leaves_the_key_free(bureau, authority):
    key, asked = secrets.token_hex(16), question(PEOPLE[0])
    authority.says = RuntimeError("broken")
    assert bureau.ask(asked, key=key).status == 500
    authority.says = None

    assert bureau.ask(asked, key=key).json["result"] == "MATCH"


def test_no_transaction_is_open_while_the_authority_is_asked(office, bureau, authority):
    """An authority that hangs holds no lock: meanwhile another department is answered."""
    import threading

    bureau.bearer()
    other = department(office)
    other.bearer()
    authority.waits = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(bureau.ask, question(PEOPLE[0]))
        while not authority.asked:
            pass
        authority.waits, held = None, authority.waits
        quick = other.ask(question(PEOPLE[1]))
        assert not slow.done()
        held.set()

    assert (quick.status, slow.result().status) == (200, 200)


def test_a_claim_whose_process_died_is_taken_over(office, bureau, later):
    """After its lifetime the key is free again: the question is asked anew."""
    from idp.db import Statement

    key, asked = secrets.token_hex(16), question(PEOPLE[0])
    told = bureau.ask(asked, key=key).json
    with office.desk.database.write() as tx:
        undo = "UPDATE department_check SET result = '' WHERE check_id = :check_id"
        tx.run(Statement(undo), check_id=told["check_id"])
    assert bureau.ask(asked, key=key).error == "idempotency_in_progress"
    later(61)

    answer = bureau.ask(asked, key=key)

    assert answer.status == 200
    assert answer.json["check_id"] != told["check_id"]


# How often.
