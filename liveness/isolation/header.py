"""What a picture's header promises, and what we let in."""

from dataclasses import dataclass

from liveness.isolation.errors import Fault, PictureError


@dataclass(frozen=True, slots=True)
class Header:
    """The format and the size it will have when decoded."""

    kind: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The largest and smallest that is let in; octets, pixels."""

    octets: int = 4 << 20
    side: int = 4096
    pixels: int = 8_500_000
    least_side: int = 48


SHIPPED = Limits()


def within(header: Header, limits: Limits) -> Header:
    """Return *header*.

    Raises:
        PictureError: what it promises is more than we decode, or less than shows a face.
    """
    size = f"{header.width} x {header.height}"
    if min(header.width, header.height) < limits.least_side:
        raise PictureError(Fault.TOO_SMALL, size)
    if max(header.width, header.height) > limits.side:
        raise PictureError(Fault.TOO_LARGE, size)
    if header.width * header.height > limits.pixels:
        raise PictureError(Fault.TOO_LARGE, size)
    return header
