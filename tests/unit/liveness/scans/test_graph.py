"""The graph of a capture session, whatever is done to it: by hypothesis."""

import secrets
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.errors import IdentityError
from liveness.engine.cues import Step
from liveness.scans import graph, steps
from liveness.scans.errors import ScanOverError, ScanStepError, StepsSpentError
from liveness.scans.graph import Rules, Stage, State

RULES = Rules(steps=3, tries=2, rests=8)
ANY_STEP = st.sampled_from(list(Step))
SKIPS = st.frozensets(ANY_STEP)
MOVES = ("begin", "examine", "undo", "again", "ask", "skip", "complete", "end")


def make(state, move, step, skipped):
    if move == "begin":
        return graph.begin(state, skipped)
    if move in ("again", "complete"):
        return getattr(graph, move)(state, RULES)
    if move == "ask":
        return graph.ask(state, step, RULES)
    if move == "skip":
        return graph.skip(state, step)
    return getattr(graph, move)(state)


@given(st.lists(st.tuples(st.sampled_from(MOVES), ANY_STEP, SKIPS), max_size=40))
def test_no_sequence_of_moves_breaks_the_rules(moves):
    """Matching is reached by all steps; tries are kept; what was skipped is not asked for."""
    state, ended = State(), False
    for move, step, skipped in moves:
        try:
            state = make(state, move, step, skipped)
        except IdentityError:
            continue
        assert not ended, "something went on after the end"
        ended = state.stage is Stage.ENDED
        assert len(state.steps) <= RULES.steps
        assert not state.skipped & set(state.steps[-1:])
        assert all(one is not two for one, two in zip(state.steps, state.steps[1:], strict=False))
        assert state.agains <= (RULES.tries if state.steps else RULES.rests)
        if state.stage is Stage.MATCHING:
            assert len(state.steps) == RULES.steps
        if state.stage is Stage.RESTING:
            assert not state.steps


@given(SKIPS)
def test_an_honest_way_leads_to_matching(skipped):
    if len(Step) - len(skipped) < 2:
        with pytest.raises(StepsSpentError):
            graph.begin(State(), skipped)
        return
    state = graph.begin(State(), skipped)
    for _ in range(RULES.steps):
        state = graph.examine(state)
        state = graph.ask(state, steps.choose(state.steps, state.skipped), RULES)
    state = graph.complete(graph.examine(state), RULES)

    assert state.stage is Stage.MATCHING
    assert not set(state.steps) & skipped
    if len(Step) - len(skipped) >= RULES.steps:
        assert len(set(state.steps)) == RULES.steps


@given(SKIPS, st.integers(0, 2))
def test_a_claim_given_back_leaves_no_trace(skipped, asked):
    state = State(stage=Stage.RESTING, skipped=skipped - {Step.NOD, Step.BLINK})
    if asked:
        state = replace(state, stage=Stage.MOVING, steps=(Step.NOD, Step.BLINK)[:asked])

    assert graph.undo(graph.examine(state)) == state


def test_while_pictures_are_looked_at_nothing_else_is_taken():
    state = graph.examine(graph.begin(State(), frozenset()))

    with pytest.raises(ScanStepError):
        graph.examine(state)
    with pytest.raises(ScanStepError):
        graph.skip(state, Step.NOD)


@pytest.mark.parametrize("move", MOVES)
def test_nothing_goes_on_after_the_end(move):
    with pytest.raises(ScanOverError):
        make(graph.end(State()), move, Step.NOD, frozenset())


def test_skipping_stops_at_two_movements():
    state = State(stage=Stage.MOVING, steps=(Step.NOD,))
    for _ in range(3):
        other = steps.replacement(state.steps, state.skipped)
        state = graph.skip(state, other)

    assert steps.replacement(state.steps, state.skipped) is None
    with pytest.raises(StepsSpentError):
        graph.skip(state, Step.BLINK)


def test_what_is_written_is_read_again():
    state = State(
        stage=Stage.MOVING,
        steps=(Step.NOD, Step.BLINK),
        skipped=frozenset({Step.TURN_LEFT}),
        agains=1,
    )

    assert graph.read("moving", "nod blink", "turn_left", 1) == state


def test_movements_are_drawn_by_a_generator_that_nobody_foresees(monkeypatch):
    """And each can be the first."""
    asked = []

    def draw(options):
        asked.append(list(options))
        return options[0]

    monkeypatch.setattr(secrets, "choice", draw)
    steps.choose((Step.NOD,), {Step.BLINK})

    assert asked == [[Step.TURN_LEFT, Step.TURN_RIGHT, Step.OPEN_MOUTH]]
    monkeypatch.undo()
    assert {steps.choose((), ()) for _ in range(300)} == set(Step)


def test_the_wait_is_random_and_within_bounds():
    waits = {steps.random_wait() for _ in range(300)}

    assert min(waits) >= 400
    assert max(waits) <= 1500
    assert len(waits) > 100
