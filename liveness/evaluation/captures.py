"""Whole captures under attack: movements and matcher together (IAPAR of ISO/IEC 30107-3).

A real scan asks for movements one by one, drawn by lot, within seconds. Here every frame of a
presentation is offered for every movement, so that what is counted is what an attacker with all
the time in the world could reach. Injection, timing and chain are not in it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import comb
from pathlib import Path

import cv2
import numpy as np

from liveness.engine.cues import Step, performed
from liveness.engine.faces import Observation, Picture
from liveness.engine.observing import observe
from liveness.engine.ports import Engine
from liveness.engine.templates import Template, TemplateError, likeness, mean_template
from liveness.evaluation import sheets
from liveness.evaluation.intervals import Rate, exact
from liveness.evaluation.material import References, Tell, pictures, read

ASKED = 3
_VIDEOS = {".mp4", ".avi", ".mjpeg", ".y4m", ".webm", ".mov"}
_MOST_FRAMES = 60
_EMBEDDED = 5
_DRAWN_PEOPLE = 20
_LEAST_SIDE = 480  # a photograph is enlarged until a face in it could pass the gate


@dataclass(frozen=True, slots=True)
class Shown:
    """What one presentation reached."""

    steps: frozenset[Step]
    matched: bool | None  # None: nobody is claimed

    @property
    def passes(self) -> bool:
        """Whether some draw of movements would have been passed."""
        return len(self.steps) >= ASKED and self.matched is not False

    @property
    def chance(self) -> float:
        """How likely a draw of movements is passed."""
        return comb(len(self.steps), ASKED) / comb(len(Step), ASKED) if self.passes else 0.0


@dataclass(frozen=True, slots=True)
class Kind:
    """All presentations of one species, or of the genuine."""

    name: str
    accepted: Rate
    chance: float  # mean over presentations, for a random draw of movements
    steps: Mapping[str, int]  # presentations that performed each
    claimed: int


@dataclass(frozen=True, slots=True)
class CaptureReport:
    """Attacks by species, never pooled, and genuine captures."""

    match: float
    genuine: Kind | None
    species: tuple[Kind, ...]


def capture_report(
    directory: Path, engine: Engine, match: float, tell: Tell
) -> CaptureReport | None:
    """Evaluate DIR/captures, and what can be drawn of the people's own photographs."""
    references = References(directory, engine)
    judge = _Judge(engine, references, match)
    root = directory / "captures"
    kinds: dict[str, list[Shown]] = {}
    for home in sorted((root / "attack").glob("*")) if root.is_dir() else []:
        tell(f"  {home.name}")
        kinds[home.name] = [judge.shown(path, claimed) for claimed, path in _presentations(home)]
    portraits = list(islice(_portraits(directory), _DRAWN_PEOPLE))
    for name, draw in sheets.DRAWN.items() if portraits else ():
        tell(f"  {name}")
        kinds[name] = [judge.drawn(path, draw) for path in portraits]
    own = [judge.shown(path, claimed) for claimed, path in _presentations(root / "bonafide")]
    if not kinds and not own:
        return None
    species = tuple(_kind(name, shown) for name, shown in kinds.items())
    return CaptureReport(match, _kind("bona fide", own) if own else None, species)


@dataclass(frozen=True, slots=True)
class _Judge:
    engine: Engine
    references: References
    match: float

    def shown(self, path: Path, claimed: str) -> Shown:
        """Judge a video, or a directory of frames in order; the first shows the face at rest."""
        return self._judged(_frames(path), claimed)

    def drawn(self, path: Path, draw: Callable[[Picture], Iterator[Picture]]) -> Shown:
        picture = read(path)
        frames = list(draw(_enlarged(picture))) if picture is not None else []
        return self._judged(frames, path.parent.name)

    def _judged(self, frames: list[Picture], claimed: str) -> Shown:
        if not frames:
            return Shown(frozenset(), None)
        embed = range(min(_EMBEDDED, len(frames)))
        rest, *moved = observe(self.engine, frames, embed=embed, flatness=True)
        steps = frozenset(step for step in Step if performed(step, rest, moved))
        return Shown(steps, self._matched([rest, *moved], claimed))

    def _matched(self, seen: list[Observation], claimed: str) -> bool | None:
        reference = self.references.of(claimed)
        if reference is None:
            return None
        embedder = self.engine.embedder
        vectors = [one.template for one in seen if one.template is not None]
        try:
            probe: Template = mean_template(embedder.model_id, embedder.metric, vectors)
        except TemplateError:
            return False
        return likeness(embedder.metric, probe.vector, reference) >= self.match


def _kind(name: str, shown: list[Shown]) -> Kind:
    return Kind(
        name=name,
        accepted=exact(sum(one.passes for one in shown), len(shown)),
        chance=sum(one.chance for one in shown) / len(shown) if shown else 0.0,
        steps={step.value: sum(step in one.steps for one in shown) for step in Step},
        claimed=sum(one.matched is not None for one in shown),
    )


def _presentations(home: Path) -> Iterator[tuple[str, Path]]:
    """Yield whom each claims to be, and where it is: HOME/<person>/<video, or frames>."""
    for person in sorted(home.glob("*")):
        for path in sorted(person.glob("*")):
            if path.is_dir() or path.suffix.lower() in _VIDEOS:
                yield person.name, path


def _portraits(directory: Path) -> Iterator[Path]:
    for person in sorted(directory.iterdir()):
        if person.is_dir() and person.name not in {"groups", "pad", "captures"}:
            yield from islice(pictures(person), 1)


def _frames(path: Path) -> list[Picture]:
    if path.is_dir():
        found = [read(each) for each in pictures(path)]
        return _thinned([each for each in found if each is not None])
    video, frames = cv2.VideoCapture(str(path)), []
    while (got := video.read())[0]:
        frames.append(np.asarray(got[1], np.uint8))
    video.release()
    return _thinned(frames)


def _thinned(frames: list[Picture]) -> list[Picture]:
    step = max(1, -(-len(frames) // _MOST_FRAMES))
    return frames[::step]


def _enlarged(picture: Picture) -> Picture:
    scale = max(1.0, _LEAST_SIDE / min(picture.shape[:2]))
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale), np.uint8)
