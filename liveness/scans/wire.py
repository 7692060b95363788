"""The body of a submission: a length, JSON, and pictures one behind the other; read strictly."""

import binascii
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.web import documents
from liveness.scans.errors import BatchError
from liveness.scans.steps import MOST_FRAMES

KIND = "application/vnd.manyou.frames"
_LENGTH = struct.Struct(">I")
_MOST_JSON = 65_536
_LATEST = 600_000  # ms; no session lives that long
_LONGEST_LABEL = 300
_MOST_SETTINGS = 40
_SIGNATURE = 64
_DIGEST = 32


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture, and when it was captured: ms since the scan began, and of the camera's clock."""

    octets: bytes = field(repr=False)
    at: int
    media: float


@dataclass(frozen=True, slots=True)
class Hints:
    """What the browser says of its camera; anybody can lie about it."""

    label: str = field(default="", repr=False)
    webdriver: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One submission."""

    version: int
    rest: Frame | None  # the face at rest, sent again
    frames: tuple[Frame, ...]
    head: bytes
    signature: bytes
    parcel: bytes | None = field(repr=False)
    hints: Hints


def read(body: bytes) -> Batch:
    """Return what *body* holds.

    Raises:
        BatchError: it is not spelled as it should be.
        DocumentError: its JSON is not.
    """
    if len(body) < _LENGTH.size:
        raise BatchError(detail="no length")
    (length,) = _LENGTH.unpack_from(body)
    start = _LENGTH.size + length
    if length > _MOST_JSON or start > len(body):
        raise BatchError(detail="the JSON is too long")
    told = documents.read_object(body[_LENGTH.size : start])
    frames = _frames(told.get("frames"), memoryview(body)[start:])
    again = _flag(told.get("rest"))
    if len(frames) < 1 + again:
        raise BatchError(detail="no pictures")
    return Batch(
        version=whole(told.get("version")),
        rest=frames[0] if again else None,
        frames=frames[again:],
        head=_octets(told.get("head"), _DIGEST),
        signature=unpadded(told.get("signature"), _SIGNATURE),
        parcel=None if told.get("parcel") is None else unpadded(told["parcel"]),
        hints=_hints(told.get("hints", {})),
    )


def unpadded(text: object, length: int | None = None) -> bytes:
    """Return what base64url *text* stands for (RFC 7515 §2), spelled the one canonical way."""
    if not isinstance(text, str) or len(text) > _MOST_JSON or not text.isascii():
        raise BatchError(detail="no base64url")
    try:
        octets = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise BatchError(detail="no base64url") from None
    if packed(octets) != text or (length is not None and len(octets) != length):
        raise BatchError(detail="no canonical base64url, or of another length")
    return octets


def packed(octets: bytes) -> str:
    """Return *octets* in base64url without padding."""
    return urlsafe_b64encode(octets).decode().rstrip("=")


def _frames(told: object, octets: memoryview) -> tuple[Frame, ...]:
    if not isinstance(told, list) or not 0 < len(told) <= MOST_FRAMES + 1:
        raise BatchError(detail="no frames, or too many")
    frames, start = [], 0
    for one in told:
        if not isinstance(one, dict):
            raise BatchError(detail="no frame")
        size = whole(one.get("size"), len(octets))
        at, media = whole(one.get("at"), _LATEST), _moment(one.get("media", 0))
        frames.append(Frame(bytes(octets[start : start + size]), at, media))
        start += size
    if start != len(octets):
        raise BatchError(detail="the sizes do not add up")
    return tuple(frames)


def _hints(told: object) -> Hints:
    if not isinstance(told, dict):
        raise BatchError(detail="no hints")
    label, settings = told.get("label", ""), told.get("settings", {})
    if not isinstance(label, str) or not isinstance(settings, dict):
        raise BatchError(detail="no hints")
    few = len(settings) <= _MOST_SETTINGS
    return Hints(
        label=label[:_LONGEST_LABEL],
        webdriver=told.get("webdriver") is True,
        settings=settings if few else {},
    )


def whole(value: object, most: int = (1 << 31) - 1) -> int:
    """Return *value* if it is a whole number up to *most*.

    Raises:
        BatchError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise BatchError(detail="no whole number in range")
    return value


def _moment(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:  # noqa: PLR2004
        raise BatchError(detail="no moment of the camera's clock")
    return float(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise BatchError(detail="no flag")
    return value


def _octets(value: object, length: int) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * length or value != value.lower():
        raise BatchError(detail="no digest")
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise BatchError(detail="no digest") from None
