"""Access tokens: signed statements of ten minutes (RFC 9068), and whether one still holds."""

import secrets
from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.db import Statement, Transaction
from idp.keys.errors import TokenInvalidError
from idp.keys.ring import Ring
from idp.tokens.grants import Grant

TYP = "at+jwt"

_STATE = Statement("""
    SELECT g.person_id, g.revoked_at, g.scope, g.claims, s.ended_at, p.status,
           (SELECT 1 FROM revoked_token r WHERE r.jti = :jti) AS taken_back
      FROM grant_record g
      JOIN person p ON p.person_id = g.person_id
      JOIN sso_session s ON s.session_id = g.session_id
     WHERE g.grant_id = :grant_id
""")
_TAKEN_BACK = Statement("SELECT 1 AS taken_back FROM revoked_token WHERE jti = :jti")
# Whether a token without a person still holds: for statements of rooms above.
NOT_TAKEN_BACK = "NOT EXISTS (SELECT 1 FROM revoked_token r WHERE r.jti = :jti)"
_TAKE_BACK = Statement("""
    INSERT INTO revoked_token (jti, expires_at) VALUES (:jti, :expires_at)
    ON CONFLICT (jti) DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class ActiveToken:
    """A token of ours that holds; *person_id* is None where a client acts for itself."""

    claims: dict[str, Any]
    person_id: str | None
    asked: str = ""  # the `claims` parameter of its authorization, as JSON

    @property
    def scope(self) -> frozenset[str]:
        return frozenset(self.claims["scope"].split())


def for_person(
    ring: Ring, grant: Grant, *, issuer: str, audience: str, scope: str, lifetime: int
) -> str:
    """Mint the token of a person's grant (RFC 9068 §2.2)."""
    now = clock.epoch()
    claims = {
        "iss": issuer,
        "sub": grant.subject,
        "aud": audience,
        "exp": now + lifetime,
        "iat": now,
        "jti": secrets.token_urlsafe(16),
        "client_id": grant.client_id,
        "scope": scope,
        "sid": grant.sid,
        "auth_time": grant.auth_time,
        "acr": grant.acr,
        "amr": grant.amr.split(),
        "grant": grant.grant_id,
    }
    return ring.sign(claims, typ=TYP)


def for_client(
    ring: Ring, client_id: str, *, issuer: str, audience: str, scope: str, lifetime: int
) -> str:
    """Mint the token of a client that acts for itself: its subject is the client (§2.2)."""
    now = clock.epoch()
    claims = {
        "iss": issuer,
        "sub": client_id,
        "aud": audience,
        "exp": now + lifetime,
        "iat": now,
        "jti": secrets.token_urlsafe(16),
        "client_id": client_id,
        "scope": scope,
    }
    return ring.sign(claims, typ=TYP)


def read(ring: Ring, token: str, *, issuer: str) -> dict[str, Any]:
    """Return what *token* says, if we said it and it has not expired; it may be taken back.

    Raises:
        TokenInvalidError: forged, or expired.
    """
    claims = ring.verify(token, typ=TYP)
    if claims.get("iss") != issuer or claims.get("exp", 0) <= clock.epoch():
        raise TokenInvalidError(detail="expired, or of another issuer")
    return claims


def check(tx: Transaction, ring: Ring, token: str, *, issuer: str) -> ActiveToken:
    """Return what *token* says, if we said it and have not taken it back.

    Raises:
        TokenInvalidError: forged, expired, revoked, or its person or session is gone.
    """
    claims = read(ring, token, issuer=issuer)
    if "grant" not in claims:
        if tx.one(_TAKEN_BACK, jti=claims["jti"]):
            raise TokenInvalidError(detail=f"jti {claims['jti']} was revoked")
        return ActiveToken(claims, None)
    row = tx.one(_STATE, grant_id=claims["grant"], jti=claims["jti"])
    if row is None or row.revoked_at is not None or row.taken_back or row.status != "active":
        raise TokenInvalidError(detail=f"grant {claims['grant']} was revoked")
    if row.ended_at is not None and "offline_access" not in row.scope.split():
        raise TokenInvalidError(detail=f"the session of grant {claims['grant']} has ended")
    return ActiveToken(claims, row.person_id, row.claims)


def take_back(tx: Transaction, claims: dict[str, Any]) -> None:
    """Refuse this one token from now on (RFC 7009 §2.1)."""
    tx.run(_TAKE_BACK, jti=claims["jti"], expires_at=claims["exp"])
