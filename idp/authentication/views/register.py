"""Register: the form, and the code that proves the phone."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.accounts import registration
from idp.accounts.errors import FieldErrors
from idp.authentication import enrolment, one_time_code
from idp.authentication.errors import AuthenticationError, TermsNotAcceptedError
from idp.authentication.methods import PASSWORD, SMS_CODE
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
from idp.db import db
from idp.errors import IdentityError, TooManyRequestsError
from idp.web import guards, house

bp = Blueprint("register", __name__)
_FORM, _VERIFY = "register.html", "register_verify.html"
_SHOWN_AGAIN = ("username", "phone", "real_name", "id_number", "agree")


@bp.get("/sign-up")
@guards.public("everybody may open an account")
def form() -> Response:
    """Ask for what an account needs."""
    return page(_FORM)


@bp.post("/sign-up")
@guards.public("everybody may open an account; accounts are counted per address")
def apply() -> Response:
    """Check the form; then open the account, or send a code to its phone."""
    settings, who = house.settings(), visitor()
    try:
        application = _read()
        with transaction() as tx:
            enrolment.admit(tx, house.vault(), settings, who, application)
        hashed = registration.with_hash(
            application, house.hasher().hash(request.form.get("password", ""))
        )
        with transaction() as tx:
            person_id = enrolment.start(tx, house.vault(), settings, who, hashed)
            if person_id:
                enter(tx, person_id, PASSWORD)
    except (FieldErrors, TooManyRequestsError) as refusal:
        db.session.rollback()
        return refused(_FORM, refusal, "form", form=_entered())
    return arrive() if person_id else onward("/sign-up/verify")


@bp.get("/sign-up/verify")
@guards.public("the waiting form is bound to this browser")
def code_form() -> Response:
    """Ask for the code."""
    phone = _waiting_phone()
    return _code_page(phone) if phone else onward("/sign-up")


@bp.post("/sign-up/verify")
@guards.public("the waiting form is bound to this browser; tries are counted")
def verify() -> Response:
    """Open the account and sign its person in, or send another code."""
    phone, settings, who = _waiting_phone(), house.settings(), visitor()
    if phone is None:
        return onward("/sign-up")
    try:
        with transaction() as tx:
            if "resend" in request.form:
                enrolment.send_again(tx, house.vault(), settings, who)
                return onward("/sign-up/verify")
            code = request.form.get("code", "")
            person_id = enrolment.finish(tx, house.vault(), settings, who, code)
            enter(tx, person_id, SMS_CODE)
    except FieldErrors as refusal:
        db.session.rollback()
        return refused(_FORM, refusal, "form")
    except (AuthenticationError, TooManyRequestsError) as refusal:
        return _code_page(phone, refusal)
    return arrive()


def _read() -> registration.Application:
    """Return what was entered.

    Raises:
        FieldErrors: every fault at once.
    """
    faults: dict[str, IdentityError] = {}
    if not request.form.get("agree"):
        faults["agree"] = TermsNotAcceptedError()
    try:
        application = registration.check(
            house.settings().passwords,
            username=request.form.get("username"),
            phone=request.form.get("phone"),
            id_number=request.form.get("id_number"),
            real_name=request.form.get("real_name"),
            password=request.form.get("password", ""),
        )
    except FieldErrors as refusal:
        raise FieldErrors({**refusal.fields, **faults}) from None
    if faults:
        raise FieldErrors(faults)
    return application


def _entered() -> dict[str, str]:
    return {name: request.form.get(name, "")[:128] for name in _SHOWN_AGAIN}


def _waiting_phone() -> str | None:
    return code_page.waiting_phone(one_time_code.REGISTER)


def _code_page(phone: str, refusal: code_page.Refusal | None = None) -> Response:
    return code_page.show(_VERIFY, phone, back="/sign-up", refusal=refusal)
