"""Sign in with a code by SMS: first the number, then the code."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.authentication import one_time_code, sms_code
from idp.authentication.errors import AuthenticationError, CodeVoidError
from idp.authentication.methods import SMS_CODE
from idp.authentication.views import code_page
from idp.authentication.views.surroundings import (
    arrive,
    enter,
    onward,
    page,
    refused,
    transaction,
    visitor,
)
from idp.errors import TooManyRequestsError
from idp.formats import phones
from idp.web import guards, house

bp = Blueprint("sms_code", __name__)
_ASK, _ENTER = "sign_in_code.html", "sign_in_code_enter.html"


@bp.get("/sign-in/code")
@guards.public("a way in; it shows nothing but a form")
def form() -> Response:
    """Ask for the number."""
    return page(_ASK, current=SMS_CODE.key)


@bp.post("/sign-in/code")
@guards.public("a way in; messages are counted per number and address")
def send() -> Response:
    """Send a code if the number opens an account; the answer is the same if not."""
    typed = request.form.get("phone", "")
    try:
        phone = phones.normalise(typed)
        with transaction() as tx:
            sms_code.ask(tx, house.vault(), house.settings().throttle, visitor(), phone)
    except (phones.PhoneError, TooManyRequestsError) as refusal:
        return refused(_ASK, refusal, "phone", current=SMS_CODE.key, form={"phone": typed})
    return onward("/sign-in/code/enter")


@bp.get("/sign-in/code/enter")
@guards.public("the code is bound to this browser")
def code_form() -> Response:
    """Ask for the code."""
    phone = _waiting_phone()
    return _code_page(phone) if phone else onward("/sign-in/code")


@bp.post("/sign-in/code/enter")
@guards.public("the code is bound to this browser; tries are counted")
def check() -> Response:
    """Let in whoever the code was sent to, or send another."""
    phone = _waiting_phone()
    limits, who = house.settings().throttle, visitor()
    try:
        if "resend" in request.form:
            return _send_again(phone)
        with transaction() as tx:
            person_id = sms_code.enter(tx, house.vault(), limits, who, request.form.get("code", ""))
            enter(tx, person_id, SMS_CODE)
    except (AuthenticationError, TooManyRequestsError) as refusal:
        if phone is None:
            return refused(_ASK, refusal, "phone", current=SMS_CODE.key)
        return _code_page(phone, refusal)
    return arrive()


def _send_again(phone: str | None) -> Response:
    if phone is None:
        raise CodeVoidError(detail="none under way in this browser")
    with transaction() as tx:
        sms_code.ask(tx, house.vault(), house.settings().throttle, visitor(), phone)
    return onward("/sign-in/code/enter")


def _waiting_phone() -> str | None:
    return code_page.waiting_phone(one_time_code.SIGN_IN)


def _code_page(phone: str, refusal: code_page.Refusal | None = None) -> Response:
    return code_page.show(_ENTER, phone, back="/sign-in/code", refusal=refusal)
