"""The password, the ways to sign in, and what happened lately."""

from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from idp import clock
from idp.accounts import identifiers, lifecycle
from idp.accounts.errors import FieldErrors
from idp.audit import events, trail
from idp.authentication import known_browsers, new_password, password
from idp.authentication.errors import CredentialsError
from idp.authentication.methods import PASSWORD, SMS_CODE, combined
from idp.authentication.views.surroundings import note_shown, transaction
from idp.authentication.visitors import here, note
from idp.db import Transaction, db
from idp.errors import IdentityError, TooManyRequestsError
from idp.formats import phones
from idp.portal import member, words
from idp.sessions import browser as sessions
from idp.sessions.service import Session
from idp.web import guards, house, navigation
from idp.web.locale import gettext as _

bp = Blueprint("security", __name__)
_PATH = "/account/security"
_FRESH = 600
_SHOWN = 20


@bp.get(_PATH)
@guards.signed_in
def show() -> Response:
    """Show the form and the recent activity."""
    return _page(notice=_("The new password is saved.") if request.args.get("saved") else "")


@bp.post(_PATH)
@guards.signed_in
def change() -> Response:
    """Change the password of whoever knows the old one, or has just shown another factor."""
    with transaction() as tx:
        session = member.session()
        credential = lifecycle.credential(tx, session.person_id)
    has_one = credential is not None and credential.password_hash is not None
    if not has_one and clock.epoch() - session.auth_time > _FRESH:
        return navigation.redirect(f"/confirm?next={_PATH}")
    try:
        if has_one:
            _check_current(session)
        _put(session, request.form.get("password", ""), knew_one=has_one)
    except FieldErrors as refusal:
        db.session.rollback()
        errors = {name: _(fault.description) for name, fault in refusal.fields.items()}
        return _page(errors=errors, refusal=refusal)
    except (CredentialsError, TooManyRequestsError) as refusal:
        return _page(errors={"current_password": _(refusal.description)}, refusal=refusal)
    return navigation.redirect(f"{_PATH}?saved=1")


def _check_current(session: Session) -> None:
    who = here()
    with transaction() as tx:
        limits = house.settings().throttle
        attempt = password.begin_again(tx, limits, who, session.person_id)
    entered = request.form.get("current_password", "")
    verdict = house.hasher().verify(entered, attempt.stored)
    with transaction() as tx:
        password.conclude(tx, who, attempt, verdict)


def _put(session: Session, chosen: str, *, knew_one: bool) -> None:
    settings, person_id = house.settings(), session.person_id
    new_password.check(settings.passwords, chosen)
    password_hash = house.hasher().hash(chosen)
    with transaction() as tx:
        new_password.check_for(tx, house.vault(), settings.passwords, person_id, chosen)
        keep = session.session_id
        new_password.put(tx, house.vault(), person_id, password_hash, keep_session=keep)
        note(tx, here(), events.PASSWORD_CHANGE, person_id=person_id)
        if knew_one:
            amr, aal = combined(session.amr, PASSWORD)
            sessions.sign_in(tx, person_id=person_id, amr=amr, aal=aal)
            note_shown(tx, PASSWORD)
        known_browsers.remember(tx, person_id)


def _page(
    *,
    notice: str = "",
    errors: dict[str, str] | None = None,
    refusal: IdentityError | None = None,
) -> Response:
    with transaction() as tx:
        person_id = member.session().person_id
        credential = lifecycle.credential(tx, person_id)
        has_one = credential is not None and credential.password_hash is not None
        html = render_template(
            "account/security.html",
            action=f"{request.script_root}{_PATH}",
            has_password=has_one,
            errors=errors or {},
            methods=_methods(tx, person_id, has_password=has_one),
            devices_url=f"{request.script_root}/account/devices",
            activity=_activity(tx, person_id),
            notice=notice,
        )
    response = Response(html, refusal.status if refusal else 200, mimetype="text/html")
    if refusal is not None and refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _methods(tx: Transaction, person_id: str, *, has_password: bool) -> list[dict[str, Any]]:
    phone = identifiers.value_of(tx, house.vault(), person_id, identifiers.PHONE)
    states = (
        (PASSWORD, has_password, ""),
        (SMS_CODE, phone is not None, phones.mask(phone.text) if phone else ""),
    )
    return [
        {
            "key": method.key,
            "title": method.title,
            "icon": method.icon,
            "detail": detail,
            "ready": ready,
        }
        for method, ready, detail in states
    ]


def _activity(tx: Transaction, person_id: str) -> list[dict[str, Any]]:
    rows = ((words.event(row.event), row) for row in trail.history(tx, person_id, 3 * _SHOWN))
    return [
        {
            "what": what,
            "when": words.moment(row.at),
            "where": row.address,
            "outcome": "ok" if row.outcome == "success" else "refused",
        }
        for what, row in rows
        if what is not None
    ][:_SHOWN]
