"""The way to a proven name, walked at random: nothing skipped, undone wrongly or proven free."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from idp.proofing import graph
from idp.proofing.graph import MOVES, PRESUMES, Fact, State, Step, StepError
from idp.registry.results import Result

NAMES = sorted({move.name for move in MOVES})
STATES = [State(step, facts) for step, facts in PRESUMES.items()]
ANSWERS = {"match", "differ", "unlike", "dismiss", "silence"}
BY_FACE = {Step.FACE, Step.IDENTIFY, Step.READY, Step.SCAN, Step.FACELESS}
FACTS = st.frozensets(st.sampled_from(list(Fact)))


class Walk(RuleBasedStateMachine):
    """Somebody who presses every button, and posts forms that no page offered."""

    def __init__(self):
        super().__init__()
        self.state = State()
        self.passed = []  # (state, move) since the attempt began
        self.asked_now = False  # whether a question of this attempt is open
        self.matched_now = False

    @rule(name=st.sampled_from(NAMES))
    def press(self, name):
        """Any move but an authority's answer; a refused one changes nothing."""
        if name in ANSWERS:
            return
        before = self.state
        try:
            self.state = graph.after(before, name)
        except StepError:
            assert name not in graph.names(before.step)
            return
        self.passed.append((before, name))
        self.asked_now = name in {"ask", "open"}

    @precondition(lambda self: self.state.step is Step.CHECKING)
    @rule(result=st.sampled_from(list(Result)))
    def answer(self, result):
        self.state = graph.after(self.state, graph.answered(result))
        self.matched_now = result is Result.MATCH and self.asked_now
        self.asked_now = False
        self.passed.append((self.state, "answer"))

    @precondition(lambda self: self.state.step is Step.SCAN)
    @rule(result=st.sampled_from(list(Result)))
    def see(self, result):
        self.state = graph.after(self.state, graph.seen(result))
        self.matched_now = result is Result.MATCH and self.asked_now
        self.asked_now = False
        self.passed.append((self.state, "see"))

    @rule()
    def undo(self):
        before = self.state
        try:
            self.state = graph.back(before)
        except StepError:
            assert not graph.can_go_back(before.step)

    @precondition(lambda self: self.passed and self.state.step not in graph.ENDS)
    @rule()
    def do_and_undo(self):
        """Undo returns to the exact former state."""
        for move in MOVES:
            if move.undone and move.start is self.state.step:
                assert graph.back(graph.after(self.state, move.name)) == self.state

    @precondition(lambda self: self.state.step in graph.ENDS)
    @rule()
    def begin_anew(self):
        self.state, self.passed, self.matched_now = State(), [], False

    @invariant()
    def the_step_has_what_it_presumes(self):
        assert self.state.facts == PRESUMES[self.state.step]

    @invariant()
    def proven_means_matched_in_this_attempt(self):
        if self.state.step is Step.PROVEN:
            assert self.matched_now

    @invariant()
    def there_is_a_way_on(self):
        assert self.state.step in graph.ENDS or graph.names(self.state.step)


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


@given(step=st.sampled_from(list(Step)), facts=FACTS, name=st.sampled_from(NAMES))
def test_a_forged_state_leads_nowhere(step, facts, name):
    """TRUST §2, step skipping: facts that do not fit the step are refused, whatever they are."""
    state = State(step, facts)
    if graph.coherent(state):
        return

    for leave in (lambda: graph.after(state, name), lambda: _back(state)):
        with pytest.raises(StepError):
            leave()


def _back(state):
    if not graph.can_go_back(state.step):
        raise StepError
    graph.back(state)


@given(result=st.sampled_from(list(Result)))
def test_only_a_match_proves(result):
    asked = State(Step.CHECKING, PRESUMES[Step.CHECKING])

    after = graph.after(asked, graph.answered(result))

    assert (after.step is Step.PROVEN) == (result is Result.MATCH)
    assert result.unanswered <= (after.step in {Step.REVIEW, Step.ENTER})


@given(result=st.sampled_from(list(Result)))
def test_only_a_match_of_a_face_proves(result):
    """Who is refused may try again, correct what was typed, or go where no camera is needed."""
    scanned = State(Step.SCAN, PRESUMES[Step.SCAN])

    after = graph.after(scanned, graph.seen(result))

    assert (after.step is Step.PROVEN) == (result is Result.MATCH)
    assert result.unanswered <= (after.step in {Step.READY, Step.IDENTIFY})
    assert (after.step is Step.FACELESS) == (result in {Result.NO_RECORD, Result.NO_PHOTO})


def test_only_the_authoritys_answer_gains_a_match():
    gaining = [move for move in MOVES if Fact.MATCHED in move.gains]

    found = {(move.start, move.name) for move in gaining}
    assert found == {(Step.CHECKING, "match"), (Step.SCAN, "match")}


def test_the_way_by_face_is_left_by_its_ends_alone():
    """No answer about a name and a number proves a face, nor the other way round."""
    crossing = {
        (move.start, move.end) for move in MOVES if (move.start in BY_FACE) != (move.end in BY_FACE)
    }

    assert {start for start, end in crossing if end in BY_FACE} == {Step.WAYS}
    assert {end for start, end in crossing if start in BY_FACE} == {
        Step.WAYS,
        Step.COUNTER,
        Step.PROVEN,
    }


@pytest.mark.parametrize("step", sorted(BY_FACE), ids=lambda step: step.value)
def test_there_is_another_way_at_every_step_of_a_face(step):
    """The face is never the only way."""
    assert "another_way" in graph.names(step)


@given(step=st.sampled_from([Step.READY, Step.SCAN]))
def test_what_was_entered_outlives_the_camera(step):
    """No camera, a locked face, an authority that is away: name and number need no second time."""
    gone = graph.after(State(step, PRESUMES[step]), "unable")

    assert Fact.ENTERED in gone.facts
    assert graph.back(gone).step is Step.READY


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.step.value)
def test_from_everywhere_a_counter_and_the_proof_can_be_reached(state):
    """Nobody is ever stuck: not without a camera, a record, or a second try."""
    reached, waiting = set(), [state]
    while waiting:
        here = waiting.pop()
        if here in reached:
            continue
        reached.add(here)
        waiting += [graph.after(here, name) for name in graph.names(here.step)]
    steps = {found.step for found in reached}

    if state.step not in graph.ENDS:
        assert {Step.BOOKED, Step.PROVEN} <= steps


def test_back_is_unambiguous():
    """At most one move that can be undone leads to each step."""
    ends = [move.end for move in MOVES if move.undone]

    assert len(ends) == len(set(ends))


def test_a_state_survives_being_written():
    for state in STATES:
        words = " ".join(sorted(state.facts))
        assert graph.read(state.step.value, words.split()) == state
