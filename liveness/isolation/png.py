"""Read the header of a PNG: eight bits, still, not interlaced (ISO/IEC 15948)."""

import struct
import zlib
from collections.abc import Iterator

from liveness.isolation.errors import Fault, PictureError
from liveness.isolation.header import Header

MAGIC = b"\x89PNG\r\n\x1a\n"
_IHDR = struct.Struct(">IIBBBBB")
_CHUNK = struct.Struct(">I4s")
_COLOURS = {0, 2, 6}  # grey, colour, colour with transparency
_ONCE = {b"IHDR", b"IEND"}
# No palette, no animation, and no text that unpacks itself.
_KNOWN = {b"IHDR", b"IDAT", b"IEND", b"sRGB", b"gAMA", b"cHRM", b"pHYs", b"tIME", b"tEXt"}
_KNOWN |= {b"sBIT", b"bKGD", b"eXIf", b"iCCP"}
_MOST_CHUNKS = 8192
_LARGEST_ASIDE = 64 << 10


def read(octets: bytes) -> Header:
    """Return what the first chunk promises, the others having been looked through.

    Raises:
        PictureError: it is another variant, damaged, or something follows the picture.
    """
    names: list[bytes] = []
    for name, start, length in _chunks(octets):
        if name not in _KNOWN:
            raise PictureError(Fault.VARIANT, f"the PNG chunk {name!r}")
        if name != b"IDAT" and length > _LARGEST_ASIDE:
            raise PictureError(Fault.TOO_HEAVY, f"{length} octets in {name!r}")
        if name in _ONCE or not names:
            _check_sum(octets, start, length)
        names.append(name)
        if name == b"IEND":
            if start + length + 4 != len(octets):
                raise PictureError(Fault.TRAILING, "octets after a PNG")
            break
    return _header(octets, names)


def _chunks(octets: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and length of each chunk's body."""
    at = len(MAGIC)
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(octets):
            raise PictureError(Fault.DAMAGED, "a PNG without an end")
        length, name = _CHUNK.unpack_from(octets, at)
        if at + 12 + length > len(octets):
            raise PictureError(Fault.DAMAGED, "a PNG chunk is cut off")
        yield name, at + 8, length
        at += 12 + length
    raise PictureError(Fault.DAMAGED, "too many PNG chunks")


def _check_sum(octets: bytes, start: int, length: int) -> None:
    stated = int.from_bytes(octets[start + length : start + length + 4], "big")
    if zlib.crc32(octets[start - 4 : start + length]) != stated:
        raise PictureError(Fault.DAMAGED, "a PNG chunk with a wrong sum")


def _header(octets: bytes, names: list[bytes]) -> Header:
    whole = names[0] == b"IHDR" and b"IDAT" in names and names[-1] == b"IEND"
    if not whole or any(names.count(name) != 1 for name in _ONCE):
        raise PictureError(Fault.DAMAGED, "a PNG without its chunks")
    if _CHUNK.unpack_from(octets, len(MAGIC))[0] != _IHDR.size:
        raise PictureError(Fault.DAMAGED, "a PNG header of the wrong length")
    width, height, depth, colour, compression, filters, interlace = _IHDR.unpack_from(octets, 16)
    if depth != 8 or colour not in _COLOURS:  # noqa: PLR2004 - bits
        raise PictureError(Fault.VARIANT, f"a PNG of depth {depth}, colour type {colour}")
    if (compression, filters, interlace) != (0, 0, 0):
        raise PictureError(Fault.VARIANT, "an interlaced or unknown PNG")
    return Header("png", width, height)
