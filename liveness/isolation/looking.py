"""Decode pictures and look at them; runs only inside the processes that may be lost."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(1 << 24)  # read once, when cv2 is imported

import cv2
import numpy as np

from liveness.engine.faces import Picture
from liveness.engine.observing import observe
from liveness.engine.ports import Engine
from liveness.isolation.door import inspect
from liveness.isolation.errors import Fault, PictureError
from liveness.isolation.observations import pack
from liveness.isolation.wire import Question

Handler = Callable[[Question], dict[str, Any]]


def looker(engine: Engine) -> Handler:
    """Return what answers questions with *engine*."""

    def look(question: Question) -> dict[str, Any]:
        try:
            seen = observe(
                engine,
                decoded(question.pictures),
                embed=frozenset(question.embed),
                flatness=question.flatness,
                eyes=question.eyes,
                mesh=question.mesh,
            )
        except PictureError as error:
            return {"fault": error.fault.value}
        return {
            "model": engine.embedder.model_id,
            "metric": engine.embedder.metric.value,
            "seen": [pack(one) for one in seen],
        }

    return look


def decoded(pictures: Sequence[bytes]) -> Iterator[Picture]:
    """Decode one after the other, each checked again and held to what its header promised."""
    for octets in pictures:
        header = inspect(octets)
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        picture = cv2.imdecode(np.frombuffer(octets, np.uint8), flags)
        if picture is None or picture.shape[:2] != (header.height, header.width):
            raise PictureError(Fault.UNREADABLE, f"a {header.kind} that does not decode")
        yield np.asarray(picture, np.uint8)
