"""By which upstream a session came: kept for its tokens, and for a logout there or here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from federation.connectors.upstream import UpstreamIdentity
from federation.roaming import chain
from idp.crypto import Vault
from idp.db import Statement, Transaction
from idp.sessions.service import Session

_FIELD, _SID, _SUBJECT = "upstream_session.sealed", "upstream-sid", "upstream-subject"

_REMEMBER = Statement("""
    INSERT INTO upstream_session (session_id, connector, subject, sid, sealed, chain, expires_at)
    VALUES (:session_id, :connector, :subject, :sid, :sealed, :chain, :expires_at)
    ON CONFLICT (session_id) DO UPDATE
       SET connector = excluded.connector, subject = excluded.subject, sid = excluded.sid,
           sealed = excluded.sealed, chain = excluded.chain, expires_at = excluded.expires_at
""")
_FORGET = Statement("DELETE FROM upstream_session WHERE session_id = :session_id")
_CHAIN = Statement("SELECT chain FROM upstream_session WHERE session_id = :session_id")
_FIND = Statement("""
    SELECT connector, sealed FROM upstream_session WHERE session_id = :session_id
""")
_ERASE = Statement("""
    DELETE FROM upstream_session
     WHERE session_id IN (SELECT session_id FROM sso_session WHERE person_id = :person_id)
""")
_ROW = Statement("""
    SELECT connector, subject, sid, sealed, chain FROM upstream_session
     WHERE session_id = :session_id
""")
_BY_SID = Statement("""
    SELECT session_id, subject FROM upstream_session WHERE connector = :connector AND sid = :sid
""")
_BY_SUBJECT = Statement("""
    SELECT session_id FROM upstream_session WHERE connector = :connector AND subject = :subject
""")


@dataclass(frozen=True, slots=True)
class Origin:
    """The upstream of a session, and what its connector needs to sign out there."""

    connector: str
    session: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """A row on its way from one session to the next."""

    connector: str
    subject: bytes
    sid: bytes | None
    chain: str
    opened: str = field(repr=False)


def remember(
    tx: Transaction, vault: Vault, session: Session, connector: str, identity: UpstreamIdentity
) -> None:
    """Keep that *session* came by *connector*; whatever upstream it came by before is past."""
    if not (identity.session or identity.chain):
        tx.run(_FORGET, session_id=session.session_id)
        return
    sid = identity.session.get("sid", "")
    tx.run(
        _REMEMBER,
        session_id=session.session_id,
        connector=connector,
        subject=vault.index(_name(connector, identity.subject), kind=_SUBJECT),
        sid=vault.index(_name(connector, sid), kind=_SID) if sid else None,
        sealed=vault.seal(
            orjson.dumps(dict(identity.session)).decode(), field=_FIELD, owner=session.session_id
        ),
        chain=" ".join(chain.of(identity)),
        expires_at=session.expires_at,
    )


def take_along(tx: Transaction, vault: Vault, session_id: str) -> Kept | None:
    """Return what is kept of a session's upstream, for the one that follows in the same browser."""
    row = tx.one(_ROW, session_id=session_id)
    if row is None:
        return None
    opened = vault.open(bytes(row.sealed), field=_FIELD, owner=session_id)
    return Kept(row.connector, bytes(row.subject), row.sid and bytes(row.sid), row.chain, opened)


def put_down(tx: Transaction, vault: Vault, session: Session, kept: Kept) -> None:
    """Let *session* have the upstream of the one before it."""
    tx.run(
        _REMEMBER,
        session_id=session.session_id,
        connector=kept.connector,
        subject=kept.subject,
        sid=kept.sid,
        sealed=vault.seal(kept.opened, field=_FIELD, owner=session.session_id),
        chain=kept.chain,
        expires_at=session.expires_at,
    )


def erase(tx: Transaction, person_id: str) -> None:
    """Forget what a person who is erased came by."""
    tx.run(_ERASE, person_id=person_id)


def of(tx: Transaction, vault: Vault, session_id: str) -> Origin | None:
    """Return the upstream that a session came by, ended or not."""
    row = tx.one(_FIND, session_id=session_id)
    if row is None:
        return None
    opened = vault.open(bytes(row.sealed), field=_FIELD, owner=session_id)
    return Origin(row.connector, orjson.loads(opened))


def houses(tx: Transaction, session_id: str) -> tuple[str, ...]:
    """Return the issuers that a session came by, the nearest first."""
    row = tx.one(_CHAIN, session_id=session_id)
    return tuple(row.chain.split()) if row is not None else ()


def sessions_of(
    tx: Transaction, vault: Vault, connector: str, *, sid: str, subject: str
) -> list[str]:
    """Return the sessions that came by one session of *connector*, or by all of one person's.

    Where both are named, both must fit (OpenID Connect Back-Channel Logout 1.0 §2.7).
    """
    theirs = vault.indexes(_name(connector, subject), kind=_SUBJECT) if subject else []
    if not sid:
        return [
            row.session_id
            for index in theirs
            for row in tx.all(_BY_SUBJECT, connector=connector, subject=index)
        ]
    return [
        row.session_id
        for index in sid_indexes(vault, connector, sid)
        for row in tx.all(_BY_SID, connector=connector, sid=index)
        if not subject or bytes(row.subject) in theirs
    ]


def sid_indexes(vault: Vault, connector: str, sid: str) -> list[bytes]:
    """Return what a session of *connector* is found by, under every key of the ring."""
    return vault.indexes(_name(connector, sid), kind=_SID)


def _name(connector: str, name: str) -> str:
    return f"{connector}\n{name}"  # a key has no line break, so no two pairs meet
