"""What was learned of a session so far: numbers and hashes, never a picture."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Self

import numpy as np
import orjson

from liveness.engine.faces import NAN, Observation, Vector
from liveness.engine.templates import Metric
from liveness.isolation import observations
from liveness.scans.repeats import Sketch


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that the decision will be made on; it travels sealed (`liveness.scans.parcel`)."""

    head: bytes  # of the chain
    last_at: int = -1  # moment of the newest frame, ms since the beginning
    rest: bytes = b""  # SHA-256 of the frame at rest
    model_id: str = ""
    metric: Metric = Metric.COSINE
    faces: tuple[Vector, ...] = field(default=(), repr=False)  # near-frontal, of each step
    moved: tuple[Vector, ...] = field(default=(), repr=False)  # while the movement was made
    hashes: tuple[bytes, ...] = ()  # of every frame, SHA-256 cut to 16 octets
    sketches: tuple[Sketch, ...] = field(default=(), repr=False)  # of those looked at
    lives: tuple[tuple[float, ...], ...] = ()  # votes of the passive models, near-frontal
    usable: int = 0
    performed: int = 0
    hints: frozenset[str] = frozenset()
    digest: bytes = b""  # over all that was seen, in order

    def seen(self, frames: Sequence[Observation]) -> Self:
        """Return the findings with *frames* in the digest."""
        packed = orjson.dumps([observations.pack(one) for one in frames])
        return replace(self, digest=sha256(self.digest + packed).digest())

    def write(self) -> str:
        """Return the findings as JSON."""
        return orjson.dumps(
            {
                "head": self.head.hex(),
                "last_at": self.last_at,
                "rest": self.rest.hex(),
                "model_id": self.model_id,
                "metric": self.metric.value,
                "faces": [_text(vector) for vector in self.faces],
                "moved": [_text(vector) for vector in self.moved],
                "hashes": b"".join(self.hashes).hex(),
                "sketches": [sketch.write() for sketch in self.sketches],
                "lives": self.lives,
                "usable": self.usable,
                "performed": self.performed,
                "hints": sorted(self.hints),
                "digest": self.digest.hex(),
            }
        ).decode()

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what `write` wrote; it was authenticated before."""
        told: dict[str, Any] = orjson.loads(text)
        hashes = bytes.fromhex(told["hashes"])
        return cls(
            head=bytes.fromhex(told["head"]),
            last_at=told["last_at"],
            rest=bytes.fromhex(told["rest"]),
            model_id=told["model_id"],
            metric=Metric(told["metric"]),
            faces=tuple(map(_vector, told["faces"])),
            moved=tuple(map(_vector, told["moved"])),
            hashes=tuple(hashes[i : i + 16] for i in range(0, len(hashes), 16)),
            sketches=tuple(map(Sketch.read, told["sketches"])),
            lives=tuple(tuple(map(_measured, votes)) for votes in told["lives"]),
            usable=told["usable"],
            performed=told["performed"],
            hints=frozenset(told["hints"]),
            digest=bytes.fromhex(told["digest"]),
        )


def _text(vector: Vector) -> str:
    return base64.b64encode(np.ascontiguousarray(vector, "<f4").tobytes()).decode("ascii")


def _vector(text: str) -> Vector:
    return np.asarray(np.frombuffer(base64.b64decode(text), "<f4"), np.float32)


def _measured(vote: float | None) -> float:
    return NAN if vote is None else vote
