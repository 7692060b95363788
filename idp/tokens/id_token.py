"""ID tokens (OIDC Core §2)."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256, sha512
from typing import Any

from idp import clock
from idp.keys.ring import Ring
from idp.tokens.grants import Grant

_HASHES = {"256": sha256, "512": sha512}


def mint(
    ring: Ring,
    grant: Grant,
    *,
    issuer: str,
    lifetime: int,
    algorithm: str,
    access_token: str,
    nonce: str | None,
    more: Mapping[str, Any],
) -> str:
    """Return the signed ID token of *grant*; *more* are claims that the site asked for here."""
    now = clock.epoch()
    claims: dict[str, Any] = {
        **more,
        "iss": issuer,
        "sub": grant.subject,
        "aud": grant.client_id,
        "exp": now + lifetime,
        "iat": now,
        "auth_time": grant.auth_time,
        "acr": grant.acr,
        "amr": grant.amr.split(),
        "sid": grant.sid,
        "at_hash": half_hash(access_token, algorithm),
    }
    if nonce is not None:
        claims["nonce"] = nonce
    return ring.sign(claims, typ="JWT", algorithm=algorithm)


def half_hash(token: str, algorithm: str) -> str:
    """Return the left half of *token*'s hash, as `at_hash` wants it (OIDC Core §3.1.3.6)."""
    make = sha512 if algorithm == "EdDSA" else _HASHES[algorithm[2:]]
    digest = make(token.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")
