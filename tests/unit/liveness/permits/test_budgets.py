"""No more scans than a budget holds, whatever happens in whatever order (SP 800-63B §3.2.3)."""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.errors import TooManyRequestsError
from liveness.permits import budgets, standing
from liveness.permits.budgets import Asker
from liveness.permits.errors import FaceLockedError
from tests.unit.liveness.permits.conftest import VISITOR

ROW, PAUSE, DAY, OFF, DAY_LONG = 3, 100, 5, 8, 86_400


@pytest.fixture
def limits():
    return {
        "MANYOU_LIVENESS__IN_A_ROW": str(ROW),
        "MANYOU_LIVENESS__PAUSE": str(PAUSE),
        "MANYOU_LIVENESS__PER_DAY": str(DAY),
        "MANYOU_LIVENESS__PER_ADDRESS": "6",
        "MANYOU_LIVENESS__SWITCHED_OFF_AFTER": str(OFF),
    }


@pytest.fixture
def scan(desk, database):
    """Count a scan, and settle it if an end is given; return what was counted, or the refusal."""

    def once(subject, *ends, **asker):
        try:
            with database.write() as tx:
                counted = budgets.count(tx, desk, Asker(subject=subject, **asker))
        except (TooManyRequestsError, FaceLockedError) as refusal:
            return refusal
        for passed in ends:
            with database.write() as tx:
                budgets.settle(tx, desk, str(counted), passed)
        return counted

    return once


def test_a_row_of_failures_ends_in_a_pause(scan, subject, clock):
    """SP 800-63B §3.2.3: after so many in a row nothing is looked at for a while."""
    for _ in range(ROW):
        assert isinstance(scan(subject, False), budgets.Counted)

    refused = scan(subject)
    clock.advance(PAUSE)
    after = scan(subject)

    assert isinstance(refused, TooManyRequestsError)
    assert refused.retry_after == PAUSE
    assert isinstance(after, budgets.Counted)


def test_a_success_forgets_the_row_but_not_the_day(scan, subject, clock):
    """Whoever knows their own face well still does not hold the doors of a day open."""
    outcomes = [scan(subject, passed) for passed in (False, False, True, False, True)]

    refused = scan(subject)

    assert all(isinstance(outcome, budgets.Counted) for outcome in outcomes)
    assert isinstance(refused, TooManyRequestsError)
    assert refused.retry_after == DAY_LONG


def test_an_unanswered_scan_costs_nothing(scan, subject, clock):
    """A vision process that died is not the person's failure."""
    ends = [scan(subject, None) for _ in range(DAY)]

    assert {type(end) for end in ends} == {budgets.Counted}
    assert isinstance(scan(subject, False), budgets.Counted)


@pytest.mark.parametrize("asker", [{}, {"person_id": "p1"}, {"device": b"d" * 32}])
def test_whoever_brings_silence_about_has_no_tries_without_end(
    scan, new_subject, subject, clock, asker
):
    """Pictures that strike vision down, again and again, are tries like others in the end."""
    own = iter(new_subject, None) if asker else iter(lambda: subject, None)

    ends = [type(scan(next(own), None, **asker)) for _ in range(4 * DAY)]
    clock.advance(DAY_LONG)

    assert ends.count(budgets.Counted) == DAY + ROW
    assert set(ends[DAY + ROW :]) == {TooManyRequestsError}
    assert isinstance(scan(next(own), None, **asker), budgets.Counted)


def test_what_is_given_back_late_is_not_taken_from_others(scan, subject, clock, desk, database):
    """The row that a scan was counted in may be over when its answer fails."""
    late = scan(subject)
    scan(subject, True)
    for _ in range(ROW):
        scan(subject, False)

    with database.write() as tx:
        budgets.settle(tx, desk, late, None)

    assert isinstance(scan(subject), TooManyRequestsError)


@pytest.mark.parametrize(("asker", "most"), [
    ({"person_id": "p1"}, ROW), ({"device": b"d" * 32}, ROW), ({"address": "203.0.113.9"}, 6),
])  # fmt: skip
def test_account_device_and_address_have_budgets_of_their_own(
    asker, most, scan, new_subject, clock
):
    """Whoever tries many faces is stopped although no face is tried often."""
    counted = [scan(new_subject(), False, **asker) for _ in range(most)]
    victim = new_subject()

    refused = scan(victim, **asker)
    from_elsewhere = scan(victim)

    assert all(isinstance(one, budgets.Counted) for one in counted)
    assert isinstance(refused, TooManyRequestsError)
    assert isinstance(from_elsewhere, budgets.Counted)
    assert from_elsewhere.era == 0


def test_what_is_refused_is_counted_nowhere(scan, new_subject, clock, database):
    """A spent device does not spend the budget of whoever it names."""
    for _ in range(ROW):
        scan(new_subject(), False, device=b"d" * 32)
    victim = new_subject()

    for _ in range(2 * DAY):
        assert isinstance(scan(victim, device=b"d" * 32), TooManyRequestsError)

    with database.read() as tx:
        assert standing.read(tx, victim).today == 0
        assert standing.read(tx, victim).failures == 0


def test_a_success_clears_the_rows_of_account_and_device(scan, new_subject, clock):
    """Their days go on."""
    asker = {"person_id": "p1", "device": b"d" * 32}
    ends = [scan(new_subject(), passed, **asker) for passed in (False, False, True, False, False)]

    assert all(isinstance(end, budgets.Counted) for end in ends)
    assert isinstance(scan(new_subject(), **asker), TooManyRequestsError)


@dataclass
class Scan:
    """One that was let through, as the model remembers it."""

    counted: budgets.Counted
    row: int
    day: int
    failing: bool = True
    of_day: bool = True


@dataclass
class Model:
    """The rules once more: a list of scans in the place of counters."""

    scans: list[Scan] = field(default_factory=list)
    row: int = 0
    full_at: float = 0
    day: int = 0
    day_until: float = 0
    off: bool = False
    backs: int = 0
    backs_until: float = 0

    def failures(self, row=None):
        return sum(scan.failing and row in (None, scan.row) for scan in self.scans)

    def refusal(self, now):
        if self.off or self.failures() >= OFF:
            return FaceLockedError
        paused = self.failures(self.row) >= ROW and now < self.full_at + PAUSE
        today = sum(scan.of_day and scan.day == self.day for scan in self.scans)
        return TooManyRequestsError if paused or (today >= DAY and now < self.day_until) else None

    def begin(self, counted, now):
        self.row += self.failures(self.row) >= ROW
        if now >= self.day_until:
            self.day, self.day_until = self.day + 1, now + DAY_LONG
        self.scans.append(Scan(counted, self.row, self.day))
        if self.failures(self.row) >= ROW:
            self.full_at = now

    def settle(self, scan, passed, now):
        if passed:
            self.forgive()
        elif passed is None and self.has_back(now):
            scan.of_day, scan.failing = False, scan.failing and scan.row != self.row
        else:
            self.off = self.off or self.failures() >= OFF

    def has_back(self, now):
        if now >= self.backs_until:
            self.backs, self.backs_until = 0, now + DAY_LONG
        self.backs += 1
        return self.backs <= DAY

    def forgive(self):
        self.row += 1
        for scan in self.scans:
            scan.failing = False


_ENDS = st.sampled_from([False, False, False, False, True, None])
_WAITS = st.sampled_from([1, PAUSE - 1, PAUSE, 40_000, DAY_LONG, DAY_LONG])
_ACTIONS = st.one_of(
    st.tuples(st.just("begin"), st.just(())),
    st.tuples(st.just("scan"), st.tuples(_ENDS)),
    st.tuples(st.just("scan"), st.just((False,))),
    st.tuples(st.just("settle"), st.tuples(st.integers(0, 20), _ENDS)),
    st.tuples(st.just("wait"), st.tuples(_WAITS)),
    st.tuples(st.sampled_from(["lock", "unlock"]), st.just(())),
)


class Beside:
    """The counters and the model, side by side."""

    def __init__(self, desk, database, subject, clock):
        self.desk, self.database, self.subject, self.clock = desk, database, subject, clock
        self.model, self.open = Model(), []

    def begin(self, _=None):
        expected = self.model.refusal(self.clock.now)
        try:
            with self.database.write() as tx:
                counted = budgets.count(tx, self.desk, Asker(subject=self.subject))
        except (TooManyRequestsError, FaceLockedError) as refusal:
            return type(refusal) is expected
        self.model.begin(counted, self.clock.now)
        self.open.append(self.model.scans[-1])
        return expected is None

    def settle(self, which, passed):
        if not self.open:
            return True
        scan = self.open.pop(which % len(self.open))
        with self.database.write() as tx:
            budgets.settle(tx, self.desk, str(scan.counted), passed)
        self.model.settle(scan, passed, self.clock.now)
        return True

    def scan(self, passed):
        before = len(self.open)
        agreed = self.begin()
        return self.settle(before, passed) and agreed if len(self.open) > before else agreed

    def wait(self, seconds):
        self.clock.advance(seconds)
        return True

    def lock(self):
        with self.database.write() as tx:
            standing.lock(tx, VISITOR, self.subject, None)
        self.model.off = True
        return True

    def unlock(self):
        spent = self.model.off or self.model.failures() >= OFF
        try:
            with self.database.write() as tx:
                standing.unlock(tx, self.desk, VISITOR, self.subject, None, "pwd sms")
        except TooManyRequestsError:  # too often this month
            return True
        if spent:
            self.model.off = False
            self.model.forgive()
        return True

    def agree(self):
        with self.database.read() as tx:
            found = standing.read(tx, self.subject)
        counts = (found.failures, found.off) == (self.model.failures(), self.model.off)
        return counts and found.today <= DAY and found.in_a_row <= ROW


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(actions=st.lists(_ACTIONS, min_size=20, max_size=60))
def test_the_counters_do_what_a_list_of_scans_would(actions, desk, database, new_subject, clock):
    """Any order of beginnings, ends, pauses, days, locks: the same refusals, the same counts."""
    beside = Beside(desk, database, new_subject(), clock)

    for name, given_with in actions:
        assert getattr(beside, name)(*given_with), name
        assert beside.agree(), name
