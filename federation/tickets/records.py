"""A code as it is kept, and as it is read: who drew it, who scanned it, what they vouch for."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from federation.tickets import states
from federation.tickets.errors import ScanUnknownError
from federation.tickets.states import State
from idp import clock
from idp.crypto import Vault

COLUMNS = """ticket_id, fingerprint, browser, state, sealed, holder, person_id, session_id,
             connector, amr, aal, auth_time, created_at, expires_at"""
_FIELD = "login_ticket.sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """Who draws a code, and for what: as much as the phone is shown, and what it must show.

    *site* is the name of the site that waits, *aal* and *afresh* what it wants of a sign-in.
    """

    browser: bytes = field(repr=False)
    next_path: str = ""
    site: str = ""
    device: str = ""
    address: str = ""
    aal: int = 1
    afresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A code as it stands now; *secret* is what a phone scans, *number* what the desktop shows."""

    ticket_id: str
    state: State
    desktop: Desktop
    secret: str = field(repr=False)
    number: str = field(repr=False)
    numbers: tuple[str, ...] = field(repr=False)
    holder: bytes | None = field(repr=False)
    person_id: str | None
    session_id: str | None
    connector: str
    amr: tuple[str, ...]
    aal: int
    auth_time: int
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouching:
    """Who confirms, and what they have shown where they are: a session's, or an app's word."""

    person_id: str
    amr: tuple[str, ...]
    aal: int
    auth_time: int
    session_id: str | None = None
    connector: str = ""


def write(
    vault: Vault, ticket_id: str, desktop: Desktop, secret: str, pair: tuple[str, tuple[str, ...]]
) -> bytes:
    """Return what is kept of a new code, sealed."""
    kept = {
        "secret": secret,
        "number": pair[0],
        "numbers": pair[1],
        "next": desktop.next_path,
        "site": desktop.site,
        "device": desktop.device,
        "address": desktop.address,
        "aal": desktop.aal,
        "afresh": desktop.afresh,
    }
    return vault.seal(orjson.dumps(kept).decode(), field=_FIELD, owner=ticket_id)


def read(vault: Vault, row: Any) -> Ticket:
    """Return the code of a *row* with `COLUMNS`.

    Raises:
        ScanUnknownError: there is no row.
    """
    if row is None:
        raise ScanUnknownError(detail="no such code")
    kept = orjson.loads(vault.open(bytes(row.sealed), field=_FIELD, owner=row.ticket_id))
    return Ticket(
        ticket_id=row.ticket_id,
        state=states.at(State(row.state), expires_at=row.expires_at, now=clock.epoch()),
        desktop=Desktop(
            browser=bytes(row.browser),
            next_path=kept["next"],
            site=kept["site"],
            device=kept["device"],
            address=kept["address"],
            aal=kept["aal"],
            afresh=kept["afresh"],
        ),
        secret=kept["secret"],
        number=kept["number"],
        numbers=tuple(kept["numbers"]),
        holder=None if row.holder is None else bytes(row.holder),
        person_id=row.person_id,
        session_id=row.session_id,
        connector=row.connector,
        amr=tuple(row.amr.split()),
        aal=row.aal,
        auth_time=row.auth_time or 0,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
