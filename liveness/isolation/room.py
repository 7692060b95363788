"""Ask for pictures to be looked at; the only way from the provider to them."""

import math
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idp import process_groups
from idp.process_groups import ProcessGroup
from liveness.engine.faces import Observation
from liveness.engine.templates import Metric
from liveness.isolation import observations, wire
from liveness.isolation.door import inspect
from liveness.isolation.errors import (
    Fault,
    PictureError,
    VisionBusyError,
    VisionLostError,
    VisionStartError,
)
from liveness.isolation.header import SHIPPED, Limits
from liveness.isolation.keeper import Bounds
from liveness.isolation.wire import Question

_QUIET = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
_FIRST_GUESS = 1.0  # seconds for a question, before any was asked
_LONGEST_ADVICE = 60


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of each picture, and by which model templates were made."""

    model_id: str
    metric: Metric
    observations: tuple[Observation, ...]


class VisionRoom:
    """The process group behind the socket at *path*, as one who asks sees it."""

    def __init__(
        self,
        path: str | Path,
        bounds: Bounds,
        *,
        patience: float = 8.0,
        limits: Limits = SHIPPED,
    ) -> None:
        self._path = str(path)
        self._bounds = bounds
        self._patience = patience
        self._limits = limits
        self._seconds = _FIRST_GUESS  # for a question, a moving mean

    def look(self, question: Question) -> Seen:
        """Return what is seen.

        Raises:
            PictureError: one of the pictures cannot be used; most are told at the door.
            VisionBusyError: too many are waiting already, or it did not come to be our turn.
            VisionLostError: whoever looked at them crashed, hung, or ran out of memory.
        """
        for picture in question.pictures:
            inspect(picture, self._limits)
        if sum(map(len, question.pictures)) > wire.LARGEST_QUESTION:
            raise PictureError(Fault.TOO_HEAVY, "all pictures together")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            self._take_a_turn(connection)
            began = time.monotonic()
            answer = self._exchange(connection, question)
        self._seconds += (time.monotonic() - began - self._seconds) / 8
        return _seen(answer, len(question.pictures))

    @property
    def advice(self) -> int:
        """Seconds after which a full queue will have been worked off."""
        waiting = (self._bounds.backlog + self._bounds.processes) / self._bounds.processes
        return max(1, min(_LONGEST_ADVICE, math.ceil(waiting * self._seconds)))

    def _take_a_turn(self, connection: socket.socket) -> None:
        """Queue, for as long as was said, until a process takes us up."""
        connection.settimeout(self._patience)
        try:
            connection.connect(self._path)  # EAGAIN at once when the backlog is full: unix(7)
            if connection.recv(1) != wire.BEGUN:
                raise ConnectionResetError("closed while waiting")
        except BlockingIOError:
            raise self._busy("the queue is full") from None
        except TimeoutError:
            raise self._busy(f"not our turn within {self._patience} s") from None
        except OSError as error:
            raise self._busy(f"nobody there: {type(error).__name__}") from None

    def _exchange(self, connection: socket.socket, question: Question) -> dict[str, Any]:
        connection.settimeout(self._bounds.deadline + 2)
        try:
            wire.send_question(connection, question)
            answer = wire.receive(connection)
        except TimeoutError:
            raise VisionLostError(detail="no answer within the deadline") from None
        except OSError as error:
            raise VisionLostError(detail=f"died over it: {type(error).__name__}") from None
        except wire.WireError as error:
            raise VisionLostError(detail=str(error)) from None
        if "lost" in answer:
            raise VisionLostError(detail=str(answer["lost"])[:40])
        return answer

    def _busy(self, detail: str) -> VisionBusyError:
        return VisionBusyError(retry_after=self.advice, detail=detail)


def _seen(answer: dict[str, Any], pictures: int) -> Seen:
    if "fault" in answer:
        raise PictureError(_fault(answer["fault"]))
    try:
        seen = tuple(observations.unpack(one) for one in answer["seen"])
        model, metric = str(answer["model"]), Metric(answer["metric"])
    except (KeyError, TypeError, ValueError, wire.WireError) as error:
        raise VisionLostError(detail=f"not understood: {error}") from None
    if len(seen) != pictures:
        raise VisionLostError(detail="not as many answers as pictures")
    return Seen(model, metric, seen)


def _fault(word: object) -> Fault:
    return next((fault for fault in Fault if fault.value == word), Fault.DAMAGED)


def start(
    path: str | Path,
    bounds: Bounds,
    *,
    options: Sequence[str] = (),
    module: Sequence[str] = ("-m", "liveness.isolation"),
    timeout: float = 60.0,
) -> ProcessGroup:
    """Start the process group behind the socket *path*, and wait until it listens.

    *options* are those of `python -m liveness.isolation`.

    Raises:
        VisionStartError: it said why on standard error.
    """
    settings: dict[str, object] = {"socket": path, "processes": bounds.processes}
    settings |= {"backlog": bounds.backlog, "cap-mib": bounds.cap_mib, "deadline": bounds.deadline}
    try:
        return process_groups.start(module, settings, options, environment=_QUIET, timeout=timeout)
    except process_groups.NotStartedError as error:
        raise VisionStartError(detail=str(error)) from None
