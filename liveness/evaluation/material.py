"""Read what an operator brings: people's pictures or vectors, groups, pairs, attacks.

DIR/<person>/*.jpg        pictures by person, as Labeled Faces in the Wild lays them out
DIR/embeddings.npz        instead of pictures: `files` ("person/picture"), `emb` (n × d)
DIR/groups/<group>.txt    one person a line
DIR/same.txt              two names of one person a line, tab between: errors of the labels
DIR/pairs.txt             pairs in folds, in LFW's format
DIR/pad/bonafide/…        genuine presentations: *.jpg, or <person>/*.jpg
DIR/pad/attack/<species>/…  attacks: *.jpg, or <person imitated>/*.jpg
DIR/captures/bonafide/<person>/…          whole captures: a video, or a directory of frames
DIR/captures/attack/<species>/<person>/…  the same of attacks; the first frame is at rest
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.engine.faces import Picture, Vector
from liveness.engine.ports import Engine
from liveness.engine.templates import Metric

_PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
_NOT_PEOPLE = {"groups", "pad", "captures"}
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Gallery:
    """One vector a picture, and whose it is; subjects are numbered."""

    files: list[str]
    subjects: NDArray[np.int64]
    names: list[str]
    vectors: NDArray[np.float32]
    missed: int  # pictures in which no face was found (failure to acquire)
    metric: Metric

    def only(self, people: frozenset[str]) -> "Gallery":
        """Return the part of it that shows *people*, subjects numbered anew."""
        wanted = [i for i, number in enumerate(self.subjects) if self.names[number] in people]
        names = sorted({self.names[self.subjects[i]] for i in wanted})
        number = {name: index for index, name in enumerate(names)}
        subjects = [number[self.names[self.subjects[i]]] for i in wanted]
        files = [self.files[i] for i in wanted]
        numbers = np.array(subjects, np.int64)
        return Gallery(files, numbers, names, self.vectors[wanted], 0, self.metric)


def gallery(directory: Path, engine: Engine | None, tell: Tell) -> Gallery:
    """Return what *directory* holds; pictures need an *engine*, vectors do not."""
    alias = _same(directory / "same.txt")
    if (directory / "embeddings.npz").is_file():
        with np.load(directory / "embeddings.npz", allow_pickle=False) as stored:
            files = [str(name) for name in stored["files"]]
            vectors = np.asarray(stored["emb"], np.float32)
        return _numbered(files, vectors, 0, alias, Metric.COSINE)
    if engine is None:
        raise ValueError("pictures need an engine")
    files, found, missed = [], [], 0
    for path in pictures(directory, skip=_NOT_PEOPLE):
        vector = embedded(engine, path)
        if vector is None:
            missed += 1
            continue
        files.append(f"{path.parent.name}/{path.name}")
        found.append(vector)
        if len(files) % 250 == 0:
            tell(f"  {len(files)} pictures")
    if not files:
        raise ValueError(f"no faces in {directory}")
    return _numbered(files, np.array(found, np.float32), missed, alias, engine.embedder.metric)


def embedded(engine: Engine, path: Path) -> Vector | None:
    shown = read(path)
    faces = [] if shown is None else engine.detector.detect(shown)
    return engine.embedder.embed(shown, faces[0]) if shown is not None and faces else None


class References:
    """The first picture of each person, looked at when first asked for."""

    def __init__(self, directory: Path, engine: Engine) -> None:
        self._directory = directory
        self._engine = engine
        self._known: dict[str, Vector | None] = {}

    def of(self, person: str) -> Vector | None:
        if person not in self._known:
            home = self._directory / person
            first = next(pictures(home), None) if home.is_dir() else None
            self._known[person] = embedded(self._engine, first) if first else None
        return self._known[person]


def read(path: Path) -> Picture | None:
    """Decode a picture of the operator's own; it is trusted, unlike a visitor's."""
    shown = cv2.imread(str(path), cv2.IMREAD_COLOR)
    return None if shown is None else np.asarray(shown, np.uint8)


def pictures(directory: Path, skip: set[str] | frozenset[str] = frozenset()) -> Iterator[Path]:
    for entry in sorted(directory.iterdir()):
        if entry.is_dir() and entry.name not in skip:
            yield from pictures(entry)
        elif entry.suffix.lower() in _PICTURES:
            yield entry


def groups(directory: Path) -> Mapping[str, frozenset[str]]:
    alias = _same(directory / "same.txt")
    found = {}
    for path in sorted((directory / "groups").glob("*.txt")):
        people = (line.strip() for line in path.read_text("utf-8").splitlines())
        found[path.stem] = frozenset(alias.get(name, name) for name in people if name)
    return found


def pairs(directory: Path) -> list[tuple[int, str, str, bool]]:
    """Return fold, two files, and whether they show one person."""
    path = directory / "pairs.txt"
    if not path.is_file():
        return []
    head, *lines = path.read_text("utf-8").splitlines()
    folds, each = (int(word) for word in head.split()[:2])
    found = []
    for index, line in enumerate(lines[: folds * 2 * each]):
        match line.split():
            case [name, one, other]:
                found.append((index // (2 * each), _file(name, one), _file(name, other), True))
            case [name, one, stranger, other]:
                found.append((index // (2 * each), _file(name, one), _file(stranger, other), False))
    return found


def _file(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04d}.jpg"


def _numbered(
    files: list[str],
    vectors: NDArray[np.float32],
    missed: int,
    alias: Mapping[str, str],
    metric: Metric,
) -> Gallery:
    people = [name.partition("/")[0] for name in files]
    people = [alias.get(name, name) for name in people]
    names = sorted(set(people))
    number = {name: index for index, name in enumerate(names)}
    if metric is Metric.COSINE:
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    subjects = np.array([number[name] for name in people], np.int64)
    return Gallery(files, subjects, names, vectors, missed, metric)


def _same(path: Path) -> Mapping[str, str]:
    if not path.is_file():
        return {}
    lines = [line.split("\t") for line in path.read_text("utf-8").splitlines() if "\t" in line]
    return {second.strip(): first.strip() for first, second, *_ in lines}
