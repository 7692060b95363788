"""The way to a proven name, as a graph: steps with what each presumes, moves that can be undone.

Pure: it knows neither a database nor a page. A state is a step and the facts gained on the way
there; a step is entered only with the facts that it presumes, and `MATCHED` is gained by an
authority's answer alone, to the question that this very attempt asked. The way by face has steps
of its own, so that no answer about a name passes for one about a face.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from idp.errors import IdentityError
from idp.registry.results import Result


class StepError(IdentityError):
    """The attempt stands elsewhere: another window was faster, or a step was left out."""

    code = "proofing_step"
    status = 409
    description = "This step is over, or not open yet. Go on where you left off."


class Step(StrEnum):
    """Where somebody stands."""

    WAYS = "ways"  # choose how
    NOTICE = "notice"  # what will be checked, by whom
    ENTER = "enter"  # name and number
    REVIEW = "review"  # entered, not answered: ask now, or another day
    CHECKING = "checking"  # an authority is being asked
    ELSEWHERE = "elsewhere"  # this cannot be settled at a screen
    FACE = "face"  # what will be checked by face, by whom
    IDENTIFY = "face_enter"  # name and number of the person before the camera
    READY = "face_ready"  # the scan may begin
    SCAN = "face_scan"  # a scan is open
    FACELESS = "face_elsewhere"  # no camera settles this
    COUNTER = "counter"  # choose a place and a time
    BOOKED = "booked"
    PROVEN = "proven"


class Fact(StrEnum):
    """What is established on the way."""

    WAY = "way"
    AGREED = "agreed"
    ENTERED = "entered"
    ASKED = "asked"
    MATCHED = "matched"
    APPOINTED = "appointed"


_W, _A, _E, _Q = Fact.WAY, Fact.AGREED, Fact.ENTERED, Fact.ASKED

PRESUMES: dict[Step, frozenset[Fact]] = {
    Step.WAYS: frozenset(),
    Step.NOTICE: frozenset({_W}),
    Step.ENTER: frozenset({_W, _A}),
    Step.REVIEW: frozenset({_W, _A, _E}),
    Step.CHECKING: frozenset({_W, _A, _E, _Q}),
    Step.PROVEN: frozenset({_W, _A, _E, _Q, Fact.MATCHED}),
    Step.ELSEWHERE: frozenset({_W, _A}),
    Step.FACE: frozenset({_W}),
    Step.IDENTIFY: frozenset({_W, _A}),
    Step.READY: frozenset({_W, _A, _E}),
    Step.SCAN: frozenset({_W, _A, _E, _Q}),
    Step.FACELESS: frozenset({_W, _A, _E}),
    Step.COUNTER: frozenset(),
    Step.BOOKED: frozenset({Fact.APPOINTED}),
}
ENDS = frozenset({Step.PROVEN, Step.BOOKED})


@dataclass(frozen=True, slots=True)
class State:
    """A step and the facts gained on the way there."""

    step: Step = Step.WAYS
    facts: frozenset[Fact] = frozenset()


@dataclass(frozen=True, slots=True)
class Move:
    """An edge: *gains* facts; *undone* by Back if it says so, else for good."""

    name: str
    start: Step
    end: Step
    gains: frozenset[Fact] = frozenset()
    undone: bool = False


def _gaining(name: str, start: Step, end: Step, *gains: Fact, undone: bool = False) -> Move:
    return Move(name, start, end, frozenset(gains), undone)


# A move keeps, of the facts there are, those that its end presumes: going to an earlier step
# forgets what came after it.
MOVES: tuple[Move, ...] = (
    _gaining("choose", Step.WAYS, Step.NOTICE, _W, undone=True),
    _gaining("agree", Step.NOTICE, Step.ENTER, _A, undone=True),
    _gaining("enter", Step.ENTER, Step.REVIEW, _E, undone=True),
    _gaining("ask", Step.REVIEW, Step.CHECKING, _Q),
    # The authority's answer.
    _gaining("match", Step.CHECKING, Step.PROVEN, Fact.MATCHED),
    _gaining("differ", Step.CHECKING, Step.ENTER),
    _gaining("dismiss", Step.CHECKING, Step.ELSEWHERE),
    _gaining("silence", Step.CHECKING, Step.REVIEW),
    # By face. Who has proven a name before need not enter it, but may look at it.
    _gaining("show", Step.WAYS, Step.FACE, _W, undone=True),
    _gaining("agree", Step.FACE, Step.IDENTIFY, _A, undone=True),
    _gaining("agree_known", Step.FACE, Step.READY, _A, _E),
    _gaining("enter", Step.IDENTIFY, Step.READY, _E, undone=True),
    _gaining("open", Step.READY, Step.SCAN, _Q),
    _gaining("open", Step.SCAN, Step.SCAN, _Q),
    _gaining("match", Step.SCAN, Step.PROVEN, Fact.MATCHED),
    _gaining("differ", Step.SCAN, Step.IDENTIFY),
    _gaining("unlike", Step.SCAN, Step.READY),
    _gaining("dismiss", Step.SCAN, Step.FACELESS),
    _gaining("silence", Step.SCAN, Step.READY),
    _gaining("leave", Step.SCAN, Step.READY),
    _gaining("retry", Step.FACELESS, Step.READY),
    _gaining("renew", Step.READY, Step.FACE),
    *(
        _gaining("unable", step, Step.FACELESS)  # no camera, a face that is locked
        for step in (Step.READY, Step.SCAN)
    ),
    # Side roads.
    _gaining("retry", Step.ELSEWHERE, Step.ENTER),
    _gaining("visit", Step.WAYS, Step.COUNTER, undone=True),
    _gaining("visit", Step.ELSEWHERE, Step.COUNTER),
    _gaining("visit", Step.FACELESS, Step.COUNTER),
    _gaining("book", Step.COUNTER, Step.BOOKED, Fact.APPOINTED),
    *(
        _gaining("another_way", step, Step.WAYS)
        for step in Step
        if step not in (Step.WAYS, Step.CHECKING, *ENDS)
    ),
)

_BY_START = {(move.start, move.name): move for move in MOVES}
_BACK = {move.end: move for move in MOVES if move.undone}
# Steps that no single move leads to: Back has a place of its own there.
_BACK_TO = {Step.ELSEWHERE: "retry", Step.SCAN: "leave", Step.FACELESS: "retry"}

UNLIKE = frozenset({Result.FACE_MISMATCH, Result.FACE_GREY, Result.LIVENESS_FAIL})
"""Results of a scan that did not show the person, whoever says so and why."""
_ANSWERS: dict[Result, str] = {
    Result.MATCH: "match",
    Result.MISMATCH: "differ",
    Result.BAD_INPUT: "differ",
    Result.RATE_LIMITED: "silence",
    Result.SOURCE_DOWN: "silence",
}
# Another face, one that is perhaps the same, and none alive lead to the same place: whoever
# tries pictures out learns nothing from it.
_SEEN = _ANSWERS | dict.fromkeys(UNLIKE, "unlike")


def answered(result: Result) -> str:
    """Return the move that *result* makes; what is neither yes, no nor silence needs a counter."""
    return _ANSWERS.get(result, "dismiss")


def seen(result: Result) -> str:
    """Return the move that *result* of a scan makes; another face, or none alive, may try again."""
    return _SEEN.get(result, "dismiss")


def names(step: Step) -> frozenset[str]:
    """Return the moves that lead on from *step*."""
    return frozenset(name for start, name in _BY_START if start is step)


def after(state: State, name: str) -> State:
    """Return where the move *name* leads from *state*.

    Raises:
        StepError: no such move begins there, or its end presumes what is not established.
    """
    move = _BY_START.get((state.step, name))
    if move is None or not coherent(state):
        raise StepError(detail=f"{name} from {state.step}")
    facts = (state.facts | move.gains) & PRESUMES[move.end]
    if facts != PRESUMES[move.end]:
        raise StepError(detail=f"{name} to {move.end} lacks {PRESUMES[move.end] - facts}")
    return State(move.end, facts)


def back(state: State) -> State:
    """Return the state before the last move that can be undone.

    Raises:
        StepError: there is no way back from here.
    """
    if state.step in _BACK_TO:
        return after(state, _BACK_TO[state.step])
    move = _BACK.get(state.step)
    if move is None or not coherent(state):
        raise StepError(detail=f"back from {state.step}")
    return State(move.start, state.facts - move.gains)


def can_go_back(step: Step) -> bool:
    """Say whether Back leads anywhere from *step*."""
    return step in _BACK or step in _BACK_TO


def coherent(state: State) -> bool:
    """Say whether *state* has the facts that its step presumes, and no others."""
    return state.facts == PRESUMES[state.step]


def read(step: str, facts: Iterable[str]) -> State:
    """Return the state that was written as words."""
    return State(Step(step), frozenset(map(Fact, facts)))
