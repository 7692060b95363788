"""Observations as JSON, and back with nothing taken on trust."""

import base64
import binascii
import math
from dataclasses import asdict
from typing import Any

import numpy as np

from liveness.engine.faces import Observation, Pose, Quality, Vector
from liveness.isolation.wire import WireError

_POINTS = (468, 2)
_LONGEST_TEMPLATE = 2048
_NUMBERS = ("presence", "mouth", "right_eye", "left_eye", "flatness")
_COUNTS = ("width", "height", "fingerprint", "faces")


def pack(seen: Observation) -> dict[str, Any]:
    packed = {name: getattr(seen, name) for name in (*_NUMBERS, *_COUNTS)}
    packed |= {"quality": asdict(seen.quality), "pose": asdict(seen.pose), "live": seen.live}
    packed["points"] = None if seen.points is None else _text(seen.points)
    packed["template"] = None if seen.template is None else _text(seen.template)
    return packed


def unpack(packed: object) -> Observation:
    """Return the observation.

    Raises:
        WireError: it is none; whoever sent it may be in a stranger's hands.
    """
    try:
        assert isinstance(packed, dict)  # noqa: S101 - caught below, like all other surprises
        numbers: dict[str, Any] = {name: _number(packed[name]) for name in _NUMBERS}
        numbers |= {name: _count(packed[name]) for name in _COUNTS}
        template = packed["template"]
        points = packed["points"]
        return Observation(
            **numbers,
            quality=Quality(**{str(k): _number(v) for k, v in packed["quality"].items()}),
            pose=Pose(**{str(k): _number(v) for k, v in packed["pose"].items()}),
            live=tuple(_number(score) for score in packed["live"]),
            points=None if points is None else _vector(points, 936).reshape(_POINTS),
            template=None if template is None else _vector(template, None),
        )
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise WireError(f"no observation: {type(error).__name__}") from None


def _text(vector: Vector) -> str:
    return base64.b64encode(np.ascontiguousarray(vector, "<f4").tobytes()).decode("ascii")


def _vector(text: str, length: int | None) -> Vector:
    try:
        vector = np.frombuffer(base64.b64decode(text, validate=True), "<f4")
    except binascii.Error:
        raise ValueError("no base64") from None
    if vector.size > _LONGEST_TEMPLATE or (length is not None and vector.size != length):
        raise ValueError("another length")
    if not np.isfinite(vector).all():
        raise ValueError("not finite")
    return np.asarray(vector, np.float32)


def _number(value: object) -> float:
    """Return a number, or NaN for what was not measured; infinity is neither."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isinf(value):
        raise ValueError("no number")
    return float(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 64:
        raise ValueError("no count")
    return value
