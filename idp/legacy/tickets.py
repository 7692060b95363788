"""Tickets: issued when somebody enters an old site, good once and for a minute."""

import re
import secrets
from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.audit import events, trail
from idp.crypto import Vault, fingerprint
from idp.db import Statement, Transaction
from idp.sessions import service as sessions
from idp.sessions.service import Session

CAS, TICKET = "cas", "ticket"
LIFETIME = 60
PREFIXES = {CAS: "ST-", TICKET: "T-"}
_SHAPE = re.compile(r"(?:ST|T)-[0-9a-f]{64}", re.ASCII)
_DAY = 86_400
_MOST_TOLD = 50
_SEALED = "service_ticket.sealed"

_ENTER = Statement(sessions.ENTER)
_ISSUE = Statement("""
    INSERT INTO service_ticket (fingerprint, dialect, client_id, person_id, sid, service, fresh,
                                auth_time, amr, aal, sealed, issued_at, expires_at, forget_at)
    VALUES (:fingerprint, :dialect, :client_id, :person_id, :sid, :service, :fresh,
            :auth_time, :amr, :aal, :sealed, :now, :expires_at, :expires_at)
""")
# The claim: of requests racing with one ticket exactly one sees used_at empty.
_SPEND = Statement("""
    UPDATE service_ticket SET used_at = :now, forget_at = :forget_at
     WHERE fingerprint = :fingerprint AND dialect = :dialect AND used_at IS NULL
       AND expires_at > :now
    RETURNING client_id, person_id, sid, service, fresh, auth_time, amr, aal
""")
_USED = Statement("""
    SELECT fingerprint, sealed FROM service_ticket
     WHERE sid = :sid AND dialect = :dialect AND used_at IS NOT NULL AND told_at IS NULL
     ORDER BY issued_at DESC LIMIT :most
""")
_TOLD = Statement("UPDATE service_ticket SET told_at = :now WHERE fingerprint = :fingerprint")
_ERASE = (
    Statement("DELETE FROM service_ticket WHERE person_id = :person_id AND used_at IS NULL"),
    Statement("DELETE FROM service_token WHERE person_id = :person_id"),
)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a ticket bought: who came, how, and where it had been sent."""

    client_id: str
    person_id: str
    sid: str
    service: str
    fresh: bool
    auth_time: int
    amr: str
    aal: int


def issue(
    tx: Transaction,
    vault: Vault,
    session: Session,
    *,
    dialect: str,
    client_id: str,
    service: str,
    fresh: bool,
) -> str:
    """Enter the site from *session*, and return a ticket for *service*."""
    ticket = PREFIXES[dialect] + secrets.token_hex(32)
    key, now = fingerprint(ticket), clock.epoch()
    entered = tx.one(_ENTER, **sessions.entering(session, client_id))
    sealed = vault.seal(ticket, field=_SEALED, owner=key.hex()) if dialect == CAS else None
    tx.run(
        _ISSUE,
        fingerprint=key,
        dialect=dialect,
        client_id=client_id,
        person_id=session.person_id,
        sid=entered.sid,
        service=service,
        fresh=fresh,
        auth_time=session.auth_time,
        amr=session.amr,
        aal=session.aal,
        sealed=sealed,
        now=now,
        expires_at=now + LIFETIME,
    )
    _record(tx, events.AUTHORIZATION_GRANT, dialect, session.person_id, client_id)
    return ticket


def spend(tx: Transaction, ticket: str, *, dialect: str, kept: int) -> Spent | None:
    """Return what *ticket* buys, once; None: nothing, or its session is over meanwhile.

    It is remembered for *kept* seconds and a day, so that the site can be told of the end.
    The session is held while we look: of a sign-out racing with us, either it comes first and
    the ticket buys nothing, or it finds the ticket used and tells the site.
    """
    if not _SHAPE.fullmatch(ticket):
        return None  # nobody's: the database need not be asked
    now = clock.epoch()
    row = tx.one(
        _SPEND,
        fingerprint=fingerprint(ticket),
        dialect=dialect,
        now=now,
        forget_at=now + kept + _DAY,
    )
    if row is None or not sessions.stay(tx, row.sid):
        return None
    _record(tx, events.TOKEN_ISSUE, dialect, row.person_id, row.client_id)
    return Spent(row[0], row[1], row[2], row[3], bool(row[4]), *row[5:])


def untold(tx: Transaction, vault: Vault, sid: str) -> list[tuple[bytes, str]]:
    """Return the CAS tickets by which a site came to know of *sid*, less those it was told of."""
    rows = tx.all(_USED, sid=sid, dialect=CAS, most=_MOST_TOLD)
    return [(bytes(row.fingerprint), _open(vault, row)) for row in rows]


def used_any(tx: Transaction, sid: str) -> bool:
    """Say whether a signed ticket of *sid* was exchanged."""
    return bool(tx.all(_USED, sid=sid, dialect=TICKET, most=1))


def note_told(tx: Transaction, key: bytes) -> None:
    """Note that the site took the notice about one ticket."""
    tx.run(_TOLD, fingerprint=key, now=clock.epoch())


def erase(tx: Transaction, person_id: str) -> None:
    """Forget what nobody needs to be told of: their sites are told of the end first."""
    for statement in _ERASE:
        tx.run(statement, person_id=person_id)


def _open(vault: Vault, row: Any) -> str:
    key = bytes(row.fingerprint)
    return vault.open(bytes(row.sealed), field=_SEALED, owner=key.hex())


def _record(tx: Transaction, event: str, dialect: str, person_id: str, client_id: str) -> None:
    data = {"dialect": dialect}
    trail.record(tx, event, person_id=person_id, client_id=client_id, data=data)
