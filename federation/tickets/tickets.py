"""Draw a code, scan it, answer it, use it: each step is claimed by one conditional UPDATE."""

import secrets
from collections.abc import Sequence

from federation.tickets import pairing, states
from federation.tickets.errors import (
    ScanExpiredError,
    ScanMismatchError,
    ScanOverError,
    ScanTakenError,
)
from federation.tickets.records import COLUMNS, Desktop, Ticket, Vouching, read, write
from federation.tickets.states import State, Step
from idp import clock
from idp.crypto import Vault, fingerprint
from idp.db import Statement, Transaction, new_id

GRACE = 30
"""Seconds that a desktop has for its answer when it was given in the last moment."""


def _among(names: Sequence[State]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _step(step: Step, changes: str, where: str) -> Statement:
    """Return the sentence that takes *step* wherever the graph has it, and nowhere else."""
    sources = states.before(step)
    target = states.after(sources[0], step)
    return Statement(f"""
        UPDATE login_ticket SET state = '{target}'{changes}
         WHERE {where} AND state IN ({_among(sources)}) AND expires_at > :now
        RETURNING {COLUMNS}
    """)  # noqa: S608 - nothing here comes from outside


_INSERT = Statement("""
    INSERT INTO login_ticket (ticket_id, fingerprint, browser, state, sealed, connector, amr, aal,
                              created_at, expires_at)
    VALUES (:ticket_id, :fingerprint, :browser, 'new', :sealed, '', '', 0, :now, :expires_at)
""")
_OF_DESKTOP = Statement(f"""
    SELECT {COLUMNS} FROM login_ticket WHERE ticket_id = :ticket_id AND browser = :browser
""")  # noqa: S608 - nothing here comes from outside
_OF_SECRET = Statement(f"""
    SELECT {COLUMNS} FROM login_ticket WHERE fingerprint = :fingerprint
""")  # noqa: S608 - nothing here comes from outside
_STATE = Statement("""
    SELECT state, expires_at FROM login_ticket WHERE ticket_id = :ticket_id AND browser = :browser
""")
_SCAN = _step(Step.SCAN, ", holder = :holder, person_id = :person_id", "fingerprint = :fingerprint")
_CONFIRM = _step(
    Step.CONFIRM,
    """, session_id = :session_id, connector = :connector, amr = :amr, aal = :aal,
       auth_time = :auth_time, person_id = :person_id,
       expires_at = CASE WHEN expires_at < :latest THEN :latest ELSE expires_at END""",
    "fingerprint = :fingerprint AND holder = :holder",
)
_REJECT = _step(Step.REJECT, "", "fingerprint = :fingerprint AND holder = :holder")
_USE = _step(Step.USE, ", used_at = :now", "ticket_id = :ticket_id AND browser = :browser")
_LAPSE = _step(Step.LAPSE, "", "ticket_id = :ticket_id AND browser = :browser")
_FORGET_ALL = Statement("DELETE FROM login_ticket WHERE person_id = :person_id")


def draw(tx: Transaction, vault: Vault, desktop: Desktop, *, lifetime: int) -> str:
    """Make a code for *desktop*, and return the name by which its browser knows it."""
    ticket_id, secret, now = new_id(), secrets.token_urlsafe(24), clock.epoch()
    tx.run(
        _INSERT,
        ticket_id=ticket_id,
        fingerprint=fingerprint(secret),
        browser=desktop.browser,
        sealed=write(vault, ticket_id, desktop, secret, pairing.draw()),
        now=now,
        expires_at=now + lifetime,
    )
    return ticket_id


def of_desktop(tx: Transaction, vault: Vault, ticket_id: str, browser: bytes) -> Ticket:
    """Return the code that this browser drew under that name.

    Raises:
        ScanUnknownError: it drew none.
    """
    return read(vault, tx.one(_OF_DESKTOP, ticket_id=ticket_id, browser=browser))


def of_secret(tx: Transaction, vault: Vault, secret: str) -> Ticket:
    """Return the code that says *secret*.

    Raises:
        ScanUnknownError: there is none.
    """
    return read(vault, tx.one(_OF_SECRET, fingerprint=fingerprint(secret)))


def state_of(tx: Transaction, ticket_id: str, browser: bytes) -> State | None:
    """Return where a desktop's code stands, and nothing else of it; None: it drew no such."""
    row = tx.one(_STATE, ticket_id=ticket_id, browser=browser)
    if row is None:
        return None
    return states.at(State(row.state), expires_at=row.expires_at, now=clock.epoch())


def scan(
    tx: Transaction, vault: Vault, secret: str, holder: bytes, person_id: str | None
) -> Ticket:
    """Take the code for *holder*, before anybody else does; who took it may look again.

    Raises:
        IdentityError: it is unknown, somebody else's, or over.
    """
    row = tx.one(
        _SCAN,
        fingerprint=fingerprint(secret),
        holder=holder,
        person_id=person_id,
        now=clock.epoch(),
    )
    if row is not None:
        return read(vault, row)
    found = of_secret(tx, vault, secret)
    if found.holder == holder and found.state in (State.SCANNED, State.CONFIRMED):
        return found
    raise _refusal(found, holder)


def confirm(
    tx: Transaction, vault: Vault, secret: str, holder: bytes, chosen: str, vouching: Vouching
) -> Ticket:
    """Let the desktop in, once, by who scanned its code and says which number it shows.

    A wrong number ends the code.

    Raises:
        IdentityError: it is unknown, somebody else's, over, or the number is wrong.
    """
    found = of_secret(tx, vault, secret)
    if found.state is not State.SCANNED or found.holder != holder:
        raise _refusal(found, holder)
    if not pairing.matches(found.number, chosen, found.numbers):
        tx.run(_REJECT, fingerprint=fingerprint(secret), holder=holder, now=clock.epoch())
        raise ScanMismatchError(detail="another number")
    now = clock.epoch()
    row = tx.one(
        _CONFIRM,
        fingerprint=fingerprint(secret),
        holder=holder,
        person_id=vouching.person_id,
        session_id=vouching.session_id,
        connector=vouching.connector,
        amr=" ".join(vouching.amr),
        aal=vouching.aal,
        auth_time=vouching.auth_time,
        now=now,
        latest=now + GRACE,
    )
    if row is None:
        raise _refusal(of_secret(tx, vault, secret), holder)
    return read(vault, row)


def reject(tx: Transaction, vault: Vault, secret: str, holder: bytes) -> Ticket:
    """End the code by the word of who scanned it.

    Raises:
        IdentityError: it is unknown, somebody else's, or over.
    """
    row = tx.one(_REJECT, fingerprint=fingerprint(secret), holder=holder, now=clock.epoch())
    if row is None:
        raise _refusal(of_secret(tx, vault, secret), holder)
    return read(vault, row)


def use(tx: Transaction, vault: Vault, ticket_id: str, browser: bytes) -> Ticket:
    """Spend the confirmation: of uses raced one wins, and none from another browser.

    Raises:
        IdentityError: it is unknown, over, or not confirmed.
    """
    row = tx.one(_USE, ticket_id=ticket_id, browser=browser, now=clock.epoch())
    if row is None:
        raise _refusal(of_desktop(tx, vault, ticket_id, browser), None)
    return read(vault, row)


def lapse(tx: Transaction, ticket_id: str, browser: bytes) -> None:
    """End a code that its desktop shows no longer."""
    tx.run(_LAPSE, ticket_id=ticket_id, browser=browser, now=clock.epoch())


def forget_all(tx: Transaction, person_id: str) -> None:
    """Void what a person scanned or confirmed."""
    tx.run(_FORGET_ALL, person_id=person_id)


def must_be_open(ticket: Ticket) -> None:
    """Let a code pass with which something can still happen.

    Raises:
        IdentityError: nothing can.
    """
    if ticket.state not in states.open_states():
        raise _refusal(ticket, None)


def _refusal(
    ticket: Ticket, holder: bytes | None
) -> ScanExpiredError | ScanOverError | ScanTakenError:
    """Return why nothing can be done with *ticket* by *holder*."""
    if ticket.state is State.EXPIRED:
        return ScanExpiredError(detail="too late")
    if holder is not None and ticket.holder not in (None, holder):
        return ScanTakenError(detail="scanned elsewhere")
    return ScanOverError(detail=f"it is {ticket.state}")
