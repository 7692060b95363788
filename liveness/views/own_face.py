"""The citizen's own page about their face: agreed to, switched off, scanned when, and undone."""

from typing import Any

import orjson
from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from idp import clock
from idp.accounts import profiles
from idp.audit import events, trail
from idp.authentication.views.surroundings import short_name, transaction
from idp.authentication.visitors import here
from idp.db import Transaction
from idp.errors import BadRequestError, IdentityError
from idp.portal import member, words
from idp.sessions.service import Session
from idp.web import guards, navigation
from idp.web.locale import LazyText, lazy_gettext
from idp.web.locale import gettext as _
from liveness.desk import FaceDesk, desk
from liveness.permits import consents, guardians, notices, standing
from liveness.permits.errors import FactorNeededError

PATH = "/account/face"
FRESH = 600  # seconds, as for a password or a phone
_LOOK_BACK, _SHOWN = 400, 20

bp = Blueprint("own_face", __name__, template_folder="../templates")

_SCANNED: dict[str, LazyText] = {
    "proof": lazy_gettext("Real name verified by face"),
    "sign_in": lazy_gettext("Signed in with your face"),
    "step_up": lazy_gettext("Confirmed with your face that it is you"),
    "department": lazy_gettext("Face scan for an authority"),
    "alive": lazy_gettext("Shown that you are alive"),
}
_SAID: dict[str, LazyText] = {
    "agreed": lazy_gettext("Your consent is recorded."),
    "withdrawn": lazy_gettext("Your consent is withdrawn."),
    "locked": lazy_gettext("Your face is locked. Nobody can scan it, until you unlock it."),
    "on": lazy_gettext("Face scans are on again."),
}


class ActionUnknownError(BadRequestError):
    """A form that is not ours."""

    description = "Please choose one of the buttons shown."


@bp.get(PATH)
@guards.signed_in
def show() -> Response:
    """Show how things stand."""
    said = _SAID.get(request.args.get("done", ""))
    return _page(notice=str(said) if said else "")


@bp.post(PATH)
@guards.signed_in
def act() -> Response:
    """Lock, turn on again, or withdraw; only what makes a face usable needs a fresh factor."""
    session, action = member.session(), request.form.get("action", "")
    if action == "unlock" and clock.epoch() - session.auth_time > FRESH:
        return navigation.redirect(f"/confirm?next={PATH}")
    try:
        with transaction() as tx:
            done = _do(tx, session, action)
    except IdentityError as refusal:
        return _page(refusal)
    return navigation.redirect(f"{PATH}?done={done}")


def _do(tx: Transaction, session: Session, action: str) -> str:
    """Do what the person asked for, and return the word for what is then said."""
    parts, visitor, person_id = desk(), here(), session.person_id
    if action == "withdraw":
        consents.withdraw(tx, visitor, person_id, request.form.get("purpose", ""))
        return "withdrawn"
    if action == "withdraw_ward":
        guardians.withdraw(tx, visitor, person_id, request.form.get("consent", ""))
        return "withdrawn"
    subject = standing.of_person(tx, parts.vault, person_id)
    if action not in ("lock", "unlock") or subject is None:
        raise ActionUnknownError(detail=action[:20])
    if action == "lock":
        standing.lock(tx, visitor, subject, person_id)
        return "locked"
    standing.unlock(tx, parts, visitor, subject, person_id, session.amr)
    return "on"


def _page(refusal: IdentityError | None = None, *, notice: str = "") -> Response:
    session, parts = member.session(), desk()
    with transaction() as tx:
        html = render_template(
            "face/own.html",
            action=f"{request.script_root}{PATH}",
            offered=parts.open,
            face=_standing(tx, parts, session.person_id),
            purposes=_purposes(tx, session),
            wards=_wards(tx, parts, session.person_id),
            scans=_scans(tx, session.person_id),
            notice=notice,
            refusal=_(refusal.description) if refusal else "",
            sign_in_again=isinstance(refusal, FactorNeededError),
        )
    response = Response(html, refusal.status if refusal else 200, mimetype="text/html")
    if refusal is not None and refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _standing(tx: Transaction, parts: FaceDesk, person_id: str) -> dict[str, Any] | None:
    """Return how the person's face stands; None while we do not know whose it is."""
    subject = standing.of_person(tx, parts.vault, person_id)
    if subject is None:
        return None
    found, now = standing.read(tx, subject), clock.epoch()
    spent = found.failures >= parts.liveness.switched_off_after
    paused = found.paused_until is not None and found.paused_until > now
    return {
        "locked": found.locked_at is not None,
        "off": found.off_at is not None or spent,
        "since": words.moment(found.locked_at or found.off_at or found.changed_at),
        "paused_until": words.moment(found.paused_until) if paused else None,
    }


def _purposes(tx: Transaction, session: Session) -> list[dict[str, Any]]:
    """Return what can be agreed to, and what is."""
    agreed = consents.of_person(tx, session.person_id)
    since = {one.purpose: one.given_at for one in agreed if one.stands}
    return [
        {
            "notice": notice,
            "given": notice.purpose in since,
            "since": words.moment(since.get(notice.purpose)),
            "agree_url": f"{request.script_root}{PATH}/agree/{notice.purpose}",
        }
        for notice in notices.NOTICES
    ]


def _wards(tx: Transaction, parts: FaceDesk, person_id: str) -> list[dict[str, Any]]:
    """Return what the person agreed to for children; a child is named as bystanders may read."""
    return [
        {
            "consent_id": ward.consent_id,
            "name": short_name(profiles.read(tx, parts.vault, ward.person_id)),
            "purpose": notices.BY_PURPOSE[ward.purpose].title,
            "since": words.moment(ward.given_at),
        }
        for ward in guardians.wards(tx, person_id)
    ]


def _scans(tx: Transaction, person_id: str) -> list[dict[str, Any]]:
    """Return the newest scans: when, what for, and whether they passed; never how well."""
    rows = trail.history(tx, person_id, _LOOK_BACK)
    scans = [row for row in rows if row.event == events.FACE_SCAN][:_SHOWN]
    return [
        {
            "what": _SCANNED.get(orjson.loads(row.data or "{}").get("purpose", "")),
            "when": words.moment(row.at),
            "where": row.address,
            "passed": row.outcome == "success",
        }
        for row in scans
    ]
