"""Start, find, enter and end sessions; who ends one tells its sites, in the same transaction."""

import secrets
from dataclasses import dataclass
from typing import Any

from config.rooms import SessionSettings
from idp import clock
from idp.audit import trail
from idp.crypto import fingerprint
from idp.db import Statement, Transaction, new_id
from idp.jobs import queue
from idp.proofing.verifications import CURRENT_LEVEL

LOGOUT_NOTICE = "backchannel_logout"
_SIGN_OF_LIFE = 60  # seconds between two writes of last_seen_at


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody is signed in; moments are seconds since 1970."""

    session_id: str
    person_id: str
    auth_time: int
    amr: str
    aal: int
    ial: int
    created_at: int
    last_seen_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a session was started, as far as we keep it: coarse, and masked."""

    browser: str = ""
    address: str = ""


_FIND = Statement(f"""
    SELECT s.session_id, s.person_id, s.auth_time, s.amr, s.aal, {CURRENT_LEVEL} AS ial,
           s.created_at, s.last_seen_at, s.expires_at
      FROM sso_session s JOIN person p ON p.person_id = s.person_id
     WHERE s.fingerprint = :fingerprint AND s.ended_at IS NULL AND s.expires_at > :now
       AND s.last_seen_at > :idle_since AND p.status = 'active'
""")  # noqa: S608 - nothing here comes from outside
_SEEN = Statement("UPDATE sso_session SET last_seen_at = :now WHERE session_id = :session_id")
_START = Statement("""
    INSERT INTO sso_session (session_id, person_id, fingerprint, auth_time, amr, aal, created_at,
                             last_seen_at, expires_at, browser, address)
    VALUES (:session_id, :person_id, :fingerprint, :auth_time, :amr, :aal, :now,
            :now, :expires_at, :browser, :address)
""")
_RENEW = Statement("""
    UPDATE sso_session
       SET fingerprint = :fingerprint, auth_time = :auth_time, amr = :amr, aal = :aal,
           last_seen_at = :now
     WHERE session_id = :session_id AND ended_at IS NULL
""")
# The claim of a `Chain`: with `entering` for its parameters.
ENTER = """
    INSERT INTO client_session (sid, session_id, person_id, client_id, created_at, last_used_at,
                                notice, notice_attempts)
    VALUES (:sid, :session_id, :person_id, :client_id, :now, :now, 'none', 0)
    ON CONFLICT (session_id, client_id) DO UPDATE
       SET last_used_at = excluded.last_used_at,
           sid = CASE WHEN client_session.ended_at IS NULL
                      THEN client_session.sid ELSE excluded.sid END,
           ended_at = NULL, notice = 'none', notice_attempts = 0
    RETURNING sid, session_id, person_id, client_id
"""
_END = Statement("""
    UPDATE sso_session SET ended_at = :now
     WHERE session_id = :session_id AND ended_at IS NULL
    RETURNING person_id
""")
_STAY = Statement("""
    UPDATE client_session SET last_used_at = :now WHERE sid = :sid AND ended_at IS NULL
""")
_LEAVE_ALL = Statement("""
    UPDATE client_session SET ended_at = :now, notice = 'pending'
     WHERE session_id = :session_id AND ended_at IS NULL
    RETURNING sid, client_id
""")
_LEAVE_SITE = Statement("""
    UPDATE client_session SET ended_at = :now, notice = 'pending'
     WHERE person_id = :person_id AND client_id = :client_id AND ended_at IS NULL
    RETURNING sid, client_id
""")
_OPEN = Statement("""
    SELECT session_id FROM sso_session
     WHERE person_id = :person_id AND ended_at IS NULL AND expires_at > :now
""")


def find(tx: Transaction, token: str, settings: SessionSettings) -> Session | None:
    """Return the session that the cookie *token* opens, if it is still alive."""
    now = clock.epoch()
    row = tx.one(_FIND, fingerprint=fingerprint(token), now=now, idle_since=now - settings.idle)
    return None if row is None else Session(*row)


def seen(tx: Transaction, session: Session) -> None:
    """Note a sign of life, at most once a minute."""
    now = clock.epoch()
    if now - session.last_seen_at >= _SIGN_OF_LIFE:
        tx.run(_SEEN, session_id=session.session_id, now=now)


def start(
    tx: Transaction,
    settings: SessionSettings,
    *,
    person_id: str,
    amr: tuple[str, ...],
    aal: int,
    origin: Origin,
    auth_time: int | None = None,
) -> tuple[str, str]:
    """Open a session for a person who has just shown who they are, or did at *auth_time*.

    Returns:
        The session's id, and the secret for the browser's cookie; only its fingerprint is kept.
    """
    session_id, token, now = new_id(), secrets.token_urlsafe(32), clock.epoch()
    tx.run(
        _START,
        session_id=session_id,
        person_id=person_id,
        fingerprint=fingerprint(token),
        amr=" ".join(amr),
        aal=aal,
        auth_time=now if auth_time is None else auth_time,
        now=now,
        expires_at=now + settings.absolute,
        browser=origin.browser,
        address=origin.address,
    )
    data = {"amr": list(amr), "aal": aal}
    trail.record(tx, "session:start", person_id=person_id, address=origin.address, data=data)
    return session_id, token


def renew(
    tx: Transaction,
    session: Session,
    *,
    amr: tuple[str, ...],
    aal: int,
    fresh: bool = True,
    auth_time: int | None = None,
) -> str | None:
    """Note that *session*'s person has shown who they are again; the cookie changes (ASVS 7.2.4).

    What was shown is not *fresh* when it lifts the level only: a face beside a code of earlier.
    It was shown now, or at *auth_time*.

    Returns:
        The cookie's new secret, or None when the session has ended meanwhile.
    """
    token, now = secrets.token_urlsafe(32), clock.epoch()
    shown_at = now if auth_time is None else auth_time
    renewed = tx.run(
        _RENEW,
        session_id=session.session_id,
        fingerprint=fingerprint(token),
        amr=" ".join(amr),
        aal=aal,
        auth_time=shown_at if fresh else session.auth_time,
        now=now,
    )
    if not renewed:
        return None
    data = {"amr": list(amr), "aal": aal, "fresh": fresh}
    trail.record(tx, "session:renew", person_id=session.person_id, data=data)
    return token


def entering(session: Session, client_id: str) -> dict[str, Any]:
    """Return the parameters of `ENTER`: the person enters a site from *session*.

    A site that was entered before and not left keeps its `sid`.
    """
    return {
        "sid": secrets.token_hex(16),
        "session_id": session.session_id,
        "person_id": session.person_id,
        "client_id": client_id,
        "now": clock.epoch(),
    }


def stay(tx: Transaction, sid: str) -> bool:
    """Say whether the person is still at the site that knows them by *sid*, and hold it so.

    Until the transaction ends, no sign-out overtakes it.
    """
    return tx.run(_STAY, sid=sid, now=clock.epoch()) == 1


def end(tx: Transaction, session_id: str, *, reason: str = "sign_out") -> bool:
    """End a session and queue a notice to every site entered from it; say whether it was alive."""
    now = clock.epoch()
    ended = tx.one(_END, session_id=session_id, now=now)
    if ended is None:
        return False
    notified = _notify(tx, tx.all(_LEAVE_ALL, session_id=session_id, now=now))
    data = {"sites": notified}
    trail.record(tx, "session:end", person_id=ended.person_id, reason=reason, data=data)
    return True


def end_all(
    tx: Transaction, person_id: str, *, keep: str | None = None, reason: str = "sign_out_everywhere"
) -> int:
    """End every session of a person but *keep*, and return how many were alive."""
    rows = tx.all(_OPEN, person_id=person_id, now=clock.epoch())
    others = [row.session_id for row in rows if row.session_id != keep]
    return sum(end(tx, session_id, reason=reason) for session_id in others)


def leave_site(tx: Transaction, person_id: str, client_id: str) -> int:
    """End a person's sessions at one site, everywhere, and queue its notices."""
    left = tx.all(_LEAVE_SITE, person_id=person_id, client_id=client_id, now=clock.epoch())
    return _notify(tx, left)


def _notify(tx: Transaction, left: list[Any]) -> int:
    for row in left:
        queue.put(tx, LOGOUT_NOTICE, {"sid": row.sid, "client_id": row.client_id})
    return len(left)
