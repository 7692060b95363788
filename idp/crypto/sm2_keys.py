"""Keys for SM2 in files: PEM (RFC 7468) around PKCS#8 (RFC 5208), as OpenSSL writes them."""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import Annotated

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from idp.crypto.sm2 import (
    ORDER,
    SM2_KEY,
    UNCOMPRESSED,
    KeyAlgorithm,
    PrivateKey,
    PublicKey,
    PublicKeyInfo,
    ShangmiError,
    ShangmiKeyError,
)

_LONGEST_PEM = 16_384
_PEM = re.compile(r"-----BEGIN ([A-Z ]{1,40})-----\s([A-Za-z0-9+/=\s]+)-----END \1-----")


@asn1.sequence
class _EcPrivateKey:
    """RFC 5915 §3."""

    version: int
    secret: Annotated[bytes, asn1.Size(min=32, max=32)]
    curve: Annotated[ObjectIdentifier | None, asn1.Explicit(0)]
    public: Annotated[asn1.BitString | None, asn1.Explicit(1)]


@asn1.sequence
class _PrivateKeyInfo:
    """RFC 5208 §5."""

    version: int
    algorithm: KeyAlgorithm
    key: bytes


def read_pem(text: str, label: str) -> bytes:
    """Return the bytes of the one PEM block in *text* that bears *label* (RFC 7468).

    Raises:
        ShangmiKeyError: there is none.
    """
    blocks = _PEM.findall(text[:_LONGEST_PEM])
    try:
        body = next(body for name, body in blocks if name == label)
        return b64decode("".join(body.split()), validate=True)
    except (StopIteration, Base64Error):
        raise ShangmiKeyError(detail=f"no PEM block {label}") from None


def write_pem(octets: bytes, label: str) -> str:
    """Return *octets* as a PEM block, lines of 64 characters."""
    body = b64encode(octets).decode()
    lines = "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def load_private_key(pem: str) -> PrivateKey:
    """Return the key of a PKCS#8 PEM that names its public half, as OpenSSL writes it.

    Raises:
        ShangmiKeyError: it is none for SM2, or its halves do not belong together.
    """
    try:
        info = asn1.decode_der(_PrivateKeyInfo, read_pem(pem, "PRIVATE KEY"))
        inner = asn1.decode_der(_EcPrivateKey, info.key)
    except ValueError:
        raise ShangmiKeyError(detail="no unencrypted PKCS#8 key of an elliptic curve") from None
    if inner.public is None:
        raise ShangmiKeyError(detail="the key does not name its public half")
    try:
        public = PublicKey.of(PublicKeyInfo(algorithm=info.algorithm, key=inner.public))
    except ShangmiError as error:
        raise ShangmiKeyError(detail=error.detail) from None
    key = PrivateKey(public, inner.secret)
    if not 0 < int.from_bytes(inner.secret, "big") < ORDER - 1 or not _fits(key):
        raise ShangmiKeyError(detail="the halves of the key do not belong together")
    return key


def load_public_key(pem: str) -> PublicKey:
    """Return the key of a PEM with SubjectPublicKeyInfo (RFC 5480 §2).

    Raises:
        ShangmiKeyError: it is none for SM2.
    """
    try:
        return PublicKey.of(asn1.decode_der(PublicKeyInfo, read_pem(pem, "PUBLIC KEY")))
    except ValueError:
        raise ShangmiKeyError(detail="no public key of an elliptic curve") from None
    except ShangmiError as error:
        raise ShangmiKeyError(detail=error.detail) from None


def dump_private_key(key: PrivateKey) -> str:
    """Return *key* as PKCS#8 PEM, unencrypted: for a file that only the service can read."""
    public = asn1.BitString(UNCOMPRESSED + key.public.point, 0)
    inner = _EcPrivateKey(version=1, secret=key.secret, curve=None, public=public)
    info = _PrivateKeyInfo(version=0, algorithm=SM2_KEY, key=asn1.encode_der(inner))
    return write_pem(asn1.encode_der(info), "PRIVATE KEY")


def _fits(key: PrivateKey) -> bool:
    return key.public.verifies(b"both halves", key.sign(b"both halves"))
