"""A capture session as a graph: pure, each move guarded, the claim undone, and the end final.

    opened → resting → moving (1 … n) → matching → ended
                 ↘ examining ↗

While pictures are looked at, the session is *examining*: nobody else can submit anything. That
claim is given back (`undo`) when nothing was looked at; all that was learned is forgotten by no
other move.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from liveness.engine.cues import Step
from liveness.scans.errors import ScanOverError, ScanStepError, StepsSpentError
from liveness.scans.steps import left


class Stage(StrEnum):
    """Where a session stands."""

    OPENED = "opened"  # ordered; nobody has begun
    RESTING = "resting"  # the face at rest is wanted
    MOVING = "moving"  # the last of the steps is wanted
    EXAMINING = "examining"  # pictures are being looked at
    MATCHING = "matching"  # alive and present; whoever keeps the portrait is asked
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How many steps, and how often one may be asked for again."""

    steps: int = 3
    tries: int = 2
    rests: int = 8  # an honest person may have to find the light first


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A stage, and the steps that were asked for on the way there."""

    stage: Stage = Stage.OPENED
    steps: tuple[Step, ...] = ()
    skipped: frozenset[Step] = frozenset()
    agains: int = 0

    @property
    def wanted(self) -> Step | None:
        """The movement that is asked for; None at rest."""
        return self.steps[-1] if self.steps else None


_BUSY = frozenset({Stage.RESTING, Stage.MOVING})


def begin(state: State, skipped: frozenset[Step]) -> State:
    """Ask for the face at rest, and for none of *skipped* later.

    Raises:
        StepsSpentError: fewer than two movements would be left.
    """
    _at(state, Stage.OPENED)
    if len(left(skipped)) < 2:  # noqa: PLR2004 - one movement is no challenge
        raise StepsSpentError
    return State(stage=Stage.RESTING, skipped=skipped)


def examine(state: State) -> State:
    """Claim the session for one look at pictures."""
    _at(state, *_BUSY)
    return replace(state, stage=Stage.EXAMINING)


def undo(state: State) -> State:
    """Give the claim back: nothing was looked at."""
    _at(state, Stage.EXAMINING)
    return replace(state, stage=_awaiting(state))


def untouched(state: State) -> bool:
    """Say whether nobody has looked at any picture yet, nor looks at one now."""
    return state.stage in (Stage.OPENED, Stage.RESTING) and not state.agains


def may_again(state: State, rules: Rules) -> bool:
    """Say whether the same may be asked for once more."""
    return state.agains < (rules.tries if state.steps else rules.rests)


def again(state: State, rules: Rules) -> State:
    """Ask for the same once more."""
    _at(state, Stage.EXAMINING)
    if not may_again(state, rules):
        raise ScanStepError(detail="all tries are spent")
    return replace(state, stage=_awaiting(state), agains=state.agains + 1)


def ask(state: State, step: Step, rules: Rules) -> State:
    """Ask for the next movement, the face at rest or the last movement being seen."""
    _at(state, Stage.EXAMINING)
    if len(state.steps) >= rules.steps or step in state.skipped or step is state.wanted:
        raise ScanStepError(detail=f"{step} after {len(state.steps)} steps")
    agains = state.agains if state.steps else 0
    return replace(state, stage=Stage.MOVING, steps=(*state.steps, step), agains=agains)


def skip(state: State, step: Step) -> State:
    """Ask for *step* in the place of the movement that the person cannot make."""
    _at(state, Stage.MOVING)
    skipped = state.skipped | {state.steps[-1]}
    if len(left(skipped)) < 2:  # noqa: PLR2004 - as above
        raise StepsSpentError
    if step in skipped:
        raise ScanStepError(detail=f"{step} was skipped")
    return replace(state, steps=(*state.steps[:-1], step), skipped=skipped)


def complete(state: State, rules: Rules) -> State:
    """Go on to the comparison, every movement being seen."""
    _at(state, Stage.EXAMINING)
    if len(state.steps) != rules.steps:
        raise ScanStepError(detail=f"{len(state.steps)} of {rules.steps} steps")
    return replace(state, stage=Stage.MATCHING)


def end(state: State) -> State:
    """End, for whatever reason; nothing goes on after it."""
    if state.stage is Stage.ENDED:
        raise ScanOverError(detail="ended before")
    return replace(state, stage=Stage.ENDED)


def read(stage: str, steps: str, skipped: str, agains: int) -> State:
    """Return the state that was written as words."""
    return State(
        stage=Stage(stage),
        steps=tuple(map(Step, steps.split())),
        skipped=frozenset(map(Step, skipped.split())),
        agains=agains,
    )


def _awaiting(state: State) -> Stage:
    return Stage.MOVING if state.steps else Stage.RESTING


def _at(state: State, *stages: Stage) -> None:
    if state.stage is Stage.ENDED:
        raise ScanOverError(detail="ended before")
    if state.stage not in stages:
        raise ScanStepError(detail=f"at {state.stage}")
