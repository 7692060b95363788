"""/ticket: sign in by a signed address, exchange tickets, tell of the person, sign out."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.clients.legacy import Opening
from idp.clients.party import RelyingParty
from idp.db import within_session
from idp.errors import BadRequestError
from idp.legacy import leaving, signed, tickets, tokens
from idp.legacy.desk import LegacyDesk, at_work
from idp.legacy.errors import ServiceUnknownError, SignatureError
from idp.sessions import browser as sessions
from idp.sessions.service import Session
from idp.web import csrf, guards, machine
from idp.web.machine import Parameters

bp = Blueprint("ticket", __name__)

_SIGNED = "the site signs each request, and each is good once"


@bp.get("/ticket/login")
@guards.public("the site signed the request; it decides whether somebody must sign in")
def login() -> Response:
    """Send the browser to the site with a ticket, or stand a prompt before it."""
    asked = machine.parse(request.query_string)
    signed.authenticate(within_session(), at_work(), signed.LOGIN, asked)
    kept = signed.PARAMETERS[signed.LOGIN] | {"app_id"}
    return at_work().enter(
        tickets.TICKET, Parameters({name: asked[name] for name in sorted(kept) if name in asked})
    )


@bp.post("/ticket/token")
@csrf.exempt(_SIGNED)
@guards.machine(_SIGNED)
def token() -> Response:
    """Exchange a ticket for a token."""
    return _told(signed.exchange)


@bp.post("/ticket/user")
@csrf.exempt(_SIGNED)
@guards.machine(_SIGNED)
def user() -> Response:
    """Tell of the person whom a token is about."""
    return _told(signed.user)


@bp.route("/ticket/logout", methods=["GET", "POST"])
@guards.public("whoever is signed in may sign out; a site's link is signed, our form has a token")
def logout() -> Response | str:
    """Sign out of everything, at once where the site shows the token of this very session."""
    if request.method == "POST":
        said = Parameters(request.form.to_dict())
        return leaving.sign_out(_back(*_site(said), said))
    asked, desk = machine.parse(request.query_string), at_work()
    client, opening = signed.authenticate(within_session(), desk, signed.LOGOUT, asked)
    back, session = _back(client, opening, asked), sessions.current()
    if session is None or _may(session, client, opening, asked):
        return leaving.sign_out(back)
    carried = ("app_id", "back_url", "state")
    return leaving.ask(client, back, {name: asked[name] for name in carried if name in asked})


def _may(session: Session, client: RelyingParty, opening: Opening, asked: Parameters) -> bool:
    found = tokens.find(within_session(), asked.get("token", ""), client.client_id)
    meant = found is not None and leaving.entered(session, client, sid=found.sid)
    return meant or leaving.unasked(session, client, opening)


def _site(said: Parameters) -> tuple[RelyingParty | None, Opening | None]:
    try:
        return signed.site_of(within_session(), at_work(), said.get("app_id", ""))
    except SignatureError:
        return None, None


def _back(client: RelyingParty | None, opening: Opening | None, asked: Parameters) -> str | None:
    """Return where to go afterwards, if the site registered it."""
    back = asked.get("back_url")
    if back is None or client is None or opening is None:
        return None
    if back not in opening.addresses:
        raise ServiceUnknownError(detail=f"client {client.client_id}: {back[:200]!r}")
    return leaving.with_state(back, asked.get("state"))


def _told(answer: Callable[[LegacyDesk, Parameters], dict[str, Any]]) -> Response:
    if request.mimetype != machine.FORM:
        raise BadRequestError("The body must be application/x-www-form-urlencoded.")
    reply = machine.reply_json(answer(at_work(), machine.parse(request.get_data())))
    return Response(reply.body, status=reply.status, headers=list(reply.headers))
