"""Everything that was measured, as one value that becomes JSON and a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from liveness.engine.comparison import THRESHOLDS, Risk
from liveness.engine.ports import Engine
from liveness.evaluation import comparisons, material
from liveness.evaluation.attacks import AttackReport, attack_report
from liveness.evaluation.captures import CaptureReport, capture_report
from liveness.evaluation.intervals import Rate
from liveness.evaluation.material import Gallery, Tell

FRAMES = (1, 3, 5)
_LIKE_STRANGERS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """FMR and FNMR at one threshold."""

    risk: str
    threshold: float
    fmr: Rate
    fnmr: Rate


@dataclass(frozen=True, slots=True)
class Part:
    """All people, or a group of them."""

    name: str
    people: int
    pictures: int
    single: tuple[Line, ...]  # picture against picture
    templates: Mapping[int, tuple[Line, ...]]  # by frames
    template_people: int
    curve: tuple[tuple[float, float], ...]
    like_strangers: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole evaluation."""

    model: str
    missed: int
    accuracy: tuple[float, float, int] | None
    parts: tuple[Part, ...]
    attacks: AttackReport | None
    captures: CaptureReport | None


def evaluate(directory: Path, engine: Engine | None, model: str, live: float, tell: Tell) -> Report:
    """Measure all that *directory* has material for.

    Raises:
        KeyError: no thresholds are known for the family of *model*.
    """
    shipped = THRESHOLDS[model.partition("-")[0]]
    gallery = material.gallery(directory, engine, tell)
    thresholds = {risk: comparisons.cut(gallery.metric, t) for risk, t in shipped.items()}
    tell(f"  {len(gallery.files)} pictures of {len(gallery.names)} people")
    parts = [_part("all", gallery, thresholds)]
    for name, people in material.groups(directory).items():
        tell(f"  group {name}")
        parts.append(_part(name, gallery.only(people), thresholds))
    match = thresholds[Risk.NORMAL]
    return Report(
        model=model,
        missed=gallery.missed,
        accuracy=comparisons.fold_accuracy(gallery, material.pairs(directory)),
        parts=tuple(parts),
        attacks=attack_report(directory, engine, live, match) if engine else None,
        captures=capture_report(directory, engine, match, tell) if engine else None,
    )


def _part(name: str, gallery: Gallery, thresholds: Mapping[Risk, float]) -> Part:
    wrong, right = comparisons.impostors(gallery), comparisons.genuine(gallery)
    made = comparisons.templates(gallery, FRAMES)
    return Part(
        name=name,
        people=len(gallery.names),
        pictures=len(gallery.files),
        single=tuple(
            Line(
                risk.value,
                t,
                comparisons.false_matches(wrong, t),
                comparisons.false_non_matches(right, t),
            )
            for risk, t in thresholds.items()
        ),
        templates={
            one.frames: tuple(
                Line(risk.value, t, *comparisons.template_rates(one, t))
                for risk, t in thresholds.items()
            )
            for one in made
        },
        template_people=len(made[0].genuine) if made else 0,
        curve=tuple(comparisons.curve(wrong, right)),
        like_strangers=tuple(comparisons.worst(wrong, gallery.names, _LIKE_STRANGERS)),
    )
