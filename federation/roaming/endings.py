"""A session ended at an upstream: so do those here that came by it, and their sites are told."""

from federation.connectors.ports import Ended
from federation.connectors.upstream import UpstreamIdentity
from federation.roaming import origins
from federation.roaming.errors import LogoutTokenSpentError, SessionOverError
from idp import clock
from idp.crypto import Vault, fingerprint
from idp.db import Statement, Transaction
from idp.sessions import service as sessions

KEPT = 1800
"""Seconds: longer than a logout token is taken, and than anybody is on the way here."""
_REASON = "upstream"

_TAKE = Statement("""
    INSERT INTO upstream_logout (token, sid, expires_at) VALUES (:token, :sid, :expires_at)
    ON CONFLICT (token) DO NOTHING
""")
_IS_OVER = Statement("""
    SELECT 1 AS found FROM upstream_logout WHERE sid = :sid AND expires_at > :now
""")


def take(tx: Transaction, vault: Vault, connector: str, ended: Ended) -> int:
    """End what came by the session that *ended*, and return how much there was.

    That sites are told is in the same transaction: the outbox has it, or nothing ended.

    Raises:
        LogoutTokenSpentError: this token was taken before.
    """
    sid = origins.sid_indexes(vault, connector, ended.sid)[0] if ended.sid else None
    token = fingerprint(f"{connector}\n{ended.token_id}")
    if not tx.run(_TAKE, token=token, sid=sid, expires_at=clock.epoch() + KEPT):
        raise LogoutTokenSpentError(detail=f"at {connector}")
    found = origins.sessions_of(tx, vault, connector, sid=ended.sid, subject=ended.subject)
    return sum(sessions.end(tx, session_id, reason=_REASON) for session_id in found)


def refuse_if_over(
    tx: Transaction, vault: Vault, connector: str, identity: UpstreamIdentity
) -> None:
    """Let nobody in by a session that ended there while they were on the way.

    Raises:
        SessionOverError: it did.
    """
    sid = identity.session.get("sid", "")
    indexes = origins.sid_indexes(vault, connector, sid) if sid else []
    if any(tx.one(_IS_OVER, sid=index, now=clock.epoch()) for index in indexes):
        raise SessionOverError(detail=f"at {connector}")
