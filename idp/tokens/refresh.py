"""Refresh tokens: one use each; a second use is a theft and kills the family (RFC 9700 §4.14.2)."""

import secrets
from typing import Any

from config.settings import TokenSettings
from idp import clock
from idp.audit import events, trail
from idp.crypto import fingerprint
from idp.db import Statement, Transaction
from idp.tokens import grants
from idp.tokens.errors import RefreshTokenError, RefreshTokenReplayedError
from idp.tokens.grants import Grant

_ISSUE = Statement("""
    INSERT INTO refresh_token (fingerprint, grant_id, issued_at, expires_at, family_expires_at)
    VALUES (:fingerprint, :grant_id, :now, :expires_at, :family_expires_at)
""")
_CLAIM = Statement("""
    UPDATE refresh_token SET used_at = :now
     WHERE fingerprint = :fingerprint AND used_at IS NULL AND expires_at > :now
       AND EXISTS (SELECT 1 FROM grant_record g
                    WHERE g.grant_id = refresh_token.grant_id AND g.client_id = :client_id)
    RETURNING grant_id, family_expires_at
""")
_LIVING_GRANT = Statement("""
    SELECT g.grant_id, g.person_id, g.client_id, g.session_id, g.sid, g.subject, g.scope, g.claims,
           g.nonce, g.acr, g.amr, g.auth_time, g.code_challenge, g.redirect_uri,
           s.ended_at, s.expires_at
      FROM grant_record g
      JOIN person p ON p.person_id = g.person_id AND p.status = 'active'
      JOIN sso_session s ON s.session_id = g.session_id
     WHERE g.grant_id = :grant_id AND g.revoked_at IS NULL
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


def issue(
    tx: Transaction, grant_id: str, settings: TokenSettings, *, family_expires_at: int = 0
) -> str:
    """Give a grant its next refresh token; a family has one end, set with its first."""
    token, now = secrets.token_urlsafe(32), clock.epoch()
    family_expires_at = family_expires_at or now + settings.refresh_absolute
    tx.run(
        _ISSUE,
        fingerprint=fingerprint(token),
        grant_id=grant_id,
        now=now,
        expires_at=min(now + settings.refresh_idle, family_expires_at),
        family_expires_at=family_expires_at,
    )
    return token


def spend(tx: Transaction, token: str, *, client_id: str) -> tuple[Grant, int]:
    """Use *token* up.

    Returns:
        The grant it belongs to, and when its family ends.

    Raises:
        RefreshTokenReplayedError: it was used before; the family is dead now.
        RefreshTokenError: unknown, expired, revoked, of another client, or its session has ended.
    """
    key, now = fingerprint(token), clock.epoch()
    claimed = tx.one(_CLAIM, fingerprint=key, client_id=client_id, now=now)
    if claimed is None:
        _punish(tx, key, client_id)
        raise RefreshTokenError(detail=f"unknown, expired or foreign; client {client_id}")
    row = tx.one(_LIVING_GRANT, grant_id=claimed.grant_id)
    if row is None:
        raise RefreshTokenError(detail=f"grant {claimed.grant_id} is revoked")
    grant = Grant(*row[:-2])
    if not grant.offline and (row.ended_at is not None or row.expires_at <= now):
        raise RefreshTokenError(detail=f"the session of grant {grant.grant_id} has ended")
    return grant, claimed.family_expires_at


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
