"""An authority may fail alone: time limit, bulkhead, breaker, and nothing but foreseen errors."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from config.authorities import AuthoritySettings
from idp.errors import UnavailableError
from idp.registry.discipline import AtArmsLength, AtOnce
from idp.registry.ports import AuthorityError, RateLimitedError, UnsupportedQueryError
from idp.web import bulkheads
from idp.web.bulkheads import Breaker, RestingError
from idp.web.outbound import OutboundFailedError


def authority(**changes):
    return AtArmsLength(
        "somebody", AuthoritySettings(**{"timeout": 0.2, "width": 2, "pause": 60, **changes})
    )


def raises(error):
    def question():
        raise error

    return question


def test_an_answer_passes_through():
    assert authority().ask(lambda: 7) == 7


def test_a_black_hole_is_given_up_in_time():
    """The limit is for the whole question, whatever the question does inside."""
    silence = threading.Event()
    begun = time.monotonic()

    with pytest.raises(AuthorityError) as failure:
        authority().ask(lambda: silence.wait(5))

    assert failure.value.reason == "timeout"
    assert time.monotonic() - begun < 0.5
    silence.set()


def test_a_full_bulkhead_answers_at_once():
    """Nobody queues for an authority that is slow already."""
    held, silence = authority(timeout=5), threading.Event()
    with ThreadPoolExecutor(2) as others:
        waiting = [others.submit(held.ask, lambda: silence.wait(5)) for _ in range(2)]
        time.sleep(0.05)
        begun = time.monotonic()

        with pytest.raises(AuthorityError) as failure:
            held.ask(lambda: 7)

        assert failure.value.reason == "busy"
        assert time.monotonic() - begun < 0.05
        silence.set()
        assert all(question.result() for question in waiting)
    assert held.ask(lambda: 7) == 7


def test_a_question_given_up_keeps_its_place_until_it_ends():
    """Otherwise threads would pile up behind whoever never answers."""
    held, silence = authority(width=1, timeout=0.05), threading.Event()
    with pytest.raises(AuthorityError):
        held.ask(lambda: silence.wait(5))

    with pytest.raises(AuthorityError) as failure:
        held.ask(lambda: 7)
    assert failure.value.reason == "busy"

    silence.set()
    time.sleep(0.05)
    assert held.ask(lambda: 7) == 7


def test_one_black_hole_does_not_hold_up_another_authority():
    silence, hole, well = threading.Event(), authority(timeout=1), authority(timeout=1)
    with ThreadPoolExecutor(8) as others:
        lost = [others.submit(hole.ask, lambda: silence.wait(5)) for _ in range(8)]
        begun = time.monotonic()
        answers = [well.ask(lambda: 7) for _ in range(50)]
        took = time.monotonic() - begun

    assert answers == [7] * 50
    assert took < 0.5
    assert {question.exception().reason for question in lost} == {"timeout", "busy"}
    silence.set()


@pytest.mark.parametrize(
    "error",
    [
        KeyError("name"),
        ValueError("110101199003070021"),
        RecursionError(),
        OutboundFailedError(detail="refused"),
        UnavailableError(),
        AuthorityError(detail="garbage"),
    ],
)
@pytest.mark.parametrize("discipline", [authority(failures=1000), AtOnce("local")])
def test_whatever_goes_wrong_is_an_authority_error(discipline, error):
    with pytest.raises(AuthorityError) as failure:
        discipline.ask(raises(error))

    assert failure.value.reason == "unusable"


def test_the_log_does_not_quote_what_nobody_foresaw(caplog):
    """An unforeseen exception's message may quote the answer, and the answer is personal."""
    with caplog.at_level(logging.DEBUG), pytest.raises(AuthorityError):
        authority().ask(raises(ValueError("110101199003070021")))

    assert "ValueError" in caplog.text
    assert "110101199003070021" not in caplog.text


def test_failures_in_a_row_open_the_breaker():
    failing = authority(failures=3)
    for _ in range(3):
        with pytest.raises(AuthorityError):
            failing.ask(raises(AuthorityError()))

    with pytest.raises(AuthorityError) as failure:
        failing.ask(lambda: pytest.fail("it was asked"))

    assert failure.value.reason == "resting"


@pytest.mark.parametrize("error", [UnsupportedQueryError(), RateLimitedError()])
def test_what_is_no_fault_of_its_does_not_open_the_breaker(error):
    asked = authority(failures=1)
    for _ in range(5):
        with pytest.raises(type(error)):
            asked.ask(raises(error))

    assert asked.ask(lambda: 7) == 7


class BreakerMachine(RuleBasedStateMachine):
    """Questions begin and end in any order while time passes; the breaker keeps its promises."""

    @initialize(failures=st.integers(1, 4), pause=st.integers(1, 20))
    def build(self, failures, pause):
        self.now = 0.0
        self.failures, self.pause = failures, pause
        self.told = []
        self.breaker = Breaker("x", failures=failures, pause=pause, notice=self.told.append)
        self.in_a_row = 0
        self.rests_until = 0.0
        self.inside = []  # (passage, whether it is the scout)

    @property
    def is_open(self):
        return self.in_a_row >= self.failures

    def _at(self, work):
        real, bulkheads.time.monotonic = bulkheads.time.monotonic, lambda: self.now
        try:
            return work()
        finally:
            bulkheads.time.monotonic = real

    @rule(seconds=st.floats(0, 25))
    def wait(self, seconds):
        self.now += seconds

    @rule()
    def enter(self):
        scouting = any(scout for _, scout in self.inside)
        refused = self.is_open and (self.now < self.rests_until or scouting)
        passage = self.breaker.passage()
        if refused:
            with pytest.raises(RestingError):
                self._at(passage.__enter__)
        else:
            self._at(passage.__enter__)
            self.inside.append((passage, self.is_open))

    @rule(data=st.data(), error=st.sampled_from([None, OutboundFailedError(), KeyboardInterrupt()]))
    def leave(self, data, error):
        """How a question ends: well, failed, or in a way that tells nothing."""
        if not self.inside:
            return
        passage, _scout = self.inside.pop(data.draw(st.integers(0, len(self.inside) - 1)))
        if error is None:
            self._at(lambda: passage.__exit__(None, None, None))
            self.in_a_row = 0
            return
        assert not self._at(lambda: passage.__exit__(type(error), error, None))
        if isinstance(error, OutboundFailedError):
            self.in_a_row += 1
            if self.is_open:
                self.rests_until = self.now + self.pause

    @invariant()
    def only_one_goes_to_look(self):
        assert sum(scout for _, scout in getattr(self, "inside", ())) <= 1

    @invariant()
    def whoever_watches_knows(self):
        """It is told of each change once, and what it was told last is true."""
        told = getattr(self, "told", [])
        assert told == [n % 2 == 0 for n in range(len(told))]
        if told:
            assert told[-1] == self.is_open


BreakerMachine.TestCase.settings = hypothesis_settings(
    max_examples=150, stateful_step_count=40, deadline=None
)
TestBreaker = BreakerMachine.TestCase
