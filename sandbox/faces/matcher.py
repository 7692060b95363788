"""Compares two portraits, as the sandbox's authorities do; without weights, nobody can."""

import importlib.util
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from sandbox.addresses import REPOSITORY

DETECTOR = "face_detection_yunet_2023mar.onnx"
RECOGNISER = "face_recognition_sface_2021dec.onnx"
SAME, PERHAPS = 70.0, 60.0
"""On the authorities' scale of 100: from here on it is one person, or might be."""

_SAME_COSINE, _PERHAPS_COSINE = 0.50, 0.40  # the same two lines, on the recogniser's scale
_TO_START, _TO_ANSWER = 60.0, 8.0
_LONGEST = 1 << 20
_BOUNDS = {
    "OPENCV_IO_MAX_IMAGE_PIXELS": str(1 << 24),
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENCV_LOG_LEVEL": "ERROR",
}


class UnfitError(ValueError):
    """A picture that cannot be used; *why* is one word."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def models() -> Path:
    """Return where the set-up puts the weights."""
    return Path(sys.prefix) / "share" / "manyou" / "models"


class Matcher:
    """A process that compares faces, started when it is first needed; for many threads."""

    def __init__(self, weights: Path | None = None) -> None:
        self._models = weights or models()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    @property
    def available(self) -> bool:
        """Whether the weights are here, and what reads them."""
        here = all((self._models / name).is_file() for name in (DETECTOR, RECOGNISER))
        return here and importlib.util.find_spec("cv2") is not None

    def warm(self) -> None:
        """Start the process before anybody waits for it."""
        if self.available:
            with self._lock, suppress(OSError):
                self._running()

    def score(self, one: bytes, other: bytes) -> float:
        """Return how alike two faces are, from 0 to 100.

        Raises:
            UnfitError: one of the pictures shows no single face.
        """
        told, _ = self._ask("compare", one, other)
        return scale(float(told["cosine"]))

    def portrait(self, octets: bytes) -> bytes:
        """Return the picture as a small JPEG, if it shows one face.

        Raises:
            UnfitError: it does not.
        """
        return self._ask("portrait", octets)[1]

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in filter(None, (process.stdin, process.stdout)):
            with suppress(OSError):
                pipe.close()

    def _ask(self, what: str, *pictures: bytes) -> tuple[dict[str, Any], bytes]:
        question = {"do": what, "sizes": [len(picture) for picture in pictures]}
        with self._lock:
            try:
                process = self._running()
                assert process.stdin is not None  # noqa: S101 - we asked for the pipe
                process.stdin.write(json.dumps(question).encode() + b"\n" + b"".join(pictures))
                process.stdin.flush()
                told, octets = _answer(process, _TO_ANSWER)
            except (OSError, ValueError):
                self.close()
                raise UnfitError("unreadable") from None
        if "unfit" in told:
            raise UnfitError(str(told["unfit"]))
        return told, octets

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
            [sys.executable, "-m", "sandbox.faces.looker", str(self._models)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            env={"PATH": os.environ.get("PATH", os.defpath), **_BOUNDS},
        )
        _answer(self._process, _TO_START)
        return self._process


def scale(cosine: float) -> float:
    """Return *cosine* on the scale of 100, where 60 might be one person and 70 is."""
    knots = ((0.0, 0.0), (_PERHAPS_COSINE, PERHAPS), (_SAME_COSINE, SAME), (1.0, 100.0))
    value = min(1.0, max(0.0, cosine))
    for (low, bottom), (high, top) in pairwise(knots):
        if value <= high:
            return round(bottom + (top - bottom) * (value - low) / (high - low), 2)
    return knots[-1][1]


def _answer(process: subprocess.Popen[bytes], seconds: float) -> tuple[dict[str, Any], bytes]:
    """Return the next line, and the octets behind it.

    Raises:
        OSError: it ended, or hangs.
        ValueError: that is no answer.
    """
    deadline = time.monotonic() + seconds
    line = b""
    while not line.endswith(b"\n"):
        line += _read(process, 1, deadline)
    told: dict[str, Any] = json.loads(line)
    size = int(told["size"])
    if size > _LONGEST:
        raise ValueError("too much")
    return told, _read(process, size, deadline)


def _read(process: subprocess.Popen[bytes], size: int, deadline: float) -> bytes:
    assert process.stdout is not None  # noqa: S101 - we asked for the pipe
    found = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        while len(found) < size:
            if not waiting.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            piece = os.read(process.stdout.fileno(), size - len(found))
            if not piece:
                raise ConnectionResetError
            found += piece
    return found
