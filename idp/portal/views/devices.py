"""Where the person is signed in, and how to end it."""

from typing import Any
from urllib.parse import quote

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from idp.authentication import device_keys, known_browsers, possessions
from idp.db import db, within_session
from idp.portal import member, words
from idp.sessions import browser, farewells
from idp.sessions import overview as sessions_overview
from idp.sessions import service as sessions
from idp.web import guards, house, navigation
from idp.web.locale import gettext as _

bp = Blueprint("devices", __name__)
_PATH = "/account/sessions"


@bp.get(_PATH)
@guards.signed_in
def show() -> str:
    """List the browsers."""
    session = member.session()
    rows = _living(session.person_id)
    page = render_template(
        "account/sessions.html",
        sessions=[_shown(row, session.session_id) for row in rows],
        end_all_action=f"{request.script_root}{_PATH}/end-all",
        notice=_("That browser is signed out.") if request.args.get("ended") else "",
    )
    db.session.commit()
    return page


@bp.post(f"{_PATH}/<session_id>/end")
@guards.signed_in
def end(session_id: str) -> Response:
    """Sign one browser out; a session that is not theirs counts as ended already."""
    session = member.session()
    if session_id == session.session_id:
        return _leave()
    if any(row.session_id == session_id for row in _living(session.person_id)):
        sessions.end(within_session(), session_id, reason="ended_from_elsewhere")
    db.session.commit()
    return navigation.redirect(f"{_PATH}?ended=1")


@bp.post(f"{_PATH}/end-all")
@guards.signed_in
def end_all() -> Response:
    """Sign every browser out, this one last, forget devices, and show how sites are told."""
    session = member.session()
    tx = within_session()
    sessions.end_all(tx, session.person_id, keep=session.session_id)
    for room in (known_browsers, device_keys, possessions):
        room.forget_all(tx, session.person_id)
    return _leave()


def _leave() -> Response:
    session_id = member.session().session_id
    browser.sign_out(within_session())
    db.session.commit()
    further = farewells.page_after(session_id)
    return navigation.redirect(further or f"/signed-out?session={quote(session_id)}")


def _living(person_id: str) -> list[Any]:
    idle = house.settings().sessions.idle
    return sessions_overview.of_person(within_session(), person_id, idle=idle)


def _shown(row: Any, current: str) -> dict[str, object]:
    return {
        "browser": row.browser,
        "place": "",
        "address_masked": row.address,
        "started": words.moment(row.created_at),
        "last_seen": words.moment(row.last_seen_at),
        "current": row.session_id == current,
        "method": words.factors(row.amr),
        "end_action": f"{request.script_root}{_PATH}/{quote(row.session_id)}/end",
    }
