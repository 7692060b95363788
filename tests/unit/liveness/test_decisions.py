"""Decisions on numbers alone: what was not measured refuses."""

from dataclasses import replace

import numpy as np
import pytest

from liveness.engine import comparison, templates
from liveness.engine.comparison import IncomparableError, Risk
from liveness.engine.cues import Step, is_neutral, performed
from liveness.engine.decision import Evidence, Policy, Reason, refusal
from liveness.engine.duplicates import repeats
from liveness.engine.faces import NAN, Observation, Pose, Quality
from liveness.engine.gate import Flaw, flaws
from liveness.engine.planarity import residual
from liveness.engine.presentation_attack import vote
from liveness.engine.templates import Metric, Template, TemplateError, mean_template

GOOD = Evidence(
    usable=8, steps_asked=3, steps_performed=3, repeats=0.0, agreement=0.9, live=0.9, similarity=0.6
)
POLICY = Policy(similarity=0.5, live=0.5)
FINE = Observation(
    width=640,
    height=480,
    fingerprint=0,
    faces=1,
    presence=1.0,
    pose=Pose(yaw=0, pitch=0, roll=0),
    mouth=0.02,
    right_eye=0.30,
    left_eye=0.30,
    quality=Quality(
        size=200, share=0.5, sharpness=200, brightness=120, contrast=40, dark=0, glare=0, margin=0.3
    ),
)


def test_good_evidence_is_not_refused():
    assert refusal(GOOD, POLICY) is None


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("usable", Reason.POOR_CAPTURE),
        ("repeats", Reason.REPEATED_FRAMES),
        ("agreement", Reason.FACE_CHANGED),
        ("live", Reason.PRESENTATION_ATTACK),
        ("similarity", Reason.NO_MATCH),
    ],
)
def test_what_was_not_measured_is_refused(field, reason):
    assert refusal(replace(GOOD, **{field: NAN}), POLICY) is reason


def test_every_step_that_was_asked_must_be_performed():
    assert refusal(replace(GOOD, steps_performed=2), POLICY) is Reason.CHALLENGE_FAILED
    fewer = replace(GOOD, steps_performed=2, steps_asked=2)
    assert refusal(fewer, POLICY) is Reason.CHALLENGE_FAILED


def test_an_unmeasured_threshold_passes_nobody():
    assert refusal(GOOD, Policy(similarity=NAN)) is Reason.NO_MATCH


def test_no_passive_model_is_a_policy_and_not_an_accident():
    """Only a policy that says so lets an unmeasured vote through."""
    unmeasured = replace(GOOD, live=NAN)

    assert refusal(unmeasured, Policy(similarity=0.5)) is None
    assert refusal(unmeasured, POLICY) is Reason.PRESENTATION_ATTACK


def test_a_fine_capture_has_no_flaw_and_each_unmeasured_part_is_one():
    assert flaws(FINE) == ()
    for part in ("size", "share", "sharpness", "brightness", "contrast", "glare", "margin"):
        assert flaws(replace(FINE, quality=replace(FINE.quality, **{part: NAN}))), part
    for part in ("presence", "mouth", "right_eye", "left_eye"):
        assert flaws(replace(FINE, **{part: NAN})), part
    for part in ("yaw", "pitch", "roll"):
        assert flaws(replace(FINE, pose=replace(FINE.pose, **{part: NAN}))), part
    assert flaws(replace(FINE, faces=0)) == (Flaw.NO_FACE,)


def eyes(*openings):
    return [replace(FINE, right_eye=one, left_eye=two) for one, two in openings]


@pytest.mark.parametrize(
    ("openings", "blinked"),
    [
        ([(0.31, 0.32), (0.10, 0.12), (0.30, 0.31)], True),
        ([(0.31, 0.32), (0.10, 0.12), (0.11, 0.12)], False),  # never opened again
        ([(0.31, 0.32), (0.10, 0.30), (0.30, 0.31)], False),  # a wink
        ([(0.31, 0.32), (0.24, 0.25), (0.30, 0.31)], False),  # a squint
        ([(0.31, 0.32), (NAN, NAN), (0.30, 0.31)], False),
        ([], False),
    ],
)
def test_a_blink_closes_both_eyes_and_opens_them(openings, blinked):
    assert performed(Step.BLINK, FINE, eyes(*openings)) is blinked


def test_narrow_eyes_are_measured_against_themselves():
    """Somebody whose eyes are 0.20 open must close them further than 0.18."""
    narrow = replace(FINE, right_eye=0.2, left_eye=0.2)

    assert not performed(Step.BLINK, narrow, eyes((0.2, 0.2), (0.17, 0.17), (0.2, 0.2)))
    assert performed(Step.BLINK, narrow, eyes((0.2, 0.2), (0.1, 0.1), (0.2, 0.2)))


@pytest.mark.parametrize("step", list(Step))
def test_nothing_is_performed_by_nothing(step):
    unseen = Observation(width=1, height=1, fingerprint=0, faces=0)
    doubled = replace(FINE, faces=2)

    assert not performed(step, FINE, [])
    assert not performed(step, FINE, [FINE] * 5)
    assert not performed(step, FINE, [unseen, doubled])
    assert not performed(step, unseen, [FINE])


def test_between_steps_the_head_comes_back():
    turned = replace(FINE, pose=replace(FINE.pose, yaw=20.0))

    assert is_neutral(FINE, FINE)
    assert not is_neutral(turned, FINE)
    assert not is_neutral(replace(FINE, mouth=NAN), FINE)


def test_a_plane_leaves_nothing_unexplained_and_a_head_does():
    """Points of a sphere, seen from two sides; then the same points pressed flat."""
    random = np.random.default_rng(7)
    flat = random.uniform(-1, 1, (468, 2))
    flat[[33, 263]] = [-0.5, -0.3], [0.5, -0.3]
    depth = np.sqrt(np.maximum(0, 2.2 - (flat**2).sum(axis=1)))[:, None]

    def seen(points, degrees):
        a = np.radians(degrees)
        turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        far = points @ turn.T + [0, 0, 8]
        return (far[:, :2] / far[:, 2:] * 800).astype(np.float32)

    sheet = np.hstack([flat, np.zeros_like(depth)])
    head = np.hstack([flat, depth])

    assert residual(seen(sheet, 0), seen(sheet, 40)) < 1e-4
    assert residual(seen(head, 0), seen(head, 30)) > 0.05
    assert not residual(np.full((468, 2), np.nan, np.float32), seen(head, 20)) >= 0


def unit(*values):
    return (np.array(values) / np.linalg.norm(values)).astype(np.float32)


NEAR = [unit(1, 0.1 * index, 0) for index in range(5)]


@pytest.mark.parametrize("count", [0, 1, 2, 6])
def test_a_template_is_of_three_to_five(count):
    with pytest.raises(TemplateError):
        mean_template("sface-x", Metric.COSINE, (NEAR * 2)[:count])


def test_a_template_is_the_mean_at_length_one():
    made = mean_template("sface-x", Metric.COSINE, NEAR[:3])

    assert np.linalg.norm(made.vector) == pytest.approx(1)
    assert made.vector == pytest.approx(unit(*np.mean(NEAR[:3], axis=0)))


@pytest.mark.parametrize("stranger", [unit(0, 0, 1), np.full(3, np.nan, np.float32)])
def test_a_template_is_of_one_face(stranger):
    """A face swapped in for one frame spoils it, and so does one that is no number."""
    with pytest.raises(TemplateError, match="one face"):
        mean_template("sface-x", Metric.COSINE, [*NEAR[:2], stranger])


def test_models_are_never_mixed():
    mine, theirs = (Template(m, Metric.COSINE, unit(1, 0)) for m in ("sface-a", "sface-b"))

    with pytest.raises(IncomparableError):
        comparison.similarity(mine, theirs)


def test_more_at_stake_asks_for_more():
    probe = Template("sface-a", Metric.COSINE, unit(1, 0))
    likeness = [
        Template("sface-a", Metric.COSINE, unit(c, (1 - c * c) ** 0.5)) for c in (0.45, 0.52)
    ]

    assert [comparison.matches(probe, one, Risk.LOW) for one in likeness] == [True, True]
    assert [comparison.matches(probe, one, Risk.NORMAL) for one in likeness] == [False, True]
    assert [comparison.matches(probe, one, Risk.HIGH) for one in likeness] == [False, False]


@pytest.mark.parametrize("vector", [np.zeros(2), np.full(2, np.nan), np.array([2.0, 0])])
def test_a_vector_of_no_length_or_any_matches_nobody(vector):
    probe = Template("sface-a", Metric.COSINE, unit(1, 0))

    assert not comparison.matches(probe, Template("sface-a", Metric.COSINE, np.float32(vector)))


def test_a_model_never_measured_matches_nobody():
    one = Template("unheard-of", Metric.COSINE, unit(1, 0))

    assert not comparison.matches(one, one)


def lives(*scores):
    return [replace(FINE, live=score if isinstance(score, tuple) else (score,)) for score in scores]


@pytest.mark.parametrize(
    ("frames", "outcome"),
    [
        (lives(0.9, 0.8, 0.1, 0.9, 0.9), 0.9),
        (lives(*[(0.9, 0.2)] * 5), 0.2),  # the strictest model decides
        (lives(0.9, 0.9, 0.9, 0.9), NAN),  # too few
        (lives(0.9, 0.9, NAN, 0.9, 0.9), NAN),
        (lives(*[(0.9, NAN)] * 6), NAN),  # a model that fails throughout
        (lives(2.0, 2.0, 2.0, 2.0, 2.0), NAN),
        ([FINE] * 5, NAN),  # no model at work
        ([], NAN),
    ],
)
def test_the_passive_vote_is_a_median(frames, outcome):
    assert vote(frames) == pytest.approx(outcome, nan_ok=True)


def test_holding_still_is_no_repetition_and_a_loop_is():
    still = [0b0] * 6
    moving = [0b1111 << shift for shift in range(0, 24, 4)]

    assert repeats(still) == 0
    assert repeats(moving) == 0
    assert repeats(moving * 2) == 6
    assert templates.FEWEST == 3
