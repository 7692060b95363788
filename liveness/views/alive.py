"""A citizen's page about being alive: who asks, until when the last proof holds, and scanning."""

from typing import Any

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from config.real_names import CounterPoint
from idp.accounts import identifiers, profiles
from idp.db import Transaction, db, new_id, within_session
from idp.portal import member, words
from idp.portal.views import sites
from idp.proofing import points
from idp.proofing.checks import purposes
from idp.web import browser, guards, house, navigation
from idp.web.locale import ENGLISH, current
from idp.web.locale import gettext as _
from liveness.desk import desk
from liveness.permits import standing
from liveness.scans import opening
from liveness.scans.orders import Purpose
from liveness.uses import alive, alive_proofs
from liveness.views.stage import stage

bp = Blueprint("alive", __name__)
PATH = "/account/alive"


@bp.get(PATH)
@guards.signed_in
def show() -> str:
    """Show who asks, what was proven, and the ways."""
    return _page("")


@bp.get(alive.RESULT)
@guards.signed_in
def result() -> str:
    """Show the same after a scan, and what came of it."""
    return _page("after")


@bp.post(f"{PATH}/scan")
@guards.signed_in
def scan() -> Response:
    """Scan the face of whoever is signed in, and has proven who they are."""
    tx, person_id = within_session(), member.session().person_id
    who = _proven(tx, person_id)
    if who is None:
        db.session.commit()
        return navigation.redirect(PATH)
    name, id_number = who
    standing.refuse_if_off(tx, desk(), id_number)
    order = alive.order_for(
        desk(),
        person_id=person_id,
        name=name,
        id_number=id_number,
        matter=new_id(),
        browser=browser.fingerprint(),
    )
    ticket = opening.open_scan(tx, desk(), order)
    db.session.commit()
    return stage(
        ticket,
        purpose=Purpose.ALIVE,
        another_way=f"{PATH}#other-ways",
        another_way_label=_("Other ways"),
        again=PATH,
    )


def _page(after: str) -> str:
    tx, person_id = within_session(), member.session().person_id
    who, vault = _proven(tx, person_id), house.vault()
    number = who[1] if who else ""
    proofs = alive_proofs.all_of(tx, vault, number) if number else []
    off = bool(number) and standing.is_off(tx, desk(), number)
    page = render_template(
        "face/alive.html",
        proven=who is not None,
        proofs=[_shown(proof) for proof in proofs[:5]],
        lasting=next((_shown(proof) for proof in proofs if proof.lasts), None),
        askers=[_asker(row) for row in alive_proofs.wanted_by(tx, vault, number)],
        can_scan=bool(number) and desk().open and not off,
        switched_off=off,
        counters=[_counter(point) for point in points.all_of(house.settings())],
        after=after,
    )
    db.session.commit()
    return page


def _proven(tx: Transaction, person_id: str) -> tuple[str, str] | None:
    """Return name and number of somebody who has proven them."""
    vault = house.vault()
    number = identifiers.value_of(tx, vault, person_id, identifiers.ID_NUMBER)
    name = profiles.read(tx, vault, person_id).real_name
    if number is None or number.verified_at is None or not name:
        return None
    return name, number.text


def _shown(proof: alive_proofs.Proof) -> dict[str, Any]:
    methods = {alive_proofs.FACE: _("Face scan"), alive_proofs.COUNTER: _("At a counter")}
    return {
        "number": proof.proof_id,
        "at": words.moment(proof.at),
        "until": words.moment(proof.expires_at),
        "method": methods.get(proof.method, proof.method),
        "lasts": proof.lasts,
        "receipt": proof.receipt,
    }


def _counter(point: CounterPoint) -> dict[str, str]:
    english = current() == ENGLISH
    return {
        "name": (english and point.name_en) or point.name,
        "address": (english and point.address_en) or point.address,
    }


def _asker(row: Any) -> dict[str, Any]:
    return {
        "who": sites.name_of(row.client_id),
        "purpose": purposes.purpose(row.purpose),
        "when": words.moment(row.asked_at),
    }
