"""What we know of the person, masked, and what they may change."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from idp.accounts import profiles
from idp.accounts.profiles import PersonView
from idp.audit import events
from idp.authentication import visitors
from idp.db import db, within_session
from idp.errors import BadRequestError
from idp.formats import id_numbers, names, phones
from idp.portal import member, words
from idp.web import guards, house, navigation
from idp.web.locale import LOCALES
from idp.web.locale import gettext as _

bp = Blueprint("profile", __name__)
_LONGEST = 40


class DisplayNameError(BadRequestError):
    """Too long, or with characters that cannot be seen."""

    code = "display_name_invalid"
    description = "Choose a name of at most 40 visible characters."


@bp.get("/account/profile")
@guards.signed_in
def show() -> Response:
    """Show the person to themselves."""
    notice = _("Saved.") if request.args.get("saved") else ""
    return _page(notice=notice)


@bp.post("/account/profile")
@guards.signed_in
def change() -> Response:
    """Keep what the person wants to be called, and in which language."""
    display_name = request.form.get("display_name", "").strip()
    locale = request.form.get("locale", "")
    if len(display_name) > _LONGEST or not display_name.isprintable():
        return _page(errors={"display_name": _(DisplayNameError.description)}, status=400)
    tx, session = within_session(), member.session()
    profiles.change(
        tx,
        house.vault(),
        session.person_id,
        display_name=display_name or None,
        locale=locale if locale in LOCALES else None,
    )
    data = {"changed": "profile"}
    visitors.note(tx, visitors.here(), events.PERSON_CHANGE, person_id=session.person_id, data=data)
    db.session.commit()
    return navigation.redirect("/account/profile?saved=1")


def _page(*, notice: str = "", errors: dict[str, str] | None = None, status: int = 200) -> Response:
    tx, session = within_session(), member.session()
    person = profiles.read(tx, house.vault(), session.person_id)
    html = render_template(
        "account/profile.html",
        profile=_masked(person, session.ial),
        action=f"{request.script_root}/account/profile",
        phone_url=f"{request.script_root}/account/phone",
        form={"display_name": person.display_name, "locale": person.locale, **request.form},
        errors=errors or {},
        notice=notice,
    )
    db.session.commit()
    return Response(html, status, content_type="text/html; charset=utf-8")


def _masked(person: PersonView, ial: int) -> dict[str, object]:
    id_number = person.id_number and id_numbers.mask(person.id_number)
    real_name = person.real_name and names.mask(person.real_name)
    return {
        "display_name": person.display_name,
        "username": person.username,
        "phone": person.phone and phones.mask(person.phone),
        "real_name": real_name,
        "id_number": id_number,
        "proven": ial > 1,
        "level": ial,
        "registered_at": words.moment(person.created_at),
    }
