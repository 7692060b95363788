"""The phone's side of a scan: see which desktop asks, for which site; let it in, or refuse."""

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from flask import Blueprint, request
from werkzeug.wrappers import Response

from federation.tickets import admission, entering, tickets
from federation.tickets.errors import ScanNotFreshError, ScanUnknownError
from federation.tickets.records import Ticket
from federation.tickets.states import State
from federation.views.surroundings import page
from idp.accounts import profiles
from idp.audit import events
from idp.authentication import visitors
from idp.authentication.views.surroundings import short_name, transaction
from idp.authentication.visitors import Visitor, note
from idp.db import Transaction, db
from idp.errors import IdentityError
from idp.sessions import browser as sessions
from idp.sessions.service import Session
from idp.web import guards, house, navigation

bp = Blueprint("scan_phone", __name__, template_folder="../templates")
_PATH = "/scan"
_REFUSE = "refuse"


@bp.get(f"{_PATH}/<secret>")
@guards.public("the code is a secret; without a session it leads to the sign-in")
def look(secret: str) -> Response:
    """Show who asks for what, to whoever is signed in here; the first to look holds the code."""
    who = visitors.here()
    with transaction():
        session = sessions.current()
    if session is None:
        _must_be_open(secret, who)
        return navigation.redirect(f"/sign-in?next={quote(f'{_PATH}/{secret}', safe='')}")
    holder = admission.holder_of(who, session.person_id)
    try:
        with transaction() as tx:
            ticket = _answered(tx, secret, holder)
            if ticket is None:
                ticket = tickets.scan(tx, house.vault(), secret, holder, session.person_id)
    except IdentityError as refusal:
        _note_failure(who, session, refusal)
        raise
    return _page(ticket, session)


@bp.post(_PATH)
@guards.public("without a session it leads to the sign-in; only who scanned the code can answer")
def answer() -> Response:
    """Let the desktop in, or refuse it."""
    secret, who = request.form.get("ticket", ""), visitors.here()
    back = f"{_PATH}/{quote(secret, safe='')}"
    with transaction():
        session = sessions.current()
    if session is None:
        return navigation.redirect(f"/sign-in?next={quote(back, safe='')}")
    try:
        _decide(who, session, secret, request.form.get("answer", ""))
    except ScanNotFreshError:
        return navigation.redirect(back)  # that page knows the way
    except IdentityError as refusal:
        _note_failure(who, session, refusal)
        raise
    return navigation.redirect(back)


def _decide(who: Visitor, session: Session, secret: str, said: str) -> None:
    holder, vault = admission.holder_of(who, session.person_id), house.vault()
    with transaction() as tx:
        if said == _REFUSE:
            tickets.reject(tx, vault, secret, holder)
        else:
            ticket = tickets.of_secret(tx, vault, secret)
            admission.demand_freshness(tx, house.settings().scan, session, ticket)
            vouching = entering.vouching_of(session)
            tickets.confirm(tx, vault, secret, holder, said, vouching)
        data = {"answer": "no" if said == _REFUSE else "yes"}
        note(tx, who, events.SCAN_ANSWER, person_id=session.person_id, data=data)


def _must_be_open(secret: str, who: Visitor) -> None:
    """Ask nobody to sign in for a code that is none, or is over.

    Raises:
        IdentityError: it is, or there were too many such.
    """
    try:
        with transaction() as tx:
            tickets.must_be_open(tickets.of_secret(tx, house.vault(), secret))
    except IdentityError as refusal:
        _note_failure(who, None, refusal)
        raise


def _answered(tx: Transaction, secret: str, holder: bytes) -> Ticket | None:
    """Return the code if it was answered from here already: its page says how."""
    ticket = tickets.of_secret(tx, house.vault(), secret)
    over = ticket.state in (State.CONFIRMED, State.USED, State.REJECTED)
    return ticket if over and ticket.holder == holder else None


def _note_failure(who: Visitor, session: Session | None, refusal: IdentityError) -> None:
    """Put on the trail that somebody could not answer, and count codes that are none.

    Raises:
        TooManyRequestsError: there were too many of those.
    """
    db.session.rollback()
    person_id = session.person_id if session else None
    with transaction() as tx:
        note(tx, who, events.SCAN_ANSWER, person_id=person_id, outcome="failure",
             reason=refusal.code)  # fmt: skip
    if isinstance(refusal, ScanUnknownError):
        with transaction() as tx:
            admission.count_wrong(tx, house.settings().scan, who)


def _page(ticket: Ticket, session: Session) -> Response:
    with transaction() as tx:
        person = profiles.read(tx, house.vault(), session.person_id)
        factor = admission.way_to_freshness(tx, house.settings().scan, session, ticket)
    desktop = ticket.desktop
    confirm = {"next": f"{_PATH}/{ticket.secret}", **({"factor": factor} if factor else {})}
    return page(
        "scan_phone",
        ticket=ticket,
        account=short_name(person),
        drawn_at=datetime.fromtimestamp(ticket.created_at, UTC),
        near=bool(desktop.address) and desktop.address == sessions.origin().address,
        confirm_url="" if factor is None else f"{request.script_root}/confirm?{urlencode(confirm)}",
        action=f"{request.script_root}{_PATH}",
        switch_url=f"{request.script_root}/sign-in?{urlencode({'next': confirm['next']})}",
    )
