"""Read the header of a WebP: one still picture, lossy or lossless (RFC 9649)."""

import struct
from collections.abc import Iterator

from liveness.isolation.errors import Fault, PictureError
from liveness.isolation.header import Header

MAGIC = b"RIFF"
_NAME = b"WEBP"
_CHUNK = struct.Struct("<4sI")
_PICTURES = {b"VP8 ", b"VP8L"}
_ASIDES = {b"VP8X", b"ALPH", b"ICCP", b"EXIF", b"XMP "}
_LARGEST_ASIDE = 64 << 10
_MOST_CHUNKS = 16
_ANIMATED = 0x02
_START = b"\x9d\x01\x2a"


def read(octets: bytes) -> Header:
    """Return what the one picture in it promises.

    Raises:
        PictureError: it is animated, damaged, or something follows the picture.
    """
    stated = int.from_bytes(octets[4:8], "little") + 8
    if octets[8:12] != _NAME or stated > len(octets):
        raise PictureError(Fault.DAMAGED, "a WebP that is cut off")
    if stated != len(octets):
        raise PictureError(Fault.TRAILING, f"{len(octets) - stated} octets after a WebP")
    canvas: Header | None = None
    pictures = []
    for name, body in _chunks(octets):
        if name == b"VP8X":
            canvas = _canvas(body)
        elif name in _PICTURES:
            pictures.append(_lossy(body) if name == b"VP8 " else _lossless(body))
        elif name not in _ASIDES or (name != b"ALPH" and len(body) > _LARGEST_ASIDE):
            raise PictureError(Fault.VARIANT, f"the WebP chunk {name!r}")
    if len(pictures) != 1 or canvas not in (None, pictures[0]):
        raise PictureError(Fault.DAMAGED, "a WebP that is not one picture of its stated size")
    return pictures[0]


def _chunks(octets: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    for _ in range(_MOST_CHUNKS):
        if at == len(octets):
            return
        if at + _CHUNK.size > len(octets):
            raise PictureError(Fault.DAMAGED, "a WebP chunk is cut off")
        name, length = _CHUNK.unpack_from(octets, at)
        start = at + _CHUNK.size
        at = start + length + length % 2
        if at > len(octets):
            raise PictureError(Fault.DAMAGED, "a WebP chunk is cut off")
        yield name, octets[start : start + length]
    raise PictureError(Fault.DAMAGED, "too many WebP chunks")


def _canvas(body: bytes) -> Header:
    if len(body) != 10:  # noqa: PLR2004 - §2.7
        raise PictureError(Fault.DAMAGED, "a WebP canvas of the wrong length")
    if body[0] & _ANIMATED:
        raise PictureError(Fault.VARIANT, "an animated WebP")
    width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
    return Header("webp", width, height)


def _lossy(body: bytes) -> Header:
    """Read a key frame's tag, start code and dimensions (RFC 6386 §9.1)."""
    if len(body) < 10 or body[0] & 1 or body[3:6] != _START:  # noqa: PLR2004
        raise PictureError(Fault.DAMAGED, "a WebP frame that does not start")
    width, height = struct.unpack_from("<HH", body, 6)
    return Header("webp", width & 0x3FFF, height & 0x3FFF)


def _lossless(body: bytes) -> Header:
    if len(body) < 5 or body[0] != 0x2F:  # noqa: PLR2004 - RFC 9649 §3.4
        raise PictureError(Fault.DAMAGED, "a lossless WebP that does not start")
    bits = int.from_bytes(body[1:5], "little")
    if bits >> 29:
        raise PictureError(Fault.VARIANT, "an unknown version of lossless WebP")
    return Header("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
