"""HMAC-SM3 (GB/T 32905, GM/T 0042), as the profiles of ours sign with it."""

import hmac as compare

from cryptography.hazmat.primitives import hashes, hmac


def seal(secret: str, message: bytes) -> str:
    """Return the code of *message* under *secret*, in lower-case hexadecimal."""
    mac = hmac.HMAC(secret.encode(), hashes.SM3())
    mac.update(message)
    return mac.finalize().hex()


def is_sealed(secret: str, message: bytes, code: str) -> bool:
    """Say whether *code* is that of *message*."""
    return compare.compare_digest(seal(secret, message).encode(), code.lower().encode())


def digest(message: bytes) -> str:
    """Return the SM3 digest of *message*, in lower-case hexadecimal."""
    hashed = hashes.Hash(hashes.SM3())
    hashed.update(message)
    return hashed.finalize().hex()
