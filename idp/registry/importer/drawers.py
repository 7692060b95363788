"""Ask the processes that draw pictures anew; one that crashes or hangs costs one picture."""

import os
import selectors
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from idp.errors import BadRequestError
from idp.registry.importer.cells import CellError

_ROOT = Path(__file__).resolve().parents[3]
_MOST_PIXELS = 1 << 25
_QUIET = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
_BOUNDS = {"OPENCV_IO_MAX_IMAGE_PIXELS": str(_MOST_PIXELS)}
_HEAD = 4
_LONGEST = 1 << 20
_TO_START = 60.0
DEADLINE = 10.0
"""Seconds for one picture."""


class PictureUnreadableError(CellError):
    """Not a picture, damaged, or one that took its reader down."""

    code = "import_picture_unreadable"
    description = "The picture cannot be opened. Portraits are JPEG, PNG, WebP or BMP files."


class PictureSizeError(CellError):
    """Of a size that no portrait has."""

    code = "import_picture_size"
    description = "The picture is larger or smaller than a portrait may be."


class DrawingError(BadRequestError):
    """No process that draws can be started."""

    code = "import_drawing_unavailable"
    status = 503
    description = "Pictures cannot be opened here: OpenCV is missing or does not start."


_REFUSALS = {"too_large": PictureSizeError, "too_small": PictureSizeError}


class Drawer:
    """One such process, started when it is needed."""

    def __init__(self, module: tuple[str, ...] = ("-m", "idp.registry.importer.redraw")) -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None

    def draw(self, octets: bytes) -> bytes:
        """Return *octets*, a picture, as a small baseline JPEG.

        Raises:
            CellError: it cannot be opened, or has not the size of a portrait.
            DrawingError: there is nobody to open it.
        """
        process = self._process or self._start()
        try:
            word, drawn = self._exchange(process, octets)
        except OSError as error:
            self.close()
            raise PictureUnreadableError(detail=type(error).__name__) from None
        if word == "drawn":
            return drawn
        raise _REFUSALS.get(word, PictureUnreadableError)(detail=word)

    def _start(self) -> subprocess.Popen[bytes]:
        process = self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, *self._module, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": str(_ROOT), "PATH": _path(), **_QUIET, **_BOUNDS},
            cwd="/",
        )
        try:
            _told(process, time.monotonic() + _TO_START)
        except OSError as error:
            self.close()
            raise DrawingError(detail=type(error).__name__) from error
        return process

    def close(self) -> None:
        """End the process; what it was drawing is lost."""
        process, self._process = self._process, None
        if process is not None:
            for pipe in filter(None, (process.stdin, process.stdout)):
                with suppress(OSError):
                    pipe.close()
            process.kill()
            process.wait()

    def _exchange(self, process: subprocess.Popen[bytes], octets: bytes) -> tuple[str, bytes]:
        assert process.stdin is not None  # noqa: S101 - we asked for the pipes
        process.stdin.write(len(octets).to_bytes(_HEAD, "big") + octets)
        process.stdin.flush()
        return _told(process, time.monotonic() + DEADLINE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _path() -> str:
    return os.environ.get("PATH", os.defpath)


def _told(process: subprocess.Popen[bytes], deadline: float) -> tuple[str, bytes]:
    """Return the next word and the octets behind it.

    Raises:
        OSError: it ended, hangs, or answers too much.
    """
    word = _part(process, deadline).decode("ascii", "replace")
    return word, _part(process, deadline)


def _part(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    length = int.from_bytes(_read(process, _HEAD, deadline), "big")
    if length > _LONGEST:
        raise OSError("too long an answer")
    return _read(process, length, deadline)


def _read(process: subprocess.Popen[bytes], length: int, deadline: float) -> bytes:
    assert process.stdout is not None  # noqa: S101 - we asked for the pipes
    found = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        while len(found) < length:
            if not waiting.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            piece = os.read(process.stdout.fileno(), length - len(found))
            if not piece:
                raise ConnectionResetError("it ended over the picture")
            found += piece
    return found
