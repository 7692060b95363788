"""Refresh tokens: one use each; a second use is a theft and kills the family (RFC 9700 §4.14.2)."""

import secrets
from typing import Any

from config.rooms import TokenSettings
from idp import clock
from idp.audit import events, trail
from idp.crypto import fingerprint
from idp.db import Chain, Statement, Transaction
from idp.tokens import grants
from idp.tokens.errors import RefreshTokenError, RefreshTokenReplayedError
from idp.tokens.grants import COLUMNS, Grant

# The first of a family, as a sentence in the chain that redeems a code.
FIRST = """
    INSERT INTO refresh_token (person_id, fingerprint, grant_id, issued_at, expires_at,
                               family_expires_at)
    SELECT person_id, :refresh_fingerprint, grant_id, :now, :refresh_expires_at, :family_expires_at
      FROM claimed"""

_LIVING = """
    SELECT 1 FROM grant_record g
      JOIN person p ON p.person_id = g.person_id AND p.status = 'active'
      JOIN sso_session s ON s.session_id = g.session_id
     WHERE g.grant_id = refresh_token.grant_id AND g.client_id = :client_id
       AND g.revoked_at IS NULL
       AND ((s.ended_at IS NULL AND s.expires_at > :now)
            OR ' ' || g.scope || ' ' LIKE '% offline_access %')"""
# The claim: of requests racing with one token exactly one sees used_at empty.
_ROTATE = Chain(
    f"""
    UPDATE refresh_token SET used_at = :now
     WHERE fingerprint = :fingerprint AND used_at IS NULL AND expires_at > :now
       AND EXISTS ({_LIVING})
    RETURNING person_id, grant_id, family_expires_at
    """,  # noqa: S608 - the sentence is ours
    """
    INSERT INTO refresh_token (person_id, fingerprint, grant_id, issued_at, expires_at,
                               family_expires_at)
    SELECT person_id, :next_fingerprint, grant_id, :now,
           CASE WHEN family_expires_at < :idle_until THEN family_expires_at ELSE :idle_until END,
           family_expires_at
      FROM claimed WHERE 1 = 1
    """,
    trail.sentence(
        events.TOKEN_REFRESH, source="claimed JOIN grant_record USING (grant_id, person_id)"
    ),
    answer=f"SELECT {COLUMNS} FROM claimed JOIN grant_record USING (grant_id, person_id)",  # noqa: S608
)
_SCOPE = Statement("""
    SELECT g.scope FROM refresh_token r JOIN grant_record g ON g.grant_id = r.grant_id
     WHERE r.fingerprint = :fingerprint AND g.client_id = :client_id
""")
_FIND = Statement("""
    SELECT r.grant_id, r.used_at, g.client_id, g.person_id
      FROM refresh_token r JOIN grant_record g ON g.grant_id = r.grant_id
     WHERE r.fingerprint = :fingerprint
""")
_DESCRIBE = Statement("""
    SELECT g.client_id, g.scope, g.subject, r.issued_at, r.expires_at
      FROM refresh_token r
      JOIN grant_record g ON g.grant_id = r.grant_id AND g.revoked_at IS NULL
      JOIN person p ON p.person_id = g.person_id AND p.status = 'active'
      JOIN sso_session s ON s.session_id = g.session_id
     WHERE r.fingerprint = :fingerprint AND r.used_at IS NULL
       AND (s.ended_at IS NULL OR g.scope LIKE '%offline_access%')
""")


def first(settings: TokenSettings) -> tuple[str, dict[str, Any]]:
    """Return the first token of a family, and the parameters of `FIRST`."""
    token, now = secrets.token_urlsafe(32), clock.epoch()
    family_expires_at = now + settings.refresh_absolute
    return token, {
        "refresh_fingerprint": fingerprint(token),
        "now": now,
        "refresh_expires_at": min(now + settings.refresh_idle, family_expires_at),
        "family_expires_at": family_expires_at,
    }


def rotate(
    tx: Transaction, token: str, settings: TokenSettings, *, client_id: str, request_id: str = ""
) -> tuple[Grant, str]:
    """Use *token* up.

    Returns:
        The grant it belongs to, and the token that takes its place until the same family's end.

    Raises:
        RefreshTokenReplayedError: it was used before; the family is dead now.
        RefreshTokenError: unknown, expired, revoked, of another client, or its session has ended.
    """
    key, now, following = fingerprint(token), clock.epoch(), secrets.token_urlsafe(32)
    row = tx.chain(
        _ROTATE,
        fingerprint=key,
        client_id=client_id,
        now=now,
        next_fingerprint=fingerprint(following),
        idle_until=now + settings.refresh_idle,
        request_id=request_id,
    )
    if row is None:
        _punish(tx, key, client_id)
        raise RefreshTokenError(detail=f"unknown, expired, revoked or foreign; client {client_id}")
    return Grant(*row), following


def scope_of(tx: Transaction, token: str, *, client_id: str) -> frozenset[str] | None:
    """Return what the grant behind a client's *token* covers, without using it; None: unknown."""
    row = tx.one(_SCOPE, fingerprint=fingerprint(token), client_id=client_id)
    return None if row is None else frozenset(row.scope.split())


def find(tx: Transaction, token: str) -> Any:
    """Return grant_id, used_at, client_id and person_id of a refresh token, or None."""
    return tx.one(_FIND, fingerprint=fingerprint(token))


def describe(tx: Transaction, token: str) -> Any:
    """Return client_id, scope, subject, issued_at, expires_at of a token that holds, or None."""
    return tx.one(_DESCRIBE, fingerprint=fingerprint(token))


def _punish(tx: Transaction, key: bytes, client_id: str) -> None:
    """Kill the family of a token that its own client used before."""
    row = tx.one(_FIND, fingerprint=key)
    if row is not None and row.used_at is not None and row.client_id == client_id:
        grants.revoke(tx, row.grant_id)
        person_id = row.person_id
        trail.record(
            tx, events.TOKEN_REPLAY, outcome="failure", person_id=person_id, client_id=client_id
        )
        raise RefreshTokenReplayedError(detail=f"grant {row.grant_id} of client {client_id}")
