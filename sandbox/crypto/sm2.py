"""SM2 signatures and encryption (GB/T 32918.2 and .4), by the sandbox's own arithmetic."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from sandbox.crypto.curve import A, B, G, N, Point, combine, lies_on_curve
from sandbox.crypto.der import OCTETS, DerError, Node, integer, sequence, wrap
from sandbox.crypto.sm3 import derive, sm3

IDENTIFIER = b"1234567812345678"  # GM/T 0009-2012 §10: everybody's
SCALAR = 32
POINT = 2 * SCALAR


class SealError(ValueError):
    """What was sealed was not sealed for this key, or is damaged."""


def point_of(public: bytes) -> Point:
    """Return the point in 64 octets.

    Raises:
        ValueError: it is none of the curve.
    """
    point = Point(int.from_bytes(public[:SCALAR]), int.from_bytes(public[SCALAR:]))
    if len(public) != POINT or not lies_on_curve(point):
        raise ValueError("no point of the curve")
    return point


def octets_of(point: Point) -> bytes:
    return point.x.to_bytes(SCALAR) + point.y.to_bytes(SCALAR)


def digest_of(public: bytes, message: bytes) -> int:
    """Return e, which binds *message* to its signer (GB/T 32918.2-2016 §5.5, §6.1)."""
    curve = (A.to_bytes(SCALAR), B.to_bytes(SCALAR), octets_of(G))
    signer = sm3((len(IDENTIFIER) * 8).to_bytes(2), IDENTIFIER, *curve, public)
    return int.from_bytes(sm3(signer, message))


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether *signature* (DER, r and s) is over *message* (GB/T 32918.2-2016 §7.1)."""
    try:
        r, s = (node.integer() for node in Node.whole(signature))
        holder = point_of(public)
    except (DerError, ValueError):
        return False
    if not (0 < r < N and 0 < s < N) or (r + s) % N == 0:
        return False
    point = combine((s, G), (r + s, holder))
    return point is not None and (digest_of(public, message) + point.x) % N == r


def _random_scalar() -> int:
    return secrets.randbelow(N - 1) + 1


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key, and the point that belongs to it (x and y)."""

    secret: int = field(repr=False)
    public: bytes

    @classmethod
    def of(cls, secret: int) -> Self:
        """Return the key of *secret*.

        Raises:
            ValueError: it is out of range.
        """
        point = combine((secret, G)) if 0 < secret < N - 1 else None
        if point is None:
            raise ValueError("the secret is out of range")
        return cls(secret, octets_of(point))

    @classmethod
    def new(cls) -> Self:
        return cls.of(secrets.randbelow(N - 2) + 1)

    def sign(self, message: bytes, random: Callable[[], int] = _random_scalar) -> bytes:
        """Return the DER signature over *message* (GB/T 32918.2-2016 §6.1)."""
        digest = digest_of(self.public, message)
        while True:
            number = random()
            point = combine((number, G))
            r = (digest + point.x) % N if point else 0
            s = pow(1 + self.secret, -1, N) * (number - r * self.secret) % N
            if r not in (0, N - number) and s:
                return sequence(integer(r), integer(s))

    def decrypt(self, cipher: bytes) -> bytes:
        """Return what an SM2Cipher of GM/T 0009 holds (GB/T 32918.4-2016 §7.1).

        Raises:
            SealError: it was not sealed for this key.
        """
        x, y, check, sealed = Node.whole(cipher)
        start = Point(x.integer(), y.integer())
        shared = combine((self.secret, start)) if lies_on_curve(start) else None
        if shared is None:
            raise SealError("no point of the curve")
        plain = _mask(shared, sealed.expect(OCTETS).content)
        if not hmac.compare_digest(_checksum(shared, plain), check.expect(OCTETS).content):
            raise SealError("the checksum does not fit")
        return plain


def encrypt(public: bytes, plain: bytes, random: Callable[[], int] = _random_scalar) -> bytes:
    """Return *plain* as an SM2Cipher for *public* (GB/T 32918.4-2016 §6.1)."""
    number = random()
    start, shared = combine((number, G)), combine((number, point_of(public)))
    if start is None or shared is None:
        raise ValueError("the random number is out of range")
    check = wrap(OCTETS, _checksum(shared, plain))
    return sequence(integer(start.x), integer(start.y), check, wrap(OCTETS, _mask(shared, plain)))


def _mask(shared: Point, text: bytes) -> bytes:
    stream = derive(octets_of(shared), len(text))
    return bytes(a ^ b for a, b in zip(stream, text, strict=True))


def _checksum(shared: Point, plain: bytes) -> bytes:
    x, y = (coordinate.to_bytes(SCALAR) for coordinate in shared)
    return sm3(x, plain, y)
