"""A process of its own that draws pictures anew: `python -m idp.registry.importer.redraw`.

Whatever a file was besides a picture (an archive, a script, a bomb) ends here: what comes out is
pixels, once decoded under a cap of memory, in a small baseline JPEG. It reads a length and the
octets on standard input, and answers with a word's length, the word, a length and the octets;
the first word, when it is ready, answers nothing.
"""

import ctypes
import os
import resource
import struct
import sys
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

LENGTH = struct.Struct(">I")
READY, DRAWN = "ready", "drawn"
UNREADABLE, TOO_LARGE, TOO_SMALL = "unreadable", "too_large", "too_small"
LONGEST_SIDE, SHORTEST_SIDE, HEAVIEST = 640, 48, 192 << 10
_QUALITIES = (90, 80, 65, 50)
_CAP = 1 << 30
_NICENESS = 10
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _KILLED = 1, 4, 38, 9
_KINDS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"BM")
_COLOUR = 3  # dimensions of an array


class RefusedError(Exception):
    """No picture comes of it; the message is the word to answer with."""


def redraw(octets: bytes) -> bytes:
    """Return the picture in *octets* as a baseline JPEG within our bounds.

    Raises:
        RefusedError: there is none.
    """
    picture = _decoded(octets)
    if min(picture.shape[:2]) < SHORTEST_SIDE:
        raise RefusedError(TOO_SMALL)
    scale = LONGEST_SIDE / max(picture.shape[:2])
    if scale < 1:
        height, width = (round(side * scale) for side in picture.shape[:2])
        if min(height, width) < SHORTEST_SIDE:
            raise RefusedError(TOO_SMALL)
        resized = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        picture = np.asarray(resized, np.uint8)
    for quality in _QUALITIES:
        done, drawn = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done and drawn.size <= HEAVIEST:
            return drawn.tobytes()
    raise RefusedError(UNREADABLE)


def _decoded(octets: bytes) -> NDArray[np.uint8]:
    """Return three colours of eight bits, whatever the file had, turned as its camera says."""
    if not octets.startswith(_KINDS):
        raise RefusedError(UNREADABLE)
    try:
        picture = cv2.imdecode(np.frombuffer(octets, np.uint8), cv2.IMREAD_COLOR)
    except MemoryError:
        raise RefusedError(TOO_LARGE) from None
    except cv2.error as error:
        # The variable OPENCV_IO_MAX_IMAGE_PIXELS is told by whoever starts us.
        words = str(error)
        large = "MAX_IMAGE" in words or "memory" in words.lower()
        raise RefusedError(TOO_LARGE if large else UNREADABLE) from None
    if picture is None or picture.ndim != _COLOUR:
        raise RefusedError(UNREADABLE)
    return np.asarray(picture, np.uint8)


def confine(parent: int) -> None:
    """Give up what drawing does not need, and end with whoever asked."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, _KILLED, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # faces pass through: no core, no debugger
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)
    os.nice(_NICENESS)
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_AS, _CAP),
    ):
        resource.setrlimit(what, (most, most))


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Draw until nothing comes any more."""
    _answer(sink, READY, b"")
    while len(head := source.read(LENGTH.size)) == LENGTH.size:
        try:
            _answer(sink, DRAWN, redraw(source.read(LENGTH.unpack(head)[0])))
        except RefusedError as refused:
            _answer(sink, str(refused), b"")


def _answer(sink: BinaryIO, word: str, drawn: bytes) -> None:
    sink.writelines(LENGTH.pack(len(part)) + part for part in (word.encode("ascii"), drawn))
    sink.flush()


if __name__ == "__main__":
    cv2.setNumThreads(1)
    confine(int(sys.argv[1]))
    serve(sys.stdin.buffer, sys.stdout.buffer)
