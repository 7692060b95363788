"""What becomes of a code: a graph, and nothing else."""

from enum import StrEnum


class State(StrEnum):
    """Where a code stands; from the last three nothing leads on."""

    NEW = "new"
    SCANNED = "scanned"
    CONFIRMED = "confirmed"
    USED = "used"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Step(StrEnum):
    """What can happen to a code; time lets it lapse, and so does drawing another."""

    SCAN = "scan"
    CONFIRM = "confirm"
    REJECT = "reject"
    USE = "use"
    LAPSE = "lapse"


GRAPH: dict[tuple[State, Step], State] = {
    (State.NEW, Step.SCAN): State.SCANNED,
    (State.NEW, Step.LAPSE): State.EXPIRED,
    (State.SCANNED, Step.CONFIRM): State.CONFIRMED,
    (State.SCANNED, Step.REJECT): State.REJECTED,
    (State.SCANNED, Step.LAPSE): State.EXPIRED,
    (State.CONFIRMED, Step.USE): State.USED,
    (State.CONFIRMED, Step.LAPSE): State.EXPIRED,
}


def after(state: State, step: Step) -> State | None:
    """Return where *step* leads from *state*, or None where it leads nowhere."""
    return GRAPH.get((state, step))


def before(step: Step) -> tuple[State, ...]:
    """Return the states in which *step* may be taken."""
    return tuple(state for state, taken in GRAPH if taken is step)


def open_states() -> tuple[State, ...]:
    """Return the states in which something may still happen."""
    return before(Step.LAPSE)


def at(state: State, *, expires_at: int, now: int) -> State:
    """Return what *state* has become by *now*: nobody writes down that time has passed."""
    return after(state, Step.LAPSE) or state if now >= expires_at else state
