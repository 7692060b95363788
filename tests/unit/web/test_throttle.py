"""Throttles: counted by one statement, forgotten when their window closes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.errors import TooManyRequestsError
from idp.web import throttle


def test_tries_within_the_limit_are_free(tx, clock):
    """The limit itself is allowed; one more is not, and says when to come back."""
    for _ in range(3):
        throttle.hit(tx, "password:somebody", limit=3, window=600)
    clock.advance(100)

    with pytest.raises(TooManyRequestsError) as refused:
        throttle.hit(tx, "password:somebody", limit=3, window=600)

    assert refused.value.retry_after == 500


def test_a_window_opens_anew(tx, clock):
    """After its end, the count starts from one and the next window is whole."""
    throttle.hit(tx, "b", limit=1, window=60)
    clock.advance(60)
    throttle.hit(tx, "b", limit=1, window=60)
    clock.advance(59)

    with pytest.raises(TooManyRequestsError) as refused:
        throttle.hit(tx, "b", limit=1, window=60)

    assert refused.value.retry_after == 1


def test_buckets_do_not_know_each_other(tx, clock):
    throttle.hit(tx, "a", limit=1, window=60)
    throttle.hit(tx, "b", limit=1, window=60)

    assert not throttle.peek(tx, "a", 1)
    assert throttle.peek(tx, "a", 2)
    assert throttle.peek(tx, "c", 1)


def test_a_success_clears_the_count(tx, clock):
    throttle.hit(tx, "a", limit=1, window=60)
    throttle.clear(tx, "a")

    throttle.hit(tx, "a", limit=1, window=60)


def test_the_table_does_not_name_what_is_counted(tx, clock):
    """A bucket may be a phone number: only its fingerprint is kept."""
    from idp.db import Statement

    throttle.hit(tx, "sms:13800000000", limit=1, window=60)

    row = tx.one(Statement("SELECT * FROM throttle"))
    assert b"138" not in bytes(row.bucket)
    assert len(bytes(row.bucket)) == 32


def test_racing_tries_are_each_counted(database):
    """Of 40 tries at once in a bucket of 10, exactly 10 pass."""

    def attempt(_):
        try:
            with database.write() as tx:
                throttle.hit(tx, "race", limit=10, window=600)
        except TooManyRequestsError:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        passed = sum(threads.map(attempt, range(40)))

    assert passed == 10
