"""SM2 (GB/T 32918-2016): signatures with SM3 and ZA, and encryption.

What is signed and enciphered travels in the DER of GM/T 0009-2012. All that comes from outside
is read strictly here first, so that the C library meets well-formed values only.
"""

from dataclasses import dataclass, field
from typing import Annotated, Protocol

import gmssl_pyx
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.x509 import ObjectIdentifier

from idp.errors import IdentityError

IDENTITY = b"1234567812345678"
"""The signer's ID that everybody uses (GM/T 0009-2012 §10)."""

EC_PUBLIC_KEY = ObjectIdentifier("1.2.840.10045.2.1")
CURVE = ObjectIdentifier("1.2.156.10197.1.301")

_P = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
ORDER = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
_A = _P - 3
_B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
_G = bytes.fromhex(
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)
_CURVE_AND_BASE = _A.to_bytes(32, "big") + _B.to_bytes(32, "big") + _G
_HALF = 32
UNCOMPRESSED = b"\x04"
_LONGEST_PLAIN = 255


class ShangmiError(IdentityError):
    """What was sent is not what GB/T 32918 or GM/T 0010 describe, or does not verify."""

    code = "shangmi_message_invalid"
    description = "A message in national cryptography cannot be read, or was altered."


class ShangmiKeyError(ShangmiError):
    """A key or certificate of our own settings is none for SM2."""

    code = "shangmi_key_invalid"
    description = "A key or certificate is not one for SM2 in PEM."


@asn1.sequence
class Signature:
    """SM2Signature (GM/T 0009-2012 §7.3)."""

    r: int
    s: int


@asn1.sequence
class Cipher:
    """SM2Cipher (GM/T 0009-2012 §7.2): the point, C3 and C2."""

    x: int
    y: int
    c3: Annotated[bytes, asn1.Size(min=32, max=32)]
    c2: Annotated[bytes, asn1.Size(min=1, max=_LONGEST_PLAIN)]


@asn1.sequence
class KeyAlgorithm:
    """AlgorithmIdentifier of a key, naming its curve."""

    algorithm: ObjectIdentifier
    curve: ObjectIdentifier


@asn1.sequence
class PublicKeyInfo:
    """SubjectPublicKeyInfo (RFC 5480 §2) over the curve of SM2."""

    algorithm: KeyAlgorithm
    key: asn1.BitString


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point of the curve, as x and y of 32 bytes each."""

    point: bytes

    def __post_init__(self) -> None:
        x, y = (int.from_bytes(half, "big") for half in (self.point[:_HALF], self.point[_HALF:]))
        inside = len(self.point) == 2 * _HALF and x < _P and y < _P
        if not inside or (y * y - (x * x + _A) * x - _B) % _P:
            raise ShangmiError(detail="not a point of the curve")

    @classmethod
    def of(cls, info: PublicKeyInfo) -> "PublicKey":
        """Read the key of a certificate.

        Raises:
            ShangmiError: it is none for SM2.
        """
        octets = info.key.as_bytes()
        if info.algorithm.curve != CURVE or info.algorithm.algorithm != EC_PUBLIC_KEY:
            raise ShangmiError(detail="the key is on another curve")
        if octets[:1] != UNCOMPRESSED or info.key.padding_bits():
            raise ShangmiError(detail="the point is compressed")
        return cls(octets[1:])

    @property
    def info(self) -> PublicKeyInfo:
        """The key as a certificate carries it."""
        bits = asn1.BitString(UNCOMPRESSED + self.point, 0)
        return PublicKeyInfo(algorithm=SM2_KEY, key=bits)

    def verifies(self, message: bytes, signature: bytes, *, identity: bytes = IDENTITY) -> bool:
        """Say whether *signature* (DER) is this key's over *message* (GB/T 32918.2 §7)."""
        try:
            parsed = asn1.decode_der(Signature, signature)
        except ValueError:
            return False
        r, s = parsed.r, parsed.s
        if not (0 < r < ORDER and 0 < s < ORDER and (r + s) % ORDER):
            return False
        return gmssl_pyx.sm2_verify_sm3_digest(
            self.point, self.digest(message, identity), signature
        )

    def digest(self, message: bytes, identity: bytes = IDENTITY) -> bytes:
        """Return e = SM3(ZA ‖ message), ZA binding the signer's ID and key (§5.5)."""
        length = (8 * len(identity)).to_bytes(2, "big")
        return sm3(sm3(length + identity + _CURVE_AND_BASE + self.point) + message)

    def encrypt(self, plain: bytes) -> bytes:
        """Return *plain* (1 to 255 bytes: a key) for this key's holder alone, as SM2Cipher."""
        return gmssl_pyx.sm2_encrypt(self.point, plain)


class SigningKey(Protocol):
    """A key that signs; whether it lies in memory or in a hardware module is its own affair."""

    @property
    def public(self) -> PublicKey:
        """The other half."""

    def sign(self, message: bytes) -> bytes:
        """Return an SM2Signature over *message*, in DER."""


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key in memory, with its point."""

    public: PublicKey
    secret: bytes = field(repr=False)

    def sign(self, message: bytes, *, identity: bytes = IDENTITY) -> bytes:
        """Return an SM2Signature over *message*, in DER."""
        return gmssl_pyx.sm2_sign_sm3_digest(self.secret, self.public.digest(message, identity))

    def decrypt(self, cipher: bytes) -> bytes:
        """Return what `PublicKey.encrypt` was given.

        Raises:
            ShangmiError: it was altered, or was for somebody else.
        """
        PublicKey(cipher_to_raw(cipher)[1 : 1 + 2 * _HALF])
        try:
            return gmssl_pyx.sm2_decrypt(self.secret, cipher)
        except (gmssl_pyx.GmsslInnerError, ValueError):
            raise ShangmiError(detail="SM2 decryption fails") from None


SM2_KEY = KeyAlgorithm(algorithm=EC_PUBLIC_KEY, curve=CURVE)


def sm3(message: bytes) -> bytes:
    """Return the SM3 digest (GB/T 32905-2016), 32 bytes."""
    digest = Hash(SM3())
    digest.update(message)
    return digest.finalize()


def generate() -> PrivateKey:
    """Return a new key."""
    point, secret = gmssl_pyx.sm2_key_generate()
    return PrivateKey(PublicKey(point), secret)


def signature_to_raw(signature: bytes) -> bytes:
    """Return r ‖ s of a DER signature, 64 bytes, as JWS carries it.

    Raises:
        ShangmiError: it is no SM2Signature.
    """
    try:
        parsed = asn1.decode_der(Signature, signature)
        return parsed.r.to_bytes(_HALF, "big") + parsed.s.to_bytes(_HALF, "big")
    except (ValueError, OverflowError):
        raise ShangmiError(detail="no SM2 signature") from None


def signature_from_raw(raw: bytes) -> bytes:
    """Return r ‖ s as a DER signature.

    Raises:
        ShangmiError: it does not have 64 bytes.
    """
    if len(raw) != 2 * _HALF:
        raise ShangmiError(detail="r and s have 32 bytes each")
    r, s = (int.from_bytes(half, "big") for half in (raw[:_HALF], raw[_HALF:]))
    return asn1.encode_der(Signature(r=r, s=s))


def cipher_to_raw(cipher: bytes) -> bytes:
    """Return an SM2Cipher as C1 ‖ C3 ‖ C2, C1 uncompressed (GB/T 32918.4 §6.1).

    Raises:
        ShangmiError: it is no SM2Cipher.
    """
    try:
        parsed = asn1.decode_der(Cipher, cipher)
        point = parsed.x.to_bytes(_HALF, "big") + parsed.y.to_bytes(_HALF, "big")
    except (ValueError, OverflowError):
        raise ShangmiError(detail="no SM2 cipher") from None
    return UNCOMPRESSED + point + parsed.c3 + parsed.c2


def cipher_from_raw(raw: bytes) -> bytes:
    """Return C1 ‖ C3 ‖ C2 as an SM2Cipher.

    Raises:
        ShangmiError: it is too short, too long, or C1 is compressed.
    """
    c1, c3, c2 = raw[1:65], raw[65:97], raw[97:]
    if raw[:1] != UNCOMPRESSED or not 1 <= len(c2) <= _LONGEST_PLAIN:
        raise ShangmiError(detail="not C1 C3 C2")
    x, y = (int.from_bytes(half, "big") for half in (c1[:_HALF], c1[_HALF:]))
    return asn1.encode_der(Cipher(x=x, y=y, c3=c3, c2=c2))
