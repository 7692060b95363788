"""The account at a glance."""

from typing import Any

import orjson
from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from idp.audit import events, trail
from idp.consent import service as consent
from idp.db import Transaction, db, within_session
from idp.portal import member, verification_words, words
from idp.portal.views import counter_visit
from idp.proofing import appointments, attempts, levels, verifications, ways
from idp.proofing.graph import Step
from idp.sessions import overview as sessions_overview
from idp.web import guards, house, navigation

bp = Blueprint("account", __name__)
_LOOK_BACK = 100


@bp.get("/account")
@guards.signed_in
def overview() -> str:
    """Show how sure we are of who it is, and what is open."""
    tx, session = within_session(), member.session()
    idle = house.settings().sessions.idle
    strongest = verifications.strongest(tx, session.person_id)
    held = appointments.standing(tx, session.person_id)
    living = sessions_overview.of_person(tx, session.person_id, idle=idle)
    page = render_template(
        "account/overview.html",
        level=session.ial,
        proof=strongest and verification_words.tell(strongest),
        regions={ial: verification_words.regions(ial) for ial in levels.IAL_LEVELS},
        can_raise=bool(ways.open_to(session.ial)),
        unfinished=_unfinished(tx, session.person_id),
        appointment=held and counter_visit.told(held),
        sites_count=len(consent.of_person(tx, session.person_id)),
        sessions_count=len(living),
        last=_sign_in_before(tx, session.person_id),
        end_all_action=f"{request.script_root}/account/sessions/end-all",
    )
    db.session.commit()
    return page


@bp.get("/sign-out")
@guards.public("it leads to the page that asks")
def sign_out() -> Response:
    """Lead to the page that signs out."""
    return navigation.redirect("/end_session")


def _unfinished(tx: Transaction, person_id: str) -> dict[str, Any] | None:
    """Return the verification that was left on the way, if one was."""
    attempt = attempts.current(tx, house.vault(), person_id)
    if attempt is None or not attempt.running or attempt.step is Step.WAYS:
        return None
    return {"until": words.moment(attempt.expires_at)}


def _sign_in_before(tx: Transaction, person_id: str) -> dict[str, Any] | None:
    """Return the sign-in before the newest one: the newest is this one."""
    rows = trail.history(tx, person_id, _LOOK_BACK)
    starts = [row for row in rows if row.event == events.SESSION_START]
    if len(starts) < 2:  # noqa: PLR2004 - this one and the one before
        return None
    before = starts[1]
    amr = " ".join(orjson.loads(before.data or "{}").get("amr", []))
    return {
        "when": words.moment(before.at),
        "where": before.address,
        "method": words.factors(amr),
    }
