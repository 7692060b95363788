"""Choose an engine by name, and refuse one that may not decide where it would have to."""

import logging
from collections.abc import Callable, Sequence

from liveness.engine.ports import Engine, PadModel, Weights

_LOG = logging.getLogger(__name__)
_WARNING = (
    "The face engine '%s' is not authoritative: its false matches on East-Asian faces were "
    "measured at 43 %% at its default. It must not decide who somebody is."
)


class UnfitEngineError(Exception):
    """The settings choose an engine that may not be chosen."""


def must_be_fit(name: str, *, require_authoritative: bool) -> None:
    """See that *name* may be chosen; quick, for it loads no engine.

    Raises:
        UnfitEngineError: there is none of that name, or authority is required and it has none.
    """
    if name not in _BUILDERS:
        raise UnfitEngineError(f"there is no engine {name}; there are {', '.join(_BUILDERS)}")
    if require_authoritative and not is_authoritative(name):
        raise UnfitEngineError(f"the engine {name} may not decide who somebody is")


def is_authoritative(name: str) -> bool:
    """Say whether the engine called *name* may decide who somebody is."""
    return name in _AUTHORITATIVE


def choose(
    name: str,
    weights: Weights,
    *,
    require_authoritative: bool = True,
    pad_models: Sequence[PadModel] = (),
) -> Engine:
    """Return the engine called *name*.

    Raises:
        UnfitEngineError: it may not be chosen.
    """
    must_be_fit(name, require_authoritative=require_authoritative)
    engine = _BUILDERS[name](weights, pad_models)
    if not engine.authoritative:
        _LOG.warning(_WARNING, engine.name)
    return engine


def _opencv(weights: Weights, pad_models: Sequence[PadModel]) -> Engine:
    from liveness.engine import opencv

    return opencv.build(weights, pad_models)


def _face_recognition(weights: Weights, pad_models: Sequence[PadModel]) -> Engine:
    from liveness.engine import dlib_engine

    return dlib_engine.build(weights, pad_models)


_BUILDERS: dict[str, Callable[[Weights, Sequence[PadModel]], Engine]] = {
    "opencv": _opencv,
    "face_recognition": _face_recognition,
}
_AUTHORITATIVE = frozenset({"opencv"})
