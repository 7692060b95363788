"""False matches and false non-matches, one to one, as ISO/IEC 19795-1 counts them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liveness.engine.templates import Metric
from liveness.evaluation.intervals import Rate, Weights, exact, over_subjects
from liveness.evaluation.material import Gallery

_BINS = 2000  # of the cosine, from -1 to 1
_LOWEST = 0.30  # single impostor scores are kept from here up
_BLOCK = 1024
Scores = NDArray[np.float32]


def similarities(metric: Metric, one: Scores, other: Scores) -> Scores:
    """Return cosines; or for distances 1 - d²/2, which is the cosine at length one."""
    inner = one @ other.T
    if metric is Metric.COSINE:
        return inner
    squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None, :]
    return np.asarray(1 - (squares - 2 * inner) / 2, np.float32)


def cut(metric: Metric, threshold: float) -> float:
    """Return *threshold* on the scale of `similarities`."""
    return threshold if metric is Metric.COSINE else 1 - threshold**2 / 2


@dataclass(frozen=True, slots=True)
class Impostors:
    """All comparisons of different people: a histogram, and the high ones singly."""

    histogram: NDArray[np.int64]
    scores: Scores
    left: NDArray[np.int64]  # subjects of the high ones
    right: NDArray[np.int64]
    trials: int
    pictures: Weights  # of each subject


@dataclass(frozen=True, slots=True)
class Genuine:
    """All comparisons of one person with themselves."""

    scores: Scores
    subjects: NDArray[np.int64]
    people: int


def impostors(gallery: Gallery) -> Impostors:
    histogram = np.zeros(_BINS + 1, np.int64)
    kept: list[tuple[Scores, NDArray[np.int64], NDArray[np.int64]]] = []
    vectors, subjects = gallery.vectors, gallery.subjects
    for start in range(0, len(vectors), _BLOCK):
        rows = slice(start, start + _BLOCK)
        scores = similarities(gallery.metric, vectors[rows], vectors[start:])
        own, others = subjects[rows], subjects[start:]
        once = np.arange(scores.shape[1])[None, :] > np.arange(scores.shape[0])[:, None]
        valid = once & (own[:, None] != others[None, :])
        flat = scores[valid]
        cells = np.clip(np.round((flat + 1) * (_BINS / 2)), 0, _BINS).astype(np.int64)
        histogram += np.bincount(cells, minlength=_BINS + 1)
        high = np.nonzero(valid & (scores >= _LOWEST))
        kept.append((scores[high], own[high[0]], others[high[1]]))
    pictures = np.bincount(subjects, minlength=len(gallery.names)).astype(np.float64)
    scores, left, right = (np.concatenate(part) for part in zip(*kept, strict=True))
    return Impostors(histogram, scores, left, right, int(histogram.sum()), pictures)


def genuine(gallery: Gallery) -> Genuine:
    scores, subjects = [np.empty(0, np.float32)], [np.empty(0, np.int64)]
    people = 0
    for number in range(len(gallery.names)):
        own = gallery.vectors[gallery.subjects == number]
        if len(own) < 2:  # noqa: PLR2004 - a comparison takes two
            continue
        upper = np.triu_indices(len(own), 1)
        scores.append(similarities(gallery.metric, own, own)[upper])
        subjects.append(np.full(len(upper[0]), people))
        people += 1
    return Genuine(np.concatenate(scores), np.concatenate(subjects), people)


def false_matches(seen: Impostors, threshold: float) -> Rate:
    """Return the FMR at *threshold*, its interval by a bootstrap over subjects."""
    if threshold < _LOWEST:
        raise ValueError(f"impostor scores under {_LOWEST} are not kept")
    wrong = seen.scores >= threshold
    left, right = seen.left[wrong], seen.right[wrong]

    def draw(weights: Weights) -> float:
        pictures = weights * seen.pictures
        trials = (pictures.sum() ** 2 - (pictures**2).sum()) / 2
        return float((weights[left] * weights[right]).sum() / trials) if trials else 0.0

    return over_subjects(int(wrong.sum()), seen.trials, len(seen.pictures), draw)


def false_non_matches(seen: Genuine, threshold: float) -> Rate:
    """Return the FNMR at *threshold*, every person counting the same."""
    wrong = (seen.scores < threshold).astype(np.float64)
    errors = np.bincount(seen.subjects, wrong, seen.people)
    shares = errors / np.maximum(1, np.bincount(seen.subjects, minlength=seen.people))

    def draw(weights: Weights) -> float:
        return float((weights * shares).sum() / weights.sum())

    return over_subjects(float(shares.sum()), seen.people, seen.people, draw)


@dataclass(frozen=True, slots=True)
class Templates:
    """Means of several pictures against single references."""

    frames: int
    genuine: Scores  # one a person with enough pictures
    impostor: Scores  # those people (rows) against the first picture of everybody
    owners: NDArray[np.int64]  # whose the rows are


def templates(gallery: Gallery, counts: tuple[int, ...]) -> list[Templates]:
    """Compare means of the next K pictures with the first, the same people for every K."""
    own = [gallery.vectors[gallery.subjects == number] for number in range(len(gallery.names))]
    owners = np.array([i for i, vectors in enumerate(own) if len(vectors) > max(counts)], np.int64)
    if not len(owners):
        return []
    references = np.stack([vectors[0] for vectors in own])
    made = []
    for count in counts:
        probes = np.stack([own[i][1 : 1 + count].mean(axis=0) for i in owners])
        if gallery.metric is Metric.COSINE:
            probes /= np.linalg.norm(probes, axis=1, keepdims=True)
        scores = similarities(gallery.metric, probes, references)
        mine = scores[np.arange(len(owners)), owners].copy()
        scores[np.arange(len(owners)), owners] = -np.inf
        made.append(Templates(count, mine, scores, owners))
    return made


def template_rates(seen: Templates, threshold: float) -> tuple[Rate, Rate]:
    """Return FMR and FNMR; each person is one genuine trial, so its interval is exact."""
    rows, columns = np.nonzero(seen.impostor >= threshold)
    people = seen.impostor.shape[1]
    trials = len(seen.owners) * (people - 1)

    def draw(weights: Weights) -> float:
        probes = weights[seen.owners]
        drawn = (probes * (weights.sum() - probes)).sum()
        return float((probes[rows] * weights[columns]).sum() / drawn) if drawn else 0.0

    matched = over_subjects(len(rows), trials, people, draw)
    return matched, exact(int((seen.genuine < threshold).sum()), len(seen.genuine))


def fold_accuracy(
    gallery: Gallery, pairs: list[tuple[int, str, str, bool]]
) -> tuple[float, float, int] | None:
    """Return mean and standard deviation of the accuracy on LFW's folds, and the pairs used."""
    place = {name: index for index, name in enumerate(gallery.files)}
    rows = [(f, place[a], place[b], s) for f, a, b, s in pairs if a in place and b in place]
    if not rows:
        return None
    folds, left, right, same = (np.array(column) for column in zip(*rows, strict=True))
    halves = gallery.vectors[left], gallery.vectors[right]
    if gallery.metric is Metric.COSINE:
        scores = (halves[0] * halves[1]).sum(axis=1)
    else:
        scores = 1 - ((halves[0] - halves[1]) ** 2).sum(axis=1) / 2
    steps = np.linspace(0, 1, 501)
    right_at = (scores[None, :] >= steps[:, None]) == same[None, :]
    accuracy = []
    for fold in np.unique(folds):
        best = right_at[:, folds != fold].mean(axis=1).argmax() if len(np.unique(folds)) > 1 else 0
        accuracy.append(right_at[best, folds == fold].mean())
    return float(np.mean(accuracy)), float(np.std(accuracy)), len(rows)


def curve(wrong: Impostors, right: Genuine) -> list[tuple[float, float]]:
    """Return points of the DET curve: FMR and FNMR at thresholds from 0 to 1."""
    above = np.cumsum(wrong.histogram[::-1])[::-1] / max(1, wrong.trials)
    ordered = np.sort(right.scores)
    points = []
    for cell in range(_BINS // 2, _BINS + 1, 4):
        missed = np.searchsorted(ordered, cell * 2 / _BINS - 1) / max(1, len(ordered))
        points.append((float(above[cell]), float(missed)))
    return points


def worst(seen: Impostors, names: list[str], most: int) -> list[tuple[str, str, float]]:
    """Return the most alike strangers: where errors of the labels show first."""
    best: dict[tuple[int, int], float] = {}
    for index in np.argsort(-seen.scores)[: most * 50]:
        pair = (int(seen.left[index]), int(seen.right[index]))
        best.setdefault((min(pair), max(pair)), float(seen.scores[index]))
    ranked = sorted(best.items(), key=lambda item: -item[1])[:most]
    return [(names[one], names[other], score) for (one, other), score in ranked]
