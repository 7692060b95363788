"""Let the desktop in: as strong as the phone was, and no fresher."""

from federation.tickets import tickets
from federation.tickets.errors import ScanAccountError
from federation.tickets.records import Ticket, Vouching
from idp.accounts import lifecycle
from idp.audit import events
from idp.authentication import known_browsers
from idp.authentication.visitors import Visitor, note
from idp.crypto import Vault
from idp.db import Transaction
from idp.sessions import browser as sessions
from idp.sessions import overview
from idp.sessions.service import Session

SCANNED = ("qr", "mca")
"""A word of our own, and RFC 8176's for a second channel, beside what the phone has shown."""


def vouching_of(session: Session) -> Vouching:
    """Return what a phone's session vouches for."""
    return Vouching(
        person_id=session.person_id,
        amr=tuple(session.amr.split()),
        aal=session.aal,
        auth_time=session.auth_time,
        session_id=session.session_id,
    )


def enter(tx: Transaction, vault: Vault, visitor: Visitor, ticket_id: str, *, idle: int) -> Ticket:
    """Spend the confirmation, and sign its person in at this browser.

    Raises:
        IdentityError: there is none for this browser, or its person may not sign in any more.
    """
    ticket = tickets.use(tx, vault, ticket_id, visitor.browser)
    person_id = ticket.person_id
    if person_id is None or not _may_enter(tx, ticket, person_id, idle):
        raise ScanAccountError(detail="disabled, or signed out at the phone")
    words = (*ticket.amr, *(word for word in SCANNED if word not in ticket.amr))
    sessions.sign_in(tx, person_id=person_id, amr=words, aal=ticket.aal, auth_time=ticket.auth_time)
    known_browsers.remember(tx, person_id)
    data = {"connector": ticket.connector, "aal": ticket.aal}
    note(tx, visitor, events.SCAN_USE, person_id=person_id, data=data)
    return ticket


def _may_enter(tx: Transaction, ticket: Ticket, person_id: str, idle: int) -> bool:
    credential = lifecycle.credential(tx, person_id)
    if credential is None or not credential.active:
        return False
    if ticket.session_id is None:
        return True
    living = overview.of_person(tx, person_id, idle=idle)
    return any(row.session_id == ticket.session_id for row in living)
