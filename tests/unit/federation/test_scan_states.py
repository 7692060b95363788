"""What becomes of a code: properties of the graph, and of the number on both screens."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.tickets import pairing, states
from federation.tickets.states import GRAPH, State, Step
from federation.tickets.waiting import LATEST, SOONEST, Pacer

FINAL = {State.USED, State.REJECTED, State.EXPIRED}
STEPS = st.lists(st.sampled_from(Step), max_size=12)


def walk(steps):
    """Take *steps* from the beginning; a step that leads nowhere changes nothing."""
    trail = [State.NEW]
    for step in steps:
        trail.append(states.after(trail[-1], step) or trail[-1])
    return trail


@given(STEPS)
def test_nobody_enters_without_scan_and_confirmation_in_that_order(steps):
    trail = walk(steps)
    if State.USED in trail:
        order = [trail.index(one) for one in (State.NEW, State.SCANNED, State.CONFIRMED)]
        assert order == sorted(order)
        assert trail.index(State.USED) > order[-1]


@given(STEPS, STEPS)
def test_an_end_is_an_end(before, after):
    end = walk(before)[-1]
    if end in FINAL:
        assert all(states.after(end, step) is None for step in after)


@given(STEPS)
def test_what_was_refused_is_never_used(steps):
    trail = walk(steps)
    assert not {State.REJECTED, State.USED} <= set(trail)


def test_every_state_can_be_reached_and_every_open_one_can_end():
    assert {State.NEW, *GRAPH.values()} == set(State)
    assert set(states.open_states()) == set(State) - FINAL


@given(st.sampled_from(State), st.integers(0, 10), st.integers(0, 10))
def test_time_ends_what_is_open_and_nothing_else(state, expires_at, now):
    became = states.at(state, expires_at=expires_at, now=now)

    if state in FINAL or now < expires_at:
        assert became is state
    else:
        assert became is State.EXPIRED


@pytest.mark.parametrize("_lot", range(50))
def test_three_numbers_differ_in_both_digits(_lot):
    number, numbers = pairing.draw()

    assert number in numbers
    assert list(numbers) == sorted(numbers)
    assert all(len({one[place] for one in numbers}) == 3 for place in (0, 1))
    assert [one for one in numbers if pairing.matches(number, one, numbers)] == [number]
    assert not pairing.matches(number, "", numbers)


@given(st.integers(1, 3000), st.integers(5, 100))
def test_however_many_wait_their_questions_are_spread(desktops, rate):
    """All who wait ask no more often than *rate*, until the longest wait is reached."""
    pacer = Pacer(rate, now=lambda: 1000.0)
    turns = [pacer.again_in() for _ in range(desktops)]

    assert turns == sorted(turns)
    assert turns[0] >= SOONEST
    assert turns[-1] <= LATEST + 1e-9
    spread = [turn for turn in turns if turn < LATEST - 1e-9]
    for early, late in itertools.pairwise(spread):
        assert late - early >= 1 / rate - 1e-9
