"""Show a factor again in a session that lives: before something grave, or when a site asks."""

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.accounts import identifiers, profiles
from idp.authentication import known_browsers, one_time_code, password, second_factor, sms_code
from idp.authentication.errors import AuthenticationError, CredentialsError
from idp.authentication.methods import ALL, DEVICE, FACE, PASSWORD, SMS_CODE, Method, combined
from idp.authentication.sending import again_in
from idp.authentication.views.surroundings import (
    arrive,
    link,
    note_shown,
    onward,
    page,
    refused,
    short_name,
    sockets,
    transaction,
    visitor,
)
from idp.db import Transaction
from idp.errors import TooManyRequestsError
from idp.formats import phones
from idp.sessions import browser as sessions
from idp.sessions.service import Session
from idp.web import guards, house, navigation
from idp.web.locale import gettext as _

bp = Blueprint("confirm", __name__)
_FORM, _CODE = "confirm.html", "confirm_code.html"


@bp.get("/confirm")
@guards.public("without a session it leads to the sign-in")
def form() -> Response:
    """Ask whoever is signed in for a factor: any, or the one that was not shown yet."""
    with transaction():
        session = sessions.current()
    return onward("/sign-in") if session is None else _form_page(session)


@bp.post("/confirm")
@guards.public("without a session it leads to the sign-in; tries are counted")
def check() -> Response:
    """Renew the session of whoever knows their password."""
    limits, who = house.settings().throttle, visitor()
    with transaction():
        session = sessions.current()
    if session is None:
        return onward("/sign-in")
    try:
        with transaction() as tx:
            attempt = password.begin_again(tx, limits, who, session.person_id)
        verdict = house.hasher().verify(request.form.get("password", ""), attempt.stored)
        with transaction() as tx:
            password.conclude(tx, who, attempt, verdict)
            _renew(tx, session, PASSWORD)
    except (CredentialsError, TooManyRequestsError) as refusal:
        return _form_page(session, refusal)
    return arrive()


@bp.post("/confirm/send")
@guards.public("without a session it leads to the sign-in; messages are counted")
def send() -> Response:
    """Send a code to the phone of whoever is signed in."""
    with transaction() as tx:
        session = sessions.current()
        if session is None:
            return onward("/sign-in")
        try:
            limits = house.settings().throttle
            sent = sms_code.ask_again(tx, house.vault(), limits, visitor(), session.person_id)
        except TooManyRequestsError as refusal:
            return _form_page(session, refusal)
    return onward("/confirm/code" if sent else "/confirm")


@bp.get("/confirm/code")
@guards.public("the code is bound to this browser and its session")
def code_form() -> Response:
    """Ask for the code."""
    with transaction():
        session = sessions.current()
    phone = _waiting_phone(session)
    return _code_page(phone) if phone else onward("/confirm")


@bp.post("/confirm/code")
@guards.public("the code is bound to this browser and its session; tries are counted")
def check_code() -> Response:
    """Renew the session of whoever holds their phone."""
    with transaction():
        session = sessions.current()
    phone = _waiting_phone(session)
    if session is None or phone is None:
        return onward("/confirm")
    try:
        with transaction() as tx:
            sms_code.check(
                tx,
                house.vault(),
                house.settings().throttle,
                visitor(),
                purpose=one_time_code.CONFIRM,
                code=request.form.get("code", ""),
            )
            _renew(tx, session, SMS_CODE)
    except AuthenticationError as refusal:
        return _code_page(phone, refusal)
    return arrive()


def _renew(tx: Transaction, session: Session, method: Method) -> None:
    amr, aal = combined(session.amr, method)
    sessions.sign_in(tx, person_id=session.person_id, amr=amr, aal=aal)
    note_shown(tx, method)
    known_browsers.remember(tx, session.person_id)


def _waiting_phone(session: Session | None) -> str | None:
    with transaction() as tx:
        waiting = one_time_code.pending(
            tx, house.vault(), purpose=one_time_code.CONFIRM, browser=visitor().browser
        )
    ours = waiting is not None and session is not None and waiting.person_id == session.person_id
    return waiting.phone if waiting and ours else None


def _form_page(
    session: Session, refusal: CredentialsError | TooManyRequestsError | None = None
) -> Response:
    with transaction() as tx:
        person = profiles.read(tx, house.vault(), session.person_id)
        phone = identifiers.value_of(tx, house.vault(), session.person_id, identifiers.PHONE)
        lifting = second_factor.ways(tx, session, sockets().face_ready)
        by_face = sockets().face_ready(tx, session.person_id)
    other = request.values.get("factor")  # the site wants a factor that was not shown yet
    stepping_up = other in {method.key for method in ALL}
    if other == PASSWORD.key or (stepping_up and SMS_CODE not in lifting and other != SMS_CODE.key):
        phone = None
    further = [FACE] if by_face and not stepping_up else []
    if stepping_up:
        further = [method for method in lifting if method in (DEVICE, FACE)]
    shown: dict[str, Any] = {
        "stepping_up": stepping_up,
        "ask_password": not stepping_up or other == PASSWORD.key or not (phone or further),
        "display_name": short_name(person),
        "switch_account_url": link("/sign-in"),
        "send_code_action": link("/confirm/send") if phone else "",
        "masked_phone": phones.mask(phone.text) if phone else "",
        "methods": [],
        "further": [_offered(method) for method in further],
        "upstreams": [] if stepping_up else sockets().renewals(navigation.next_or("/account")),
    }
    return refused(_FORM, refusal, "password", **shown) if refusal else page(_FORM, **shown)


def _offered(method: Method) -> dict[str, object]:
    """Return how the page offers *method*; a device only where its script finds a key."""
    words = {FACE: _("Confirm with your face"), DEVICE: _("Confirm with this device")}
    path = "/confirm/face" if method is FACE else method.url_path
    return {
        "key": method.key,
        "title": words[method],
        "url": link(path),
        "icon": method.icon,
        "needs_key": method is DEVICE,
    }


def _code_page(phone: str, refusal: AuthenticationError | None = None) -> Response:
    values: dict[str, Any] = {
        "masked_phone": phones.mask(phone),
        "resend_after": again_in(house.settings().throttle),
        "resend_action": link("/confirm/send"),
        "back_url": link("/confirm"),
    }
    return refused(_CODE, refusal, "code", **values) if refusal else page(_CODE, **values)
