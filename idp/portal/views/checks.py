"""Who checked me: each department's check in plain words, and "this was not me"."""

from typing import Any
from urllib.parse import quote

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from idp.accounts import identifiers
from idp.db import Transaction, db, within_session
from idp.portal import check_words, member, words
from idp.portal.views import sites
from idp.proofing.checks import history, purposes
from idp.web import guards, house, navigation
from idp.web.entrance import REQUEST_ID

bp = Blueprint("checks", __name__)
PATH = "/account/checks"
_FRESH = 600


@bp.get(PATH)
@guards.signed_in
def show() -> str:
    """List the newest checks, those from before the account was opened among them."""
    tx, person_id = within_session(), member.session().person_id
    page = render_template(
        "account/checks.html",
        checks=[_shown(row) for row in history.about(tx, house.vault(), person_id)],
        proven=_has_proven(tx, person_id),
    )
    db.session.commit()
    return page


@bp.get(f"{PATH}/<check_id>")
@guards.fresh(_FRESH)
def one(check_id: str) -> str:
    """Show one check, and ask whether it should be disputed, or confirm that it was."""
    tx, person_id = within_session(), member.session().person_id
    row = history.one(tx, house.vault(), person_id, check_id)
    page = render_template("account/check.html", check=_shown(row))
    db.session.commit()
    return page


@bp.post(f"{PATH}/<check_id>")
@guards.fresh(_FRESH)
def dispute(check_id: str) -> Response:
    """Write down that it was not them; the operators see it, and the page says what follows."""
    tx, person_id = within_session(), member.session().person_id
    request_id = request.environ.get(REQUEST_ID, "")
    history.dispute(tx, house.vault(), person_id, check_id, request_id=request_id)
    db.session.commit()
    return navigation.redirect(f"{PATH}/{quote(check_id, safe='')}")


def _has_proven(tx: Transaction, person_id: str) -> bool:
    number = identifiers.value_of(tx, house.vault(), person_id, identifiers.ID_NUMBER)
    return number is not None and number.verified_at is not None


def _shown(row: Any) -> dict[str, Any]:
    return {
        "check_id": row.check_id,
        "who": sites.name_of(row.client_id),
        "when": words.moment(row.claimed_at),
        "purpose": purposes.purpose(row.purpose),
        "legal_basis": purposes.legal_basis(row.legal_basis),
        "legal_reference": row.legal_reference,
        "elements": check_words.elements(row.elements),
        "result": check_words.result(row.result),
        "matched": row.result == "MATCH",
        "disputed_at": words.moment(row.disputed_at),
        "url": f"{request.script_root}{PATH}/{quote(row.check_id, safe='')}",
    }
