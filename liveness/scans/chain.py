"""The chain of frames: in order, none left out, none put in, and captured when they claim to be.

h₀ = SHA-256("manyou-face-1" LF scan LF nonce), hₖ = SHA-256(hₖ₋₁ ‖ SHA-256(frame) ‖ uint32(time)).
The head of each submission is signed by the key that the browser made when the scan began. This
ties frames to one session and one order; it proves nothing about the camera they came from.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from liveness.scans.errors import BatchError, TamperedError
from liveness.scans.wire import Frame, packed, unpadded

_WORD = "manyou-face-1"
_TIME = struct.Struct(">I")
_HALF = 32
_SLACK = 400  # ms that two honest clocks may differ within a session
_SLOW = 8000  # ms for prompts to be spoken, and for answers to cross a slow network
_PAUSE = 2000  # ms between two frames: more is a camera that was stopped, or a cut
_HURRY = 0.4  # of the interval that was asked for: less comes from no camera at that rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What our clock says of a step; ms, all but *now* counted from the beginning of the scan."""

    asked: int  # when it was shown
    now: int
    wait: int
    window: int
    rate: float


def start(scan_id: str, nonce: bytes) -> bytes:
    """Return h₀."""
    return sha256(f"{_WORD}\n{scan_id}\n{packed(nonce)}".encode()).digest()


def link(head: bytes, frame: Frame) -> bytes:
    """Return the head once *frame* is appended."""
    return sha256(head + sha256(frame.octets).digest() + _TIME.pack(frame.at)).digest()


def head_of(head: bytes, frames: Sequence[Frame]) -> bytes:
    for frame in frames:
        head = link(head, frame)
    return head


def signed_text(scan_id: str, version: int, head: bytes) -> bytes:
    """Return what the browser signs."""
    return f"{_WORD}\n{scan_id}\n{version}\n{head.hex()}".encode()


def point(jwk: object) -> bytes:
    """Return the 64 octets of a P-256 public key in JWK (RFC 7518 §6.2.1).

    Raises:
        BatchError: it is none, or holds a private key.
    """
    if not isinstance(jwk, dict) or jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise BatchError(detail="no P-256 key")
    if "d" in jwk:
        raise BatchError(detail="a private key")
    made = unpadded(jwk.get("x"), _HALF) + unpadded(jwk.get("y"), _HALF)
    _key(made)
    return made


def is_signed(key: bytes, text: bytes, signature: bytes) -> bool:
    """Say whether *signature*, r ‖ s as WebCrypto writes it, is of *text* by *key*."""
    r, s = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
    try:
        _key(key).verify(encode_dss_signature(r, s), text, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def verify_times(frames: Sequence[Frame], last: int, timing: Timing) -> None:
    """Hold the claimed moments against each other and against our own clock.

    The browser counts from when it heard that the scan began, so its count runs behind ours by
    one crossing of the network, and never ahead.

    Raises:
        TamperedError: they cannot be true.
    """
    moments = [frame.at for frame in frames]
    first, final = moments[0], moments[-1]
    steps = [after - before for before, after in pairwise(moments)]
    lasted = final - first
    possible = (
        ("order", first > last and all(step > 0 for step in steps)),
        ("pause", all(step <= _PAUSE for step in steps)),
        ("hurry", not steps or lasted / len(steps) >= _HURRY * 1000 / timing.rate),
        ("future", final <= timing.now + _SLACK),
        ("longer than it took", lasted <= timing.now - timing.asked + _SLACK),
        ("longer than the window", lasted <= timing.window + timing.window // 2 + _SLACK),
        ("before it was asked", first >= timing.asked - _SLOW // 2),
        ("too late", final <= timing.asked + timing.wait + timing.window + _SLOW),
    )
    wrong = next((name for name, holds in possible if not holds), None)
    if wrong:
        raise TamperedError(f"times: {wrong}")


def steady(frames: Sequence[Frame]) -> bool:
    """Say whether frames came as no camera's do: to the millisecond. A hint, and no more."""
    steps = {after.at - before.at for before, after in pairwise(frames)}
    return len(frames) > 4 and len(steps) == 1  # noqa: PLR2004 - fewer say nothing


def _key(made: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + made)
    except ValueError:
        raise BatchError(detail="no point of P-256") from None
