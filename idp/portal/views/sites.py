"""The sites entered: what each may see, whether each was told of a sign-out, and the way back."""

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import quote

from flask import Blueprint, current_app, render_template, request
from werkzeug.wrappers import Response

from idp.clients.party import RelyingParty
from idp.consent import service as consent
from idp.db import db, within_session
from idp.portal import member, words
from idp.sessions import overview as sessions_overview
from idp.sessions import service as sessions
from idp.tokens import grants
from idp.web import guards, navigation
from idp.web.locale import current
from idp.web.locale import gettext as _

bp = Blueprint("sites", __name__)
KEY = "manyou.portal.find_client"
_PATH = "/account/sites"


@bp.get(_PATH)
@guards.signed_in
def show() -> str:
    """List the sites and the notices."""
    tx, person_id = within_session(), member.session().person_id
    agreements = {row.client_id: row for row in consent.of_person(tx, person_id)}
    entered = sessions_overview.sites_of(tx, person_id)
    open_at = {row.client_id: row for row in reversed(entered) if row.ended_at is None}
    ids = [*agreements, *(client_id for client_id in open_at if client_id not in agreements)]
    page = render_template(
        "account/sites.html",
        sites=[_shown(id_, agreements.get(id_), open_at.get(id_)) for id_ in ids],
        notices=[_notice(row) for row in entered if row.ended_at and row.notice != "none"],
        notice=_("The site may see nothing more.") if request.args.get("withdrawn") else "",
    )
    db.session.commit()
    return page


@bp.post(f"{_PATH}/<client_id>/withdraw")
@guards.signed_in
def withdraw(client_id: str) -> Response:
    """Forget the agreement, take back what it bought, and sign out there."""
    tx, person_id = within_session(), member.session().person_id
    consent.withdraw(tx, person_id, client_id)
    grants.revoke_for_site(tx, person_id, client_id)
    sessions.leave_site(tx, person_id, client_id)
    db.session.commit()
    return navigation.redirect(f"{_PATH}?withdrawn=1")


def _shown(client_id: str, agreement: Any | None, entered: Any | None) -> dict[str, object]:
    client = _client(client_id)
    last = [row.last_used_at for row in (agreement, entered) if row is not None]
    return {
        "name": _name(client),
        "logo_url": client.logo_uri if client else None,
        "scopes": words.scopes(agreement.scope, agreement.claims) if agreement else [],
        "granted_at": words.moment(agreement.granted_at) if agreement else None,
        "last_used": words.moment(max(last)) if last else None,
        "signed_in": entered is not None,
        "withdraw_action": f"{request.script_root}{_PATH}/{quote(client_id, safe='')}/withdraw",
    }


def _notice(row: Any) -> dict[str, object]:
    name = _name(_client(row.client_id))
    return {"name": name, "state": row.notice, "attempts": row.notice_attempts}


def _client(client_id: str) -> RelyingParty | None:
    find = cast(Callable[[str], RelyingParty | None], current_app.extensions[KEY])
    return find(client_id)


def name_of(client_id: str) -> str:
    """Return what a site is called, in the reader's language."""
    return _name(_client(client_id))


def _name(client: RelyingParty | None) -> str:
    return client.name_in(current()) if client else _("A site that has closed")
