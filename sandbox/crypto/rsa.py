"""RSA signatures, PKCS #1 v1.5 with SHA-256 (RFC 8017 §8.2), by the sandbox's own arithmetic."""

import hashlib
import hmac
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Self

from sandbox.crypto.der import BITS, NOTHING, OCTETS, DerError, Node, oid, sequence, wrap

SHA256 = sequence(oid("2.16.840.1.101.3.4.2.1"), NOTHING)
ENCRYPTION = "1.2.840.113549.1.1.1"
SHORTEST = 256


def digest_info(message: bytes) -> bytes:
    return sequence(SHA256, wrap(OCTETS, hashlib.sha256(message).digest()))


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A modulus and an exponent."""

    modulus: int
    exponent: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the key in *text*: SubjectPublicKeyInfo, as PEM or as its base64 alone.

        Raises:
            ValueError: there is none.
        """
        algorithm, bits = Node.whole(b64decode("".join(_body(text).split()), validate=True))
        if not next(iter(algorithm)).is_oid(ENCRYPTION) or bits.expect(BITS).content[:1] != b"\0":
            raise ValueError("no RSA key")
        modulus, exponent = Node.whole(bits.content[1:])
        return cls(modulus.integer(), exponent.integer())

    @property
    def size(self) -> int:
        return (self.modulus.bit_length() + 7) // 8

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether *signature* is over *message*: the whole encoding is compared, not searched."""
        number = int.from_bytes(signature)
        if len(signature) != self.size or self.size < SHORTEST or number >= self.modulus:
            return False
        found = pow(number, self.exponent, self.modulus).to_bytes(self.size)
        return hmac.compare_digest(found, _padded(message, self.size))


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private exponent, and what belongs to it."""

    public: PublicKey
    secret: int = field(repr=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the key in *text*: PKCS #1 or PKCS #8, as PEM or as its base64 alone.

        Raises:
            ValueError: there is none.
        """
        node = Node.whole(b64decode("".join(_body(text).split()), validate=True))
        parts = list(node)
        try:
            parts[1].integer()
        except DerError:  # PKCS #8: an algorithm stands there
            parts = list(Node.whole(parts[2].expect(OCTETS).content))
        modulus, exponent, secret = (part.integer() for part in parts[1:4])
        return cls(PublicKey(modulus, exponent), secret)

    def sign(self, message: bytes) -> bytes:
        """Return the signature over *message*."""
        size = self.public.size
        padded = int.from_bytes(_padded(message, size))
        return pow(padded, self.secret, self.public.modulus).to_bytes(size)


def _padded(message: bytes, size: int) -> bytes:
    """Return EMSA-PKCS1-v1_5 of *message* (RFC 8017 §9.2)."""
    info = digest_info(message)
    return b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info


def _body(text: str) -> str:
    """Return the base64 in *text*, armour taken off."""
    lines = [line for line in text.strip().splitlines() if not line.startswith("-----")]
    return "".join(lines)
