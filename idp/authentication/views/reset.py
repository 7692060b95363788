"""A forgotten password: whose, the code with a new one, done."""

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.accounts.errors import FieldErrors
from idp.authentication import addressees, new_password, one_time_code, reset
from idp.authentication.errors import AuthenticationError, CodeVoidError
from idp.authentication.sending import again_in
from idp.authentication.views.surroundings import (
    onward,
    page,
    refused,
    transaction,
    visitor,
)
from idp.db import db
from idp.errors import TooManyRequestsError
from idp.formats import phones
from idp.web import guards, house

bp = Blueprint("reset", __name__)
_FORM, _VERIFY = "reset.html", "reset_verify.html"


@bp.get("/reset")
@guards.public("whoever forgot a password cannot sign in")
def form() -> Response:
    """Ask whose password it is."""
    return page(_FORM)


@bp.post("/reset")
@guards.public("whoever forgot a password cannot sign in; messages are counted")
def send() -> Response:
    """Send a code to the account's phone; the answer is the same when there is none."""
    typed = request.form.get("identifier", "")[:128]
    try:
        with transaction() as tx:
            reset.start(tx, house.vault(), house.settings(), visitor(), typed)
    except TooManyRequestsError as refusal:
        return refused(_FORM, refusal, "identifier", form={"identifier": typed})
    return onward("/reset/verify")


@bp.get("/reset/verify")
@guards.public("the code is bound to this browser")
def code_form() -> Response:
    """Ask for the code and a new password."""
    typed = _waiting_name()
    return onward("/reset") if typed is None else _code_page(typed)


@bp.post("/reset/verify")
@guards.public("the code is bound to this browser; tries are counted")
def finish() -> Response:
    """Put the new password in its place, or send another code."""
    typed = _waiting_name()
    if typed is None:
        return onward("/reset")
    try:
        if "resend" in request.form:
            with transaction() as tx:
                reset.send_again(tx, house.vault(), house.settings(), visitor())
            return onward("/reset/verify")
        _set(request.form.get("code", ""), request.form.get("password", ""))
    except (FieldErrors, AuthenticationError, TooManyRequestsError) as refusal:
        db.session.rollback()
        if isinstance(refusal, CodeVoidError):
            return refused(_FORM, refusal, "identifier", form={"identifier": typed})
        return _code_page(typed, refusal)
    return onward("/reset/done")


@bp.get("/reset/done")
@guards.public("it only says what happened")
def done() -> Response:
    """Say that it is done, and lead to the sign-in."""
    return page("reset_done.html")


def _set(code: str, password: str) -> None:
    settings = house.settings()
    new_password.check(settings.passwords, password)
    password_hash = house.hasher().hash(password)
    with transaction() as tx:
        reset.finish(
            tx,
            house.vault(),
            settings,
            visitor(),
            code=code,
            password=password,
            password_hash=password_hash,
        )


def _waiting_name() -> str | None:
    with transaction() as tx:
        waiting = one_time_code.pending(
            tx, house.vault(), purpose=one_time_code.RESET, browser=visitor().browser
        )
    return waiting.state["typed"] if waiting else None


def _code_page(
    typed: str, refusal: FieldErrors | AuthenticationError | TooManyRequestsError | None = None
) -> Response:
    phone = addressees.typed_phone(typed)
    values: dict[str, Any] = {
        "masked_phone": phones.mask(phone) if phone else None,
        "resend_after": again_in(house.settings().throttle),
    }
    return refused(_VERIFY, refusal, "code", **values) if refusal else page(_VERIFY, **values)
