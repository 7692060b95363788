"""Presentation attacks, counted as ISO/IEC 30107-3 asks: per species, never pooled."""

import math
from dataclasses import dataclass
from pathlib import Path

from liveness.engine.faces import NAN
from liveness.engine.ports import Engine
from liveness.engine.templates import likeness
from liveness.evaluation.intervals import Rate, exact
from liveness.evaluation.material import References, pictures, read


@dataclass(frozen=True, slots=True)
class Presentation:
    """One picture shown to the passive models, and to the matcher if it claims somebody."""

    live: float  # NaN: no response
    similarity: float  # with the one claimed; NaN: nobody is claimed


@dataclass(frozen=True, slots=True)
class Species:
    """One kind of artefact."""

    name: str
    apcer: Rate
    no_response: int
    iapar: Rate  # of those who claim somebody: taken for live, and for that person


@dataclass(frozen=True, slots=True)
class AttackReport:
    """What the passive layer and the matcher do; the steps of a scan are not in it."""

    models: tuple[str, ...]
    threshold: float
    bpcer: Rate
    no_response: int
    frr: Rate
    species: tuple[Species, ...]

    def riapar(self, one: Species) -> float:
        """Return IAPAR and FRR together: nought is best (ISO/IEC 30107-3 §13.4)."""
        return one.iapar.rate + self.frr.rate


def attack_report(
    directory: Path, engine: Engine, threshold: float, match: float
) -> AttackReport | None:
    """Evaluate DIR/pad; None where there is none."""
    root = directory / "pad"
    if not root.is_dir():
        return None
    references = References(directory, engine)
    genuine = _presentations(root / "bonafide", engine, references)
    species = tuple(
        _species(path.name, _presentations(path, engine, references), threshold, match)
        for path in sorted((root / "attack").iterdir())
        if path.is_dir()
    )
    answered = [one.live for one in genuine if not math.isnan(one.live)]
    claimed = [one for one in genuine if not math.isnan(one.similarity)]
    passive = bool(engine.pad_models)
    return AttackReport(
        models=tuple(model.model_id for model in engine.pad_models),
        threshold=threshold,
        bpcer=exact(sum(not live >= threshold for live in answered), len(answered)),
        no_response=len(genuine) - len(answered) if passive else 0,
        frr=exact(sum(not _accepted(o, threshold, match, passive) for o in claimed), len(claimed)),
        species=species,
    )


def _species(name: str, shown: list[Presentation], threshold: float, match: float) -> Species:
    answered = [one.live for one in shown if not math.isnan(one.live)]
    claimed = [one for one in shown if not math.isnan(one.similarity)]
    passive = bool(answered)
    return Species(
        name=name,
        # Without a model nothing is detected, and every attack is taken for a person.
        apcer=exact(sum(live >= threshold for live in answered), len(answered))
        if passive
        else exact(len(shown), len(shown)),
        no_response=len(shown) - len(answered) if passive else 0,
        iapar=exact(sum(_accepted(o, threshold, match, passive) for o in claimed), len(claimed)),
    )


def _accepted(one: Presentation, threshold: float, match: float, passive: bool) -> bool:  # noqa: FBT001
    return one.similarity >= match and (not passive or one.live >= threshold)


def _presentations(root: Path, engine: Engine, references: References) -> list[Presentation]:
    return [_present(path, root, engine, references) for path in pictures(root)]


def _present(path: Path, root: Path, engine: Engine, references: References) -> Presentation:
    shown = read(path)
    faces = [] if shown is None else engine.detector.detect(shown)
    if shown is None or not faces:
        return Presentation(NAN, NAN)
    scores = [model.score(shown, faces[0]) for model in engine.pad_models]
    live = NAN if any(math.isnan(score) for score in scores) else min(scores, default=NAN)
    claimed = path.relative_to(root).parts[0] if path.parent != root else None
    reference = references.of(claimed) if claimed else None
    if reference is None:
        return Presentation(live, NAN)
    probe = engine.embedder.embed(shown, faces[0])
    return Presentation(live, likeness(engine.embedder.metric, probe, reference))
