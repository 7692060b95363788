"""A face that is locked or switched off stays so until another factor turns it on."""

from dataclasses import replace

import pytest

from idp.accounts import lifecycle
from idp.crypto.vault import MasterKey, Vault
from idp.errors import TooManyRequestsError
from liveness.permits import budgets, standing
from liveness.permits.budgets import Asker
from liveness.permits.errors import FaceLockedError, FactorNeededError
from tests.people import rows
from tests.unit.liveness.permits.conftest import ADULT, VISITOR, subject_of


@pytest.fixture
def limits():
    return {
        "MANYOU_LIVENESS__SWITCHED_OFF_AFTER": "3",
        "MANYOU_LIVENESS__IN_A_ROW": "9",
        "MANYOU_LIVENESS__PER_DAY": "99",
    }


@pytest.fixture
def fail(desk, database):
    def times(subject, number, passed=False):
        for _ in range(number):
            with database.write() as tx:
                counted = budgets.count(tx, desk, Asker(subject=subject))
            if passed is not ...:
                with database.write() as tx:
                    budgets.settle(tx, desk, counted, passed)

    return times


def refused(database, desk, number=ADULT):
    with database.read() as tx, pytest.raises(FaceLockedError) as refusal:
        standing.refuse_if_off(tx, desk, number)
    return refusal.value


def test_too_many_failures_switch_a_face_off_and_tell_its_owner(
    account, desk, database, fail, inbox, app
):
    """SP 800-63B §3.2.3: off after so many; the owner hears of it, and keeps every other way."""
    owner, subject = account(ADULT), subject_of(desk, ADULT)

    fail(subject, 3)

    assert refused(database, desk).status == 403
    assert [m["to"] for m in inbox.all()] == [owner.phone]
    assert "刷脸" in inbox.all()[0]["text"]
    assert ("face:lock", owner.person_id, "too_many_failures") in rows(
        app, "SELECT event, person_id, reason FROM audit_event"
    )
    assert owner.is_signed_in()
    assert "Switched off" in owner.get("/account/face").text


def test_a_stranger_whose_face_failed_is_nobody_to_tell(desk, database, fail, inbox):
    fail(subject_of(desk, ADULT), 3)

    assert refused(database, desk)
    assert inbox.all() == []


def test_scans_never_settled_switch_a_face_off_too(desk, database, fail, app, clock):
    """Whoever lets every scan run out has failed as often."""
    fail(subject_of(desk, ADULT), 3, ...)
    with database.write() as tx:
        standing.switch_off_overdue(tx, desk)
    early = rows(app, "SELECT COUNT(*) FROM audit_event WHERE event = 'face:lock'")
    clock.advance(601)

    for _ in range(2):
        with database.write() as tx:
            standing.switch_off_overdue(tx, desk)

    assert early == [(0,)]
    assert rows(app, "SELECT COUNT(*) FROM audit_event WHERE event = 'face:lock'") == [(1,)]
    assert refused(database, desk)


def test_a_face_does_not_turn_itself_on(desk, database, fail):
    subject = subject_of(desk, ADULT)
    fail(subject, 3)

    with database.write() as tx, pytest.raises(FactorNeededError):
        standing.unlock(tx, desk, VISITOR, subject, None, "face sms mfa")
    assert refused(database, desk)

    with database.write() as tx:
        standing.unlock(tx, desk, VISITOR, subject, None, "pwd sms mfa")
    fail(subject, 1)


def test_a_face_is_not_turned_on_again_and_again(desk, database, fail, subject):
    """A guesser with an account in the victim's name could else buy budget upon budget."""
    for _ in range(3):
        fail(subject, 3)
        with database.write() as tx:
            standing.unlock(tx, desk, VISITOR, subject, None, "pwd")
    fail(subject, 3)

    with database.write() as tx, pytest.raises(TooManyRequestsError):
        standing.unlock(tx, desk, VISITOR, subject, None, "pwd")


def test_a_success_in_between_begins_to_count_anew(desk, database, fail):
    subject = subject_of(desk, ADULT)
    fail(subject, 2)
    fail(subject, 1, passed=True)
    fail(subject, 2)

    with database.read() as tx:
        standing.refuse_if_off(tx, desk, ADULT)


class TestTurningTheMasterKey:
    """The index of a number changes with the ring; what stood under the old one still stands."""

    @pytest.fixture
    def before(self, desk):
        """The desk of a worker that knows the older key alone."""
        return replace(desk, vault=Vault((MasterKey.new("older"),)))

    @pytest.fixture
    def after(self, before):
        """The desk of a worker that was started after the turn."""
        newer, older = MasterKey.new("newer"), *before.vault._ring.values()
        return replace(before, vault=Vault((newer, older)))

    def test_a_lock_and_what_was_spent_outlive_it(self, database, before, after, account, fail):
        old, owner = subject_of(before, ADULT), account(ADULT)
        fail(old, 2)
        with database.write() as tx:
            standing.lock(tx, VISITOR, old, owner.person_id)

        assert refused(database, after)
        with database.write() as tx:
            new = standing.of_number(tx, after.vault, ADULT)
        assert refused(database, after)
        with database.read() as tx:
            found = standing.read(tx, new)
            assert (found.off, found.failures, found.today) == (True, 2, 2)
            assert standing.read(tx, old) == standing.Standing()

    def test_a_lock_under_both_keys_is_not_lost(self, database, before, after, account, fail):
        """Workers change over one by one: an older one may lock what a newer one has counted."""
        owner = account(ADULT)
        with database.write() as tx:
            new = standing.of_number(tx, after.vault, ADULT)
        fail(new, 1)
        with database.write() as tx:
            old = standing.of_number(tx, before.vault, ADULT)
            standing.lock(tx, VISITOR, old, owner.person_id)

        assert refused(database, after)
        with database.write() as tx:
            assert standing.of_number(tx, after.vault, ADULT) == new

        assert refused(database, after)
        with database.read() as tx:
            found = standing.read(tx, new)
        assert (found.off, found.failures) == (True, 1)


def test_the_lock_of_somebody_erased_is_lifted(app, database, desk, account, subject):
    """Nobody could ever lift it again: the account that could is gone."""
    owner = account(ADULT)
    with database.write() as tx:
        standing.lock(tx, VISITOR, subject, owner.person_id)

    with app.app_context(), database.write() as tx:
        lifecycle.erase(tx, owner.person_id, actor="operator")

    with database.read() as tx:
        assert not standing.read(tx, subject).off
