"""The devices that a person registered: see them, register this one, forget any."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from idp.authentication import device_challenges, device_keys, possessions, shown_factors
from idp.authentication.device_challenges import REGISTER
from idp.authentication.errors import AuthenticationError, DeviceKeyError, DevicesFullError
from idp.authentication.views.surroundings import transaction
from idp.authentication.visitors import here
from idp.db import Transaction
from idp.errors import IdentityError
from idp.portal import member, words
from idp.sessions import browser as sessions
from idp.sessions.service import Session
from idp.web import guards, house, navigation
from idp.web.locale import gettext as _

bp = Blueprint("device_keys", __name__)
_PATH = "/account/devices"
_NEW = f"{_PATH}/new"
_FRESH = 600


@bp.get(_PATH)
@guards.signed_in
def show() -> Response:
    """List the devices."""
    said = {
        "registered": _("This device is registered now."),
        "forgotten": _("That device is forgotten."),
    }
    return _page(notice=said.get(request.args.get("done", ""), ""))


@bp.get(_NEW)
@guards.fresh(_FRESH)
def form() -> Response:
    """Let a session of two fresh factors register this device; lead others to the factor missing.

    Both must be fresh: a key outlasts the session, and so must not be had for half of it.
    """
    with transaction() as tx:
        session = member.session()
        words_shown = shown_factors.fresh(tx, session.session_id, within=_FRESH)
        if not shown_factors.two(words_shown):
            return _ask_for_more(tx, session, words_shown)
        asked = device_challenges.issue(
            tx,
            house.vault(),
            purpose=REGISTER,
            browser=here().browser,
            person_id=session.person_id,
        )
    return _page(message=asked.message)


@bp.post(_NEW)
@guards.fresh(_FRESH)
def register() -> Response:
    """Keep the key that this browser has made."""
    try:
        with transaction() as tx:
            session = member.session()
            fresh = shown_factors.fresh(tx, session.session_id, within=_FRESH)
            if not shown_factors.two(fresh):
                return navigation.redirect(_NEW)
            device_keys.register(
                tx,
                house.vault(),
                here(),
                session.person_id,
                public_key=request.form.get("public_key", ""),
                signature=request.form.get("signature", ""),
                label=sessions.origin().browser,
            )
    except (AuthenticationError, DeviceKeyError, DevicesFullError) as refusal:
        return _page(refusal=refusal)
    return navigation.redirect(f"{_PATH}?done=registered")


@bp.post(f"{_PATH}/<key_id>/forget")
@guards.signed_in
def forget(key_id: str) -> Response:
    """Forget one device; one that is not theirs counts as forgotten already."""
    with transaction() as tx:
        person_id = member.session().person_id
        if device_keys.forget(tx, here(), person_id, key_id[:32]):
            possessions.forget_all(tx, person_id)
    return navigation.redirect(f"{_PATH}?done=forgotten")


def _ask_for_more(tx: Transaction, session: Session, shown: frozenset[str]) -> Response:
    way = shown_factors.other_way(tx, session.person_id, shown)
    if way is None:
        return navigation.redirect(f"{_PATH}?alone=1")
    return navigation.redirect(f"/confirm?factor={way.key}&next={_NEW}")


def _page(*, notice: str = "", message: str = "", refusal: IdentityError | None = None) -> Response:
    with transaction() as tx:
        kept = device_keys.of_person(tx, member.session().person_id)
    html = render_template(
        "account/devices.html",
        devices=[
            {
                "id": row.key_id,
                "label": row.label,
                "registered": words.moment(row.created_at),
                "last_used": words.moment(row.last_used_at),
                "forget_action": f"{request.script_root}{_PATH}/{row.key_id}/forget",
            }
            for row in kept
        ],
        most=device_keys.MOST,
        message=message,
        new_url=f"{request.script_root}{_NEW}",
        action=f"{request.script_root}{_NEW}",
        alone=bool(request.args.get("alone")),
        security_url=f"{request.script_root}/account/security",
        refusal_text=_(refusal.description) if refusal else "",
        notice=notice,
    )
    return Response(html, refusal.status if refusal else 200, mimetype="text/html")
