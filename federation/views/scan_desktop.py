"""The desktop's side of a scan: draw a code, show it, wait, and enter."""

from urllib.parse import quote

from flask import Blueprint, request
from werkzeug.wrappers import Response

from federation.tickets import admission, entering, lookout, qr, tickets
from federation.tickets.records import Desktop, Ticket
from federation.tickets.states import State
from federation.views.surroundings import page
from idp.audit import events
from idp.authentication import visitors
from idp.authentication.methods import Method
from idp.authentication.views.surroundings import sockets, transaction
from idp.authentication.visitors import note
from idp.db import db
from idp.errors import IdentityError
from idp.sessions import browser as sessions
from idp.web import guards, headers, house, navigation
from idp.web.locale import gettext as _
from idp.web.locale import lazy_gettext

bp = Blueprint("scan_desktop", __name__, template_folder="../templates")
_DRAW = "/sign-in/scan"
_HERE = f"{_DRAW}/<ticket_id>"

SCAN = Method("scan", lazy_gettext("Scan with your phone"), _DRAW, "qr", ("qr",), 1)
"""As the sign-in pages list it; what it proves is what the phone has proven."""


@bp.get(_DRAW)
@guards.public("a way in; codes are counted per browser and address")
def draw() -> Response:
    """Draw a code for this browser; the one that it `replaces` is good no longer."""
    who, target = visitors.here(), navigation.safe_next(request.args.get("next"))
    desktop, limits = _desktop(who.browser, target), house.settings().scan
    with transaction() as tx:
        admission.count_drawing(tx, limits, who)
        tickets.lapse(tx, request.args.get("replaces", ""), who.browser)
        ticket_id = tickets.draw(tx, house.vault(), desktop, lifetime=limits.lifetime)
    return navigation.redirect(f"{_DRAW}/{ticket_id}")


@bp.get(_HERE)
@guards.public("the code is bound to this browser")
def show(ticket_id: str) -> Response:
    """Show the code, or what has become of it."""
    with transaction() as tx:
        ticket = tickets.of_desktop(tx, house.vault(), ticket_id, visitors.here().browser)
    if ticket.state is State.USED:
        return navigation.redirect(ticket.desktop.next_path or "/account")
    headers.allow_questions()
    return page(
        "scan_desktop",
        following=ticket.desktop.next_path,
        status=410 if ticket.state in (State.EXPIRED, State.REJECTED) else 200,
        ticket=ticket,
        picture=_picture(ticket) if ticket.state is State.NEW else "",
        action=f"{request.script_root}{request.path}",
        state_url=f"{request.script_root}{lookout.path_of(ticket_id)}",
        refresh_url=f"{request.script_root}{request.path}",
        again_url=_again_url(ticket),
    )


@bp.post(_HERE)
@guards.public("only the browser that drew the code can use it, once, after a phone confirmed it")
def enter(ticket_id: str) -> Response:
    """Enter as who confirmed the code."""
    who, settings = visitors.here(), house.settings()
    try:
        with transaction() as tx:
            ticket = entering.enter(tx, house.vault(), who, ticket_id, idle=settings.sessions.idle)
    except IdentityError as refusal:
        db.session.rollback()
        with transaction() as tx:
            note(tx, who, events.SCAN_USE, person_id=None, outcome="failure", reason=refusal.code)
        raise
    return navigation.redirect(ticket.desktop.next_path or "/account")


def _desktop(browser: bytes, target: str | None) -> Desktop:
    site = sockets().site_for_next(target) if target else None
    wanted = sockets().demand_for_next(target or "")
    origin = sessions.origin()
    return Desktop(
        browser=browser,
        next_path=target or "",
        site=site.name if site else "",
        device=origin.browser or _("Unknown browser"),
        address=origin.address,
        aal=wanted.aal,
        afresh=wanted.afresh,
    )


def _picture(ticket: Ticket) -> str:
    return qr.svg(f"{house.settings().issuer}/scan/{ticket.secret}")


def _again_url(ticket: Ticket) -> str:
    query = f"?replaces={ticket.ticket_id}"
    if ticket.desktop.next_path:
        query += f"&next={quote(ticket.desktop.next_path, safe='')}"
    return f"{request.script_root}{_DRAW}{query}"
