"""What a person may see of their sessions, and of the sites entered from them."""

from typing import Any

from idp import clock
from idp.db import Statement, Transaction

_SESSIONS = Statement("""
    SELECT session_id, created_at, last_seen_at, auth_time, amr, aal, expires_at, browser, address
      FROM sso_session
     WHERE person_id = :person_id AND ended_at IS NULL AND expires_at > :now
       AND last_seen_at > :idle_since
     ORDER BY last_seen_at DESC
""")
_SITES = Statement("""
    SELECT sid, session_id, client_id, created_at, last_used_at, ended_at, notice, notice_attempts
      FROM client_session
     WHERE person_id = :person_id AND (ended_at IS NULL OR ended_at > :since)
     ORDER BY last_used_at DESC
""")
_SITES_OF_SESSION = Statement("""
    SELECT sid, client_id, ended_at, notice, notice_attempts
      FROM client_session WHERE session_id = :session_id ORDER BY created_at
""")


def of_person(tx: Transaction, person_id: str, *, idle: int) -> list[Any]:
    """Return the person's living sessions, the last used first; *idle* in seconds."""
    now = clock.epoch()
    return tx.all(_SESSIONS, person_id=person_id, now=now, idle_since=now - idle)


def sites_of(tx: Transaction, person_id: str, *, days: int = 7) -> list[Any]:
    """Return the sites entered, with the state of the notice to those left in the last *days*."""
    return tx.all(_SITES, person_id=person_id, since=clock.epoch() - days * 86_400)


def sites_of_session(tx: Transaction, session_id: str) -> list[Any]:
    """Return the sites entered from one session, and what they were told of its end."""
    return tx.all(_SITES_OF_SESSION, session_id=session_id)
