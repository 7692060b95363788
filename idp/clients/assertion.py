"""A client's signed assertion of who it is: private_key_jwt (RFC 7523 §3, OIDC Core §9)."""

from collections.abc import Callable
from typing import Any

from idp import clock
from idp.clients.errors import InvalidClientError
from idp.clients.keysets import ClientKey
from idp.clients.party import RelyingParty
from idp.crypto import fingerprint
from idp.crypto.compact import Compact, CompactError, take_apart
from idp.crypto.signatures import ALGORITHMS
from idp.db import Statement, Transaction

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_TYPES = frozenset({"", "jwt", "client-authentication+jwt"})  # lower case
_LONGEST_LIFE = 3600  # the default of common client libraries; its jti is good once all the same
_LATE = 30  # seconds a clock may run behind ours
_EARLY = 60  # and ahead
_LONGEST_JTI = 256

_USE = Statement("""
    INSERT INTO used_assertion (client_id, jti_fingerprint, expires_at)
    VALUES (:client_id, :jti, :expires_at) ON CONFLICT DO NOTHING""")

Candidates = Callable[[str | None], list[ClientKey]]


def issuer_of(token: str) -> str:
    """Return whom *token* claims to come from; nothing is proven by it.

    Raises:
        InvalidClientError: it is no JWT, or names no issuer.
    """
    issuer = _claims(_parts(token)).get("iss")
    if not isinstance(issuer, str):
        raise InvalidClientError(detail="the assertion names no issuer")
    return issuer


def verify(
    token: str, party: RelyingParty, candidates: Candidates, *, audiences: tuple[str, ...]
) -> tuple[str, int]:
    """Return the `jti` of an assertion that *party* signed for us, and when it expires.

    Raises:
        InvalidClientError: something about it is wrong; its detail says what.
    """
    parts = _parts(token)
    _check_signature(parts, party, candidates)
    claims = _claims(parts)
    for fault, found in _faults(claims, party.client_id, audiences):
        if found:
            raise InvalidClientError(client_id=party.client_id, detail=f"assertion: {fault}")
    return claims["jti"], int(claims["exp"])


def use_up(tx: Transaction, client_id: str, jti: str, expires_at: int) -> None:
    """Remember *jti* until nobody could use it any more.

    Raises:
        InvalidClientError: it was used before.
    """
    parameters = {"jti": fingerprint(jti), "expires_at": expires_at + _LATE + _EARLY}
    if tx.run(_USE, client_id=client_id, **parameters) != 1:
        raise InvalidClientError(client_id=client_id, detail="assertion: replayed")


def _parts(token: str) -> Compact:
    try:
        return take_apart(token, foreign=True)
    except CompactError as error:
        raise InvalidClientError(detail=f"assertion: {error.detail}") from None


def _claims(parts: Compact) -> dict[str, Any]:
    try:
        return parts.claims()
    except CompactError as error:
        raise InvalidClientError(detail=f"assertion: {error.detail}") from None


def _check_signature(parts: Compact, party: RelyingParty, candidates: Candidates) -> None:
    algorithm = parts.header["alg"]
    pinned = party.metadata.get("token_endpoint_auth_signing_alg", algorithm)
    if algorithm not in ALGORITHMS or algorithm != pinned:
        raise InvalidClientError(client_id=party.client_id, detail=f"assertion: alg {algorithm!r}")
    if parts.header.get("typ", "").lower() not in _TYPES:
        raise InvalidClientError(client_id=party.client_id, detail="assertion: typ")
    for key in candidates(parts.header.get("kid")):
        verifier = key.verifier(algorithm)
        if verifier is not None and verifier(parts.signing_input, parts.signature):
            return
    raise InvalidClientError(client_id=party.client_id, detail="assertion: signature")


def _faults(
    claims: dict[str, Any], client_id: str, audiences: tuple[str, ...]
) -> tuple[tuple[str, bool], ...]:
    """Return each rule and whether it is broken.

    The audience is one string: in a list, an assertion made for somebody else could be
    played to us. A missing number compares false, so each line states what is good, negated.
    """
    now = clock.epoch()
    exp = _number(claims.get("exp"))
    jti = claims.get("jti")
    audience = claims.get("aud")
    return (
        ("iss", claims.get("iss") != client_id),
        ("sub", claims.get("sub") != client_id),
        ("aud", not (isinstance(audience, str) and audience in audiences)),
        ("expired", not exp + _LATE > now),
        ("lives too long", not exp <= now + _LONGEST_LIFE + _EARLY),
        ("iat ahead", "iat" in claims and not _number(claims["iat"]) <= now + _EARLY),
        ("nbf ahead", "nbf" in claims and not _number(claims["nbf"]) <= now + _EARLY),
        ("jti", not (isinstance(jti, str) and 0 < len(jti) <= _LONGEST_JTI)),
    )


def _number(value: object) -> float:
    """Return a NumericDate, or NaN for anything else."""
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if good else float("nan")  # type: ignore[arg-type]
