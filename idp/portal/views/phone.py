"""Give the account another phone: a fresh factor, the new number, its code."""

from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from idp.accounts.errors import PhoneTakenError
from idp.authentication import one_time_code, phone_change
from idp.authentication.errors import AuthenticationError
from idp.authentication.sending import again_in
from idp.authentication.views.surroundings import transaction
from idp.authentication.visitors import here
from idp.errors import IdentityError, TooManyRequestsError
from idp.formats import phones
from idp.portal import member
from idp.web import guards, house, navigation
from idp.web.locale import gettext as _

bp = Blueprint("phone", __name__)
_FRESH = 600


@bp.get("/account/phone")
@guards.fresh(_FRESH)
def form() -> Response:
    """Ask for the new number."""
    return _page("account/phone.html")


@bp.post("/account/phone")
@guards.fresh(_FRESH)
def send() -> Response:
    """Send a code to the new number."""
    typed, limits = request.form.get("phone", ""), house.settings().throttle
    try:
        phone = phones.normalise(typed)
        with transaction() as tx:
            person_id = member.session().person_id
            phone_change.start(tx, house.vault(), limits, here(), person_id, phone)
    except (phones.PhoneError, TooManyRequestsError) as refusal:
        return _page("account/phone.html", refusal, field="phone", form={"phone": typed})
    return navigation.redirect("/account/phone/verify")


@bp.get("/account/phone/verify")
@guards.fresh(_FRESH)
def code_form() -> Response:
    """Ask for the code."""
    return _code_page()


@bp.post("/account/phone/verify")
@guards.fresh(_FRESH)
def verify() -> Response:
    """Put the number that has answered in the old one's place, or send another code."""
    limits = house.settings().throttle
    try:
        with transaction() as tx:
            person_id = member.session().person_id
            if "resend" in request.form:
                phone_change.send_again(tx, house.vault(), limits, here(), person_id)
                return navigation.redirect("/account/phone/verify")
            code = request.form.get("code", "")
            phone_change.finish(tx, house.vault(), limits, here(), person_id, code)
    except (AuthenticationError, TooManyRequestsError, PhoneTakenError) as refusal:
        return _code_page(refusal)
    return navigation.redirect("/account/profile?saved=1")


def _code_page(refusal: IdentityError | None = None) -> Response:
    with transaction() as tx:
        waiting = one_time_code.pending(
            tx, house.vault(), purpose=one_time_code.PHONE, browser=here().browser
        )
        ours = waiting is not None and waiting.person_id == member.session().person_id
    if waiting is None or not ours:
        return navigation.redirect("/account/phone")
    return _page(
        "account/phone_verify.html",
        refusal,
        field="code",
        masked_phone=phones.mask(waiting.phone),
        resend_after=again_in(house.settings().throttle),
        back_url=f"{request.script_root}/account/phone",
    )


def _page(
    template: str, refusal: IdentityError | None = None, *, field: str = "", **values: Any
) -> Response:
    here_again = f"{request.script_root}{request.path}"
    html = render_template(
        template,
        **{"action": here_again, "resend_action": here_again, "form": {}, **values},
        errors={field: _(refusal.description)} if refusal else {},
    )
    response = Response(html, refusal.status if refusal else 200, mimetype="text/html")
    if refusal is not None and refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response
