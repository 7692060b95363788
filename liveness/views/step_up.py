"""Confirm with a face in a session that lives: it lifts the level, or makes the session fresh.

Beside something that the session has shown lately a face makes two factors. To make it fresh,
for what is grave, something held is asked for once more: a face that anybody may photograph, or
hold up a sleeping person's phone to, says too little alone.
"""

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.accounts import identifiers
from idp.authentication import device_challenges, holding, known_browsers, possessions, sms_code
from idp.authentication.errors import (
    AuthenticationError,
    DeviceUnknownError,
    PossessionGoneError,
)
from idp.authentication.holding import HOLDABLE, Errand
from idp.authentication.methods import FACE, combined
from idp.authentication.possessions import Possession
from idp.authentication.second_factor import TWO_FACTORS
from idp.authentication.views.surroundings import (
    arrive,
    kept,
    link,
    note_shown,
    onward,
    page,
    refused,
    transaction,
    visitor,
)
from idp.db import Transaction
from idp.errors import IdentityError, TooManyRequestsError
from idp.formats import phones
from idp.sessions import browser as sessions
from idp.sessions.service import Session
from idp.web import guards, house
from liveness.desk import desk
from liveness.scans.orders import Purpose
from liveness.uses import own_face
from liveness.uses.step_up import HELD, PATH
from liveness.views import holding as pages

bp = Blueprint("face_step_up", __name__, template_folder="../templates")
_FORM = "face/confirm.html"
_PUBLIC = "without a session it leads to the sign-in"


@bp.get(PATH)
@guards.public(_PUBLIC)
def form() -> Response:
    """Go on to the scan where the level is all that is wanted; else ask for something held."""
    session = _session()
    if session is None:
        return onward("/sign-in")
    if not _merely_lifts(session):
        return _form_page(session)
    with transaction() as tx:
        possessions.keep(
            tx,
            house.vault(),
            purpose=HELD,
            browser=visitor().browser,
            person_id=session.person_id,
            held="",
            session_id=session.session_id,
            state=kept(),
        )
    return onward(f"{PATH}/scan")


@bp.post(PATH)
@guards.public(f"{_PUBLIC}; messages are counted")
def ask() -> Response:
    """Ask for something held: this device's key if it has one, else a code by SMS."""
    session = _session()
    if session is None:
        return onward("/sign-in")
    if request.form.get("device") == "1":
        return _ask_device(session)
    limits = house.settings().throttle
    try:
        with transaction() as tx:
            sent = sms_code.ask_again(
                tx, house.vault(), limits, visitor(), session.person_id, purpose=HELD
            )
    except TooManyRequestsError as refusal:
        return _form_page(session, refusal)
    return onward(f"{PATH}/code" if sent else "/confirm")


@bp.get(f"{PATH}/device")
@guards.public(_PUBLIC)
def device_form() -> Response:
    """Let this browser's keys answer."""
    return pages.device_page(HELD, PATH, "/confirm") or onward(PATH)


@bp.post(f"{PATH}/device")
@guards.public("the challenge is bound to this browser and its session's person, and good once")
def device() -> Response:
    """Go on with whoever holds a device that is theirs."""
    session = _session()
    if session is None:
        return onward("/sign-in")
    try:
        with transaction() as tx:
            holding.show_device(
                tx,
                house.vault(),
                visitor(),
                _errand(session),
                request.form.get("answers", ""),
            )
    except DeviceUnknownError as refusal:
        return pages.device_page(HELD, PATH, "/confirm", refusal) or onward(PATH)
    return onward(f"{PATH}/scan")


@bp.get(f"{PATH}/code")
@guards.public("the code is bound to this browser and its session")
def code_form() -> Response:
    """Ask for the code."""
    return pages.code_page(HELD, PATH) or onward(PATH)


@bp.post(f"{PATH}/code")
@guards.public("the code is bound to this browser and its session; tries are counted")
def code() -> Response:
    """Go on with whoever holds their phone, or send another code."""
    session, limits = _session(), house.settings().throttle
    if session is None:
        return onward("/sign-in")
    if "resend" in request.form:
        return ask()
    try:
        with transaction() as tx:
            holding.show_code(
                tx,
                house.vault(),
                limits,
                visitor(),
                _errand(session),
                request.form.get("code", ""),
            )
    except (AuthenticationError, TooManyRequestsError) as refusal:
        return pages.code_page(HELD, PATH, refusal) or _form_page(session)
    return onward(f"{PATH}/scan")


@bp.get(f"{PATH}/scan")
@guards.public("only for the session in which something held was shown")
def scan() -> Response:
    """Scan the face of the session's person, if it may be scanned."""
    waiting = _waiting(_session())
    return onward(PATH) if waiting is None else pages.scan_page(Purpose.STEP_UP, waiting, PATH)


@bp.get(f"{PATH}/other")
@guards.public("it leads to the other ways of confirming")
def other() -> Response:
    """Go on without a face."""
    return onward("/confirm")


@bp.get(f"{PATH}/finish")
@guards.public("bound to this browser and its session, and spent once")
def finish() -> Response:
    """Renew, or lift, the session of whoever was scanned in it."""
    session = _session()
    waiting = _waiting(session)
    if session is None or waiting is None:
        return onward("/sign-in" if session is None else "/confirm")
    if waiting.state and not kept():
        return pages.reminded(waiting, f"{PATH}/finish")
    try:
        with transaction() as tx:
            own_face.finish(tx, desk(), Purpose.STEP_UP, waiting, visitor())
            _renew(tx, session, waiting)
    except IdentityError as refusal:
        return pages.ways_page(waiting, PATH, refusal)
    return arrive()


def _renew(tx: Transaction, session: Session, waiting: Possession) -> None:
    """Make the session fresh if something held was shown beside the face; else lift it only."""
    if waiting.held:
        methods = (HOLDABLE[waiting.held], FACE)
        amr, aal = combined(session.amr, *methods)
        sessions.sign_in(tx, person_id=session.person_id, amr=amr, aal=aal)
        known_browsers.remember(tx, session.person_id)
        note_shown(tx, *methods)
        return
    amr, aal = combined(session.amr, FACE)
    if not sessions.lift(tx, session, amr=amr, aal=aal):
        raise PossessionGoneError(detail="the session ended meanwhile")
    note_shown(tx, FACE)


def _errand(session: Session) -> Errand:
    return Errand(
        purpose=HELD, state=kept(), session_id=session.session_id, person_id=session.person_id
    )


def _session() -> Session | None:
    with transaction():
        return sessions.current()


def _waiting(session: Session | None) -> Possession | None:
    """Return what was shown in *session*; another's, in the same browser, is not its own."""
    found = pages.held_here(HELD) if session is not None else None
    if session is None or found is None:
        return None
    ours = (found.session_id, found.person_id) == (session.session_id, session.person_id)
    return found if ours else None


def _merely_lifts(session: Session) -> bool:
    """Say whether a site wants a second factor, and a face beside the first would be one."""
    wanted = bool(request.values.get("factor")) and session.aal < TWO_FACTORS
    return wanted and combined(session.amr, FACE)[1] >= TWO_FACTORS


def _ask_device(session: Session) -> Response:
    with transaction() as tx:
        device_challenges.issue(
            tx,
            house.vault(),
            purpose=HELD,
            browser=visitor().browser,
            person_id=session.person_id,
        )
    return onward(f"{PATH}/device")


def _form_page(session: Session, refusal: TooManyRequestsError | None = None) -> Response:
    with transaction() as tx:
        phone = identifiers.value_of(tx, house.vault(), session.person_id, identifiers.PHONE)
    values: dict[str, Any] = {
        "masked_phone": phones.mask(phone.text) if phone else "",
        "another_url": link("/confirm"),
        "methods": [],
    }
    return refused(_FORM, refusal, "send", **values) if refusal else page(_FORM, **values)
