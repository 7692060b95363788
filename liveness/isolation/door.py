"""The check at the door: what a picture is, told in microseconds without decoding any of it."""

from liveness.isolation import jpeg, png, webp
from liveness.isolation.errors import Fault, PictureError
from liveness.isolation.header import SHIPPED, Header, Limits, within

_READERS = ((jpeg.MAGIC, jpeg.read), (png.MAGIC, png.read), (webp.MAGIC, webp.read))


def inspect(octets: bytes, limits: Limits = SHIPPED) -> Header:
    """Return format and dimensions of a picture that may be decoded.

    Raises:
        PictureError: it may not; its fault says why.
    """
    if len(octets) > limits.octets:
        raise PictureError(Fault.TOO_HEAVY, f"{len(octets)} octets")
    for magic, read in _READERS:
        if octets.startswith(magic):
            return within(read(octets), limits)
    raise PictureError(Fault.FORMAT, f"begins with {octets[:8].hex()}")
