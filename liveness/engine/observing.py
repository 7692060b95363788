"""Look at pictures with an engine, and say what was seen."""

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from liveness.engine.cues import SHIPPED
from liveness.engine.faces import Mesh, Observation, Picture
from liveness.engine.fingerprint import fingerprint
from liveness.engine.ports import Engine, View
from liveness.engine.yunet import people

_PEAK = 3  # frames of a movement to measure, from the farthest down


def observe(
    engine: Engine,
    pictures: Iterable[Picture],
    *,
    embed: Collection[int] = (),
    flatness: bool = False,
    eyes: bool = True,
    mesh: bool = True,
) -> list[Observation]:
    """Return what *engine* sees in each of *pictures*.

    A template is made for those at the indices in *embed*. With *flatness* those in which the
    head has moved farthest since the first are held against the first: for telling a turned head
    from a tilted photograph. Without *eyes* it is not measured how far they are open, which saves
    a third; without *mesh* neither they nor the pose, where only templates are wanted.
    """
    seen: list[Observation] = []
    views: dict[int, View] = {}
    for index, picture in enumerate(pictures):
        wanted = _Wanted(
            closely=flatness or index in embed, template=index in embed, eyes=eyes, mesh=mesh
        )
        observation, mesh_seen = _look(engine, picture, wanted)
        seen.append(observation)
        if flatness and mesh_seen and (not views or _moved(_first(seen, views), observation)):
            views[index] = engine.flatness.view(picture, mesh_seen)
    return _with_flatness(engine, seen, views) if len(views) > 1 else seen


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What of a picture is wanted; *closely*: a movement or a template depends on its points."""

    closely: bool
    template: bool
    eyes: bool
    mesh: bool


def _look(engine: Engine, picture: Picture, wanted: _Wanted) -> tuple[Observation, Mesh | None]:
    height, width = picture.shape[:2]
    faces = engine.detector.detect(picture, coarse=not wanted.closely)
    mark = fingerprint(picture)
    if not faces:
        return Observation(width=width, height=height, fingerprint=mark, faces=0), None
    face = faces[0]
    observation = Observation(
        width=width,
        height=height,
        fingerprint=mark,
        faces=people(faces),
        quality=engine.quality.assess(picture, face),
        template=engine.embedder.embed(picture, face) if wanted.template else None,
    )
    if not wanted.mesh:
        return observation, None
    mesh = engine.landmarker.mesh(picture, face, eyes=wanted.eyes)
    observation = replace(
        observation,
        presence=mesh.presence,
        pose=mesh.pose,
        mouth=mesh.mouth,
        right_eye=mesh.right_eye,
        left_eye=mesh.left_eye,
        points=mesh.points[:, :2],
        live=tuple(model.score(picture, face) for model in engine.pad_models),
    )
    return observation, mesh


def _with_flatness(
    engine: Engine, seen: list[Observation], views: dict[int, View]
) -> list[Observation]:
    """Measure each movement where it is greatest: one measurement costs as much as a frame.

    Unmeasured it is NaN, with which no step is performed, so this errs on the safe side.
    """
    first, *moved = views
    measured = dict(enumerate(seen))
    for extent in _EXTENTS:
        ranked = sorted(moved, key=lambda i: -extent(seen[first], seen[i]))
        found = 0
        for index in ranked:
            if found == _PEAK or extent(seen[first], seen[index]) < 1:
                break
            if math.isnan(measured[index].flatness):
                flatness = engine.flatness.agreement(views[first], views[index])
                measured[index] = replace(measured[index], flatness=flatness)
            found += not math.isnan(measured[index].flatness)
    return list(measured.values())


def _first(seen: list[Observation], views: dict[int, View]) -> Observation:
    return seen[next(iter(views))]


def _moved(before: Observation, after: Observation) -> bool:
    return any(extent(before, after) >= 1 for extent in _EXTENTS)


_EXTENTS: tuple[Callable[[Observation, Observation], float], ...] = (
    lambda before, after: (after.pose.yaw - before.pose.yaw) / SHIPPED.yaw,
    lambda before, after: (before.pose.yaw - after.pose.yaw) / SHIPPED.yaw,
    lambda before, after: (after.pose.pitch - before.pose.pitch) / SHIPPED.pitch,
    lambda before, after: (after.mouth - before.mouth) / SHIPPED.mouth,
)
"""How far a frame went in each movement that can be asked for; 1 is enough to be asked about."""
