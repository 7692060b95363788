"""Read the header of a JPEG: baseline, eight bits, grey or three colours (ITU-T T.81)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from liveness.isolation.errors import Fault, PictureError
from liveness.isolation.header import Header

MAGIC = b"\xff\xd8\xff"
_MOST_SEGMENTS = 64
_SOF0, _DHT, _SOS, _EOI, _APP14 = 0xC0, 0xC4, 0xDA, 0xD9, 0xEE
# Quantisation and Huffman tables, restart interval, application data, comments.
_HARMLESS = {0xDB, _DHT, 0xDD, 0xFE, *range(0xE0, 0xF0)}
_OTHER_FRAMES = set(range(0xC1, 0xD0)) - {_DHT, 0xC8}
# In entropy-coded data FF is followed by 00 or a restart; anything else is a marker (§B.1.1.5).
_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_COMPONENTS = (1, 3)


@dataclass(frozen=True, slots=True)
class _Segment:
    marker: int
    body: bytes
    end: int


def read(octets: bytes) -> Header:
    """Return what the one frame promises.

    Raises:
        PictureError: it is another variant, damaged, or something follows the picture.
    """
    header: Header | None = None
    for segment in _segments(octets):
        if segment.marker == _SOF0 and header is None:
            header = _frame(segment.body)
        elif segment.marker == _SOS and header is not None:
            _one_scan(octets, segment)
            return header
        elif segment.marker in _OTHER_FRAMES:
            raise PictureError(Fault.VARIANT, f"JPEG frame {segment.marker:#x} is not baseline")
        elif segment.marker == _APP14:
            _no_inverted_colours(segment.body)
        elif segment.marker not in _HARMLESS:
            raise PictureError(Fault.DAMAGED, f"JPEG marker {segment.marker:#x} is out of place")
    raise PictureError(Fault.DAMAGED, "a JPEG without a scan")


def _segments(octets: bytes) -> Iterator[_Segment]:
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if octets[at : at + 1] != b"\xff" or at + 4 > len(octets):
            raise PictureError(Fault.DAMAGED, "no JPEG marker where one is due")
        length = int.from_bytes(octets[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(octets):  # noqa: PLR2004 - the length counts its own octets
            raise PictureError(Fault.DAMAGED, "a JPEG segment is cut off")
        yield _Segment(octets[at + 1], octets[at + 4 : end], end)
        at = end
    raise PictureError(Fault.DAMAGED, "too many JPEG segments")


def _frame(body: bytes) -> Header:
    if len(body) < 6 or len(body) != 6 + 3 * body[5]:  # noqa: PLR2004 - §B.2.2
        raise PictureError(Fault.DAMAGED, "a JPEG frame header of the wrong length")
    if body[0] != 8:  # noqa: PLR2004 - bits
        raise PictureError(Fault.VARIANT, f"{body[0]} bits a sample")
    if body[5] not in _COMPONENTS:
        raise PictureError(Fault.VARIANT, f"{body[5]} colour components")
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    return Header("jpeg", width, height)


def _no_inverted_colours(body: bytes) -> None:
    """Adobe's transform 2 means four components, inverted."""
    if body[:5] == b"Adobe" and body[11:12] not in (b"\x00", b"\x01"):
        raise PictureError(Fault.VARIANT, "an Adobe transform for four colours")


def _one_scan(octets: bytes, scan: _Segment) -> None:
    """Everything after the scan's header is its data, and then the end of the file."""
    found = _MARKER.search(octets, scan.end)
    if found is None:
        raise PictureError(Fault.DAMAGED, "a JPEG without an end")
    if octets[found.end() - 1] != _EOI:
        raise PictureError(Fault.VARIANT, "a JPEG of several scans")
    if found.end() != len(octets):
        raise PictureError(Fault.TRAILING, f"{len(octets) - found.end()} octets after a JPEG")
