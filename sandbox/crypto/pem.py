"""SM2 keys in files: PKCS #8 and SubjectPublicKeyInfo, as OpenSSL writes them."""

import base64
import textwrap

from sandbox.crypto.der import BITS, CONTEXT, OCTETS, Node, integer, oid, sequence, wrap
from sandbox.crypto.sm2 import SCALAR, PrivateKey

EC_PUBLIC_KEY, CURVE = "1.2.840.10045.2.1", "1.2.156.10197.1.301"
ALGORITHM = sequence(oid(EC_PUBLIC_KEY), oid(CURVE))


def public_info(public: bytes) -> bytes:
    """Return *public* as a SubjectPublicKeyInfo (RFC 5480 §2)."""
    return sequence(ALGORITHM, wrap(BITS, b"\x00\x04", public))


def write_key(key: PrivateKey) -> str:
    """Return *key* as PKCS #8 (RFC 5208, RFC 5915)."""
    point = wrap(CONTEXT + 1, wrap(BITS, b"\x00\x04", key.public))
    inner = sequence(integer(1), wrap(OCTETS, key.secret.to_bytes(SCALAR)), point)
    return armour(sequence(integer(0), ALGORITHM, wrap(OCTETS, inner)), "PRIVATE KEY")


def read_key(pem: str) -> PrivateKey:
    """Return the key in *pem*.

    Raises:
        ValueError: it is no SM2 key in PKCS #8.
    """
    _, algorithm, wrapped = list(Node.whole(unarmour(pem, "PRIVATE KEY")))[:3]
    _, secret = list(Node.whole(wrapped.expect(OCTETS).content))[:2]
    if algorithm.raw != ALGORITHM:
        raise ValueError("no SM2 key")
    return PrivateKey.of(int.from_bytes(secret.expect(OCTETS).content))


def armour(octets: bytes, label: str) -> str:
    body = textwrap.fill(base64.b64encode(octets).decode(), 64)
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


def unarmour(pem: str, label: str) -> bytes:
    """Return the octets under *label*.

    Raises:
        ValueError: there are none.
    """
    head, tail = f"-----BEGIN {label}-----", f"-----END {label}-----"
    if head not in pem or tail not in pem:
        raise ValueError(f"no {label}")
    body = pem.split(head, 1)[1].split(tail, 1)[0]
    return base64.b64decode("".join(body.split()), validate=True)
