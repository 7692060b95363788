"""SM3, its HMAC, and the key derivation of GB/T 32918.4 on it."""

from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC

SIZE = 32


def sm3(*parts: bytes) -> bytes:
    digest = Hash(SM3())
    for part in parts:
        digest.update(part)
    return digest.finalize()


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    tag = HMAC(key, SM3())
    tag.update(message)
    return tag.finalize()


def derive(secret: bytes, size: int) -> bytes:
    """Return *size* octets from *secret* (GB/T 32918.4-2016 §5.4.3)."""
    rounds = range(1, size // SIZE + 2)
    return b"".join(sm3(secret, count.to_bytes(4)) for count in rounds)[:size]
