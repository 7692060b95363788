"""Error rates, counted by hand on people made of numbers."""

import json

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from liveness.engine.templates import Metric
from liveness.evaluation import comparisons, material
from liveness.evaluation.command import evaluate
from liveness.evaluation.intervals import exact, over_subjects


@pytest.mark.parametrize(
    ("errors", "trials", "low", "high"),
    [
        (0, 7, 0.0, 0.4096),
        (7, 7, 0.5904, 1.0),
        (1, 10, 0.0025, 0.4450),
        (5, 100, 0.0164, 0.1128),
        (9, 1_792_440, 2.296e-6, 9.532e-6),
    ],
)
def test_clopper_and_pearson(errors, trials, low, high):
    """Values of the tables, which the beta distribution gives too."""
    rate = exact(errors, trials)

    assert rate.rate == errors / trials
    assert (rate.low, rate.high) == pytest.approx((low, high), rel=2e-2, abs=1e-4)


def test_no_trials_say_nothing():
    assert (exact(0, 0).low, exact(0, 0).high) == (0.0, 1.0)


def test_no_errors_leave_the_rule_of_three():
    rate = over_subjects(0, 1000, 10, lambda weights: 0.0)

    assert (rate.high, rate.method) == (0.003, "rule of three")


def people(seed=3, count=12, pictures=7, spread=0.35):
    """Unit vectors about a centre each; some strangers come out alike."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(count, 8))
    vectors = np.repeat(centres, pictures, axis=0)
    vectors = vectors + random.normal(size=vectors.shape) * spread * 2.8
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    files = [
        f"P{i // pictures:02d}/P{i // pictures:02d}_{i % pictures + 1:04d}.jpg"
        for i in range(len(vectors))
    ]
    return files, vectors.astype(np.float32)


@pytest.fixture
def data(tmp_path):
    files, vectors = people()
    directory = tmp_path / "data"
    directory.mkdir()
    np.savez(directory / "embeddings.npz", files=np.array(files), emb=vectors)
    return directory


def by_hand(files, vectors, threshold):
    """Count pair by pair, as slowly as can be."""
    false_match, impostors, shares = 0, 0, {}
    for i in range(len(files)):
        for j in range(i + 1, len(files)):
            mine, theirs = files[i].split("/")[0], files[j].split("/")[0]
            score = float(vectors[i] @ vectors[j])
            if mine == theirs:
                shares.setdefault(mine, []).append(score < threshold)
            else:
                impostors += 1
                false_match += score >= threshold
    return false_match, impostors, np.mean([np.mean(own) for own in shares.values()])


@pytest.mark.parametrize("threshold", [0.43, 0.50, 0.55])
def test_rates_are_what_counting_gives(data, threshold):
    files, vectors = people()
    false_match, impostors, missed = by_hand(files, vectors, threshold)
    gallery = material.gallery(data, None, print)

    fmr = comparisons.false_matches(comparisons.impostors(gallery), threshold)
    fnmr = comparisons.false_non_matches(comparisons.genuine(gallery), threshold)

    assert false_match > 0
    assert (fmr.errors, fmr.trials) == (false_match, impostors)
    assert fmr.low <= fmr.rate <= fmr.high
    assert fnmr.rate == pytest.approx(missed)
    assert fnmr.low <= fnmr.rate <= fnmr.high


def test_two_names_of_one_person_are_one(data):
    (data / "same.txt").write_text("P00\tP01\n", "utf-8")

    gallery = material.gallery(data, None, print)

    assert len(gallery.names) == 11
    assert comparisons.impostors(gallery).trials == by_hand(*people(), 0.5)[1] - 7 * 7


def test_a_mean_of_more_frames_misses_fewer(data):
    gallery = material.gallery(data, None, print)

    one, three, five = comparisons.templates(gallery, (1, 3, 5))

    assert [len(each.genuine) for each in (one, three, five)] == [12, 12, 12]
    assert np.mean(one.genuine) < np.mean(three.genuine) < np.mean(five.genuine)
    fmr, fnmr = comparisons.template_rates(three, 0.5)
    assert fmr.trials == 12 * 11
    assert fnmr.errors == sum(three.genuine < 0.5)


def test_a_distance_is_put_on_the_scale_of_a_cosine():
    """At length one they say the same, and thresholds move along."""
    _, vectors = people()

    cosine = comparisons.similarities(Metric.COSINE, vectors[:4], vectors)
    distance = comparisons.similarities(Metric.DISTANCE, vectors[:4], vectors)

    assert distance == pytest.approx(cosine, abs=1e-5)
    assert comparisons.cut(Metric.DISTANCE, -0.4) == pytest.approx(0.92)
    assert comparisons.cut(Metric.COSINE, 0.5) == 0.5


def test_listed_pairs_are_judged_fold_by_fold(data):
    lines = ["2\t2", "P00\t1\t2", "P01\t1\t2", "P00\t1\tP05\t1", "P01\t1\tP06\t1"]
    lines += ["P02\t1\t2", "P03\t1\t2", "P02\t1\tP07\t1", "P03\t1\tP08\t1"]
    (data / "pairs.txt").write_text("\n".join(lines), "utf-8")
    gallery = material.gallery(data, None, print)

    accuracy = comparisons.fold_accuracy(gallery, material.pairs(data))

    assert accuracy is not None
    assert accuracy[2] == 8
    assert 0.5 <= accuracy[0] <= 1


def test_the_whole_report_from_vectors(data, tmp_path, weights):
    """One command: a page that stands alone, and JSON that any parser takes."""
    (data / "groups").mkdir()
    (data / "groups" / "few.txt").write_text("P00\nP01\nP02\n", "utf-8")

    done = CliRunner().invoke(evaluate, ["--data", str(data), "--to", str(tmp_path / "out")])

    assert done.exit_code == 0, done.output
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "误识率" in page
    assert "<polyline" in page
    assert "not stopped by any of it" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    report = json.loads(
        (tmp_path / "out" / "report.json").read_text("utf-8"), parse_constant=pytest.fail
    )
    assert [part["name"] for part in report["parts"]] == ["all", "few"]
    assert report["parts"][1]["people"] == 3


def test_pictures_and_attacks_are_counted_by_species(tmp_path, portrait, weights):
    """A print of somebody claims them: with no passive model it is taken for live, and matches."""
    data = tmp_path / "data"
    for person, name in (("A", "obama"), ("B", "biden")):
        for place in (f"{person}", f"pad/bonafide/{person}"):
            (data / place).mkdir(parents=True)
            cv2.imwrite(str(data / place / "1.jpg"), portrait(name))
        cv2.imwrite(str(data / person / "2.jpg"), cv2.flip(portrait(name), 1))
    for person, name in (("A", "obama"), ("B", "obama")):
        (data / "pad/attack/print" / person).mkdir(parents=True)
        shown = cv2.GaussianBlur(portrait(name), (0, 0), 1.5)
        cv2.imwrite(str(data / "pad/attack/print" / person / "1.jpg"), shown)

    done = CliRunner().invoke(evaluate, ["--data", str(data), "--to", str(tmp_path / "out")])

    assert done.exit_code == 0, done.output
    attacks = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))["attacks"]
    (species,) = attacks["species"]
    assert (species["apcer"]["errors"], species["apcer"]["trials"]) == (2, 2)
    assert (species["iapar"]["errors"], species["iapar"]["trials"]) == (1, 2)
    assert (attacks["frr"]["errors"], attacks["frr"]["trials"]) == (0, 2)
    assert attacks["models"] == []
    assert "every attack passes" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_an_empty_directory_is_an_error_and_not_a_perfect_score(tmp_path, weights):
    done = CliRunner().invoke(evaluate, ["--data", str(tmp_path), "--to", str(tmp_path / "out")])

    assert done.exit_code == 1
    assert "no faces" in done.output
