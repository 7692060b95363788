"""Look at pictures with an engine, and say what was seen."""

from collections.abc import Collection, Iterable

from liveness.engine.cues import SHIPPED
from liveness.engine.faces import NAN, Mesh, Observation, Picture
from liveness.engine.fingerprint import fingerprint
from liveness.engine.ports import Engine
from liveness.engine.yunet import people


def observe(
    engine: Engine,
    pictures: Iterable[Picture],
    *,
    embed: Collection[int] = (),
    flatness: bool = False,
    eyes: bool = True,
) -> list[Observation]:
    """Return what *engine* sees in each of *pictures*.

    A template is made for those at the indices in *embed*. With *flatness* each picture in which
    the head has moved since the first is held against the first: for telling a turned head from
    a tilted photograph. Without *eyes* it is not measured how far they are open, which saves a
    third.
    """
    before: tuple[Picture, Mesh] | None = None
    seen = []
    for index, picture in enumerate(pictures):
        observation, mesh = _look(engine, picture, before, embed=index in embed, eyes=eyes)
        if flatness and before is None and mesh is not None:
            before = picture, mesh
        seen.append(observation)
    return seen


def _look(
    engine: Engine,
    picture: Picture,
    before: tuple[Picture, Mesh] | None,
    *,
    embed: bool,
    eyes: bool,
) -> tuple[Observation, Mesh | None]:
    height, width = picture.shape[:2]
    faces = engine.detector.detect(picture)
    mark = fingerprint(picture)
    if not faces:
        return Observation(width=width, height=height, fingerprint=mark, faces=0), None
    face = faces[0]
    mesh = engine.landmarker.mesh(picture, face, eyes=eyes)
    observation = Observation(
        width=width,
        height=height,
        fingerprint=mark,
        faces=people(faces),
        quality=engine.quality.assess(picture, face),
        presence=mesh.presence,
        pose=mesh.pose,
        mouth=mesh.mouth,
        right_eye=mesh.right_eye,
        left_eye=mesh.left_eye,
        points=mesh.points[:, :2],
        live=tuple(model.score(picture, face) for model in engine.pad_models),
        flatness=_flatness(engine, before, (picture, mesh)),
        template=engine.embedder.embed(picture, face) if embed else None,
    )
    return observation, mesh


def _flatness(
    engine: Engine, before: tuple[Picture, Mesh] | None, after: tuple[Picture, Mesh]
) -> float:
    """Measure only where a movement could be claimed: it costs as much as the rest together.

    Unmeasured it is NaN, with which no step is performed, so this errs on the safe side.
    """
    if before is None:
        return NAN
    old, new = before[1], after[1]
    moved = (
        abs(new.pose.yaw - old.pose.yaw) >= SHIPPED.yaw
        or abs(new.pose.pitch - old.pose.pitch) >= SHIPPED.pitch
        or abs(new.mouth - old.mouth) >= SHIPPED.mouth
    )
    return engine.flatness.agreement(before, after) if moved else NAN
