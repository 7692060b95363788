"""From evidence to a verdict, and why."""

from dataclasses import dataclass
from enum import StrEnum

from liveness.engine.faces import NAN


class Reason(StrEnum):
    """Why a scan is refused; the first that applies."""

    POOR_CAPTURE = "poor_capture"
    CHALLENGE_FAILED = "challenge_failed"
    REPEATED_FRAMES = "repeated_frames"
    FACE_CHANGED = "face_changed"
    PRESENTATION_ATTACK = "presentation_attack"
    NO_MATCH = "no_match"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was measured over a whole scan; NaN where it was not."""

    usable: int  # frames that passed the quality gate
    steps_asked: int
    steps_performed: int
    repeats: float  # share of frames that came twice
    agreement: float  # of the frames chosen for the template: one face all along
    live: float  # the passive vote
    similarity: float  # probe with reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Where the lines are drawn; by evaluation, never by taste.

    *live* at NaN means that no model of presentation attacks is at work, and says so openly:
    with a model at work it is a number, and an unmeasured vote refuses.
    """

    similarity: float
    usable: int = 5
    steps: int = 3
    repeats: float = 0.10
    agreement: float = 0.70
    live: float = NAN

    @property
    def passive(self) -> bool:
        return self.live == self.live


def refusal(evidence: Evidence, policy: Policy) -> Reason | None:
    """Return the first reason to refuse, or None when there is none.

    An unmeasurable score is NaN, compares false both ways, and must refuse: so each line
    below states what is good enough, and is negated.
    """
    all_steps = evidence.steps_performed == evidence.steps_asked >= policy.steps
    good_enough = (
        (Reason.POOR_CAPTURE, evidence.usable >= policy.usable),
        (Reason.CHALLENGE_FAILED, all_steps),
        (Reason.REPEATED_FRAMES, evidence.repeats <= policy.repeats),
        (Reason.FACE_CHANGED, evidence.agreement >= policy.agreement),
        (Reason.PRESENTATION_ATTACK, not policy.passive or evidence.live >= policy.live),
        (Reason.NO_MATCH, evidence.similarity >= policy.similarity),
    )
    return next((reason for reason, good in good_enough if not good), None)
