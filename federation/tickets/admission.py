"""How many codes may be drawn, and how many unknown ones opened; who may answer for a desktop."""

from config.scanning import ScanSettings
from federation.tickets.errors import ScanNotFreshError
from federation.tickets.records import Ticket
from idp import clock
from idp.authentication import second_factor
from idp.authentication.views.surroundings import sockets
from idp.authentication.visitors import Visitor
from idp.crypto import fingerprint
from idp.db import Transaction
from idp.sessions.service import Session
from idp.web import throttle

_WINDOW = 600


def count_drawing(tx: Transaction, limits: ScanSettings, visitor: Visitor) -> None:
    """Count one code drawn.

    Raises:
        TooManyRequestsError: too many from this browser or address. The caller commits.
    """
    throttle.hit_both(
        tx,
        "scan-draw",
        browser=visitor.browser,
        address=visitor.address,
        per_browser=limits.per_browser,
        per_address=limits.per_address,
        window=_WINDOW,
    )


def count_wrong(tx: Transaction, limits: ScanSettings, visitor: Visitor) -> None:
    """Count one unknown code opened.

    Raises:
        TooManyRequestsError: too many from this browser or address. The caller commits.
    """
    throttle.hit_both(
        tx,
        "scan-wrong",
        browser=visitor.browser,
        address=visitor.address,
        per_browser=limits.wrong_per_browser,
        per_address=limits.wrong_per_address,
        window=_WINDOW,
    )


def holder_of(visitor: Visitor, person_id: str) -> bytes:
    """Return the mark of *person_id* at this browser: nobody else answers what they scanned."""
    return fingerprint(f"scan:{visitor.browser.hex()}:{person_id}")


def way_to_freshness(
    tx: Transaction, limits: ScanSettings, session: Session, ticket: Ticket
) -> str | None:
    """Return the factor that *session*'s person must show before they answer: None: none is.

    The empty text stands for any factor. What the site wants and the person does not have is
    for the site to refuse.
    """
    desktop = ticket.desktop
    since = ticket.created_at if desktop.afresh else clock.epoch() - limits.fresh
    if session.auth_time < since:
        return ""
    if session.aal < desktop.aal:
        method = second_factor.missing(tx, session, sockets().face_ready)
        return method.key if method is not None else None
    return None


def demand_freshness(
    tx: Transaction, limits: ScanSettings, session: Session, ticket: Ticket
) -> None:
    """Let *session* answer.

    Raises:
        ScanNotFreshError: it is too old, or too weak, and need not be.
    """
    if way_to_freshness(tx, limits, session, ticket) is not None:
        raise ScanNotFreshError(detail="a factor must be shown first")
