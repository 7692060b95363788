"""What `manyou doctor` looks at of face scans: whether pictures can be looked at here."""

import struct
import tempfile
import time
import zlib
from dataclasses import replace
from pathlib import Path

from config import Settings, SettingsError
from idp.errors import IdentityError
from idp.web.checkup import Ailment
from liveness import vision
from liveness.isolation.room import VisionRoom, start
from liveness.isolation.wire import Question

_SIDE = 64


def examine(settings: Settings) -> str:
    """Have an empty picture looked at, by processes as `manyou serve` starts them.

    Raises:
        Ailment: it cannot be; the message says what to do.
    """
    liveness = settings.liveness
    if not liveness.enabled:
        return "switched off by liveness.enabled"
    try:
        if closed := vision.why_closed(liveness):
            raise Ailment(str(closed))
    except SettingsError as error:
        raise Ailment(str(error)) from None
    bounds = replace(vision.bounds(liveness), processes=1)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="manyou-") as directory:
        path = Path(directory) / vision.SOCKET
        try:
            with start(path, bounds, options=vision.options(liveness)):
                seen = VisionRoom(path, bounds).look(Question(pictures=[_empty()]))
        except (IdentityError, OSError) as error:
            raise Ailment(
                f"{error}; the reason is above: install the package again, or give a vision "
                "process more than liveness.cap_mib"
            ) from None
    taken = time.monotonic() - began
    return f"{vision.eyes(liveness)}, weights as chosen, {seen.model_id}, up in {taken:.1f} s"


def _empty() -> bytes:
    """Return a grey PNG (ISO/IEC 15948) of nobody."""
    rows = (b"\x00" + b"\x80" * _SIDE) * _SIDE
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
