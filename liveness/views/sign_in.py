"""Sign in with a face: who, something held, the scan, the session; never the face alone."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.authentication import holding, known_browsers, possessions
from idp.authentication.errors import (
    AuthenticationError,
    DeviceUnknownError,
    PossessionGoneError,
)
from idp.authentication.holding import HOLDABLE, Errand
from idp.authentication.methods import FACE, SMS_CODE, combined
from idp.authentication.possessions import Possession
from idp.authentication.views.surroundings import (
    arrive,
    enter,
    kept,
    note_shown,
    onward,
    page,
    refused,
    transaction,
    visitor,
)
from idp.db import Transaction
from idp.errors import IdentityError, TooManyRequestsError
from idp.sessions import browser as sessions
from idp.web import guards, house
from liveness.desk import desk
from liveness.scans.errors import FaceNotOfferedError
from liveness.scans.orders import Purpose
from liveness.uses import own_face
from liveness.uses.sign_in import HELD, PATH
from liveness.views import holding as pages

bp = Blueprint("face_sign_in", __name__, template_folder="../templates")
_FORM = "face/sign_in.html"


@bp.get(PATH)
@guards.public("a way in; it shows nothing but a form")
def form() -> Response:
    """Ask who it is."""
    if not desk().open:
        raise FaceNotOfferedError
    hint = request.args.get("hint", "")[:128]
    return page(_FORM, current=FACE.key, form={"identifier": hint})


@bp.post(PATH)
@guards.public("a way in; messages and challenges are counted per name and address")
def ask() -> Response:
    """Ask for something held: this device's key if it has one, else a code by SMS."""
    if not desk().open:
        raise FaceNotOfferedError
    typed, limits = request.form.get("identifier", "")[:128], house.settings().throttle
    by_device = request.form.get("device") == "1"
    show = holding.ask_device if by_device else holding.ask_code
    try:
        with transaction() as tx:
            show(tx, house.vault(), limits, visitor(), typed)
    except TooManyRequestsError as refusal:
        form = {"identifier": typed}
        return refused(_FORM, refusal, "identifier", current=FACE.key, form=form)
    return onward(f"{PATH}/device" if by_device else f"{PATH}/code")


@bp.get(f"{PATH}/device")
@guards.public("the challenge is bound to this browser")
def device_form() -> Response:
    """Let this browser's keys answer."""
    return pages.device_page(HELD, PATH, "/sign-in") or onward(PATH)


@bp.post(f"{PATH}/device")
@guards.public("the challenge is bound to this browser, and good once")
def device() -> Response:
    """Go on with whoever holds a device that is theirs."""
    answers = request.form.get("answers", "")
    try:
        with transaction() as tx:
            holding.show_device(tx, house.vault(), visitor(), _errand(), answers)
    except DeviceUnknownError as refusal:
        typed = request.form.get("identifier", "")[:128]
        return pages.device_page(HELD, PATH, "/sign-in", refusal, typed) or onward(PATH)
    return onward(f"{PATH}/scan")


@bp.get(f"{PATH}/code")
@guards.public("the code is bound to this browser")
def code_form() -> Response:
    """Ask for the code."""
    return pages.code_page(HELD, PATH) or onward(PATH)


@bp.post(f"{PATH}/code")
@guards.public("the code is bound to this browser; tries are counted")
def code() -> Response:
    """Go on with whoever holds their phone, or send another code."""
    limits, who = house.settings().throttle, visitor()
    try:
        with transaction() as tx:
            if "resend" in request.form:
                holding.ask_code_again(tx, house.vault(), limits, who)
                return onward(f"{PATH}/code")
            given = request.form.get("code", "")
            holding.show_code(tx, house.vault(), limits, who, _errand(), given)
    except (AuthenticationError, TooManyRequestsError) as refusal:
        shown = pages.code_page(HELD, PATH, refusal)
        return shown or refused(_FORM, refusal, "identifier", current=FACE.key)
    return onward(f"{PATH}/scan")


@bp.get(f"{PATH}/scan")
@guards.public("only for a browser in which something held was shown just now")
def scan() -> Response:
    """Scan the face of whoever showed something held, if it may be scanned."""
    waiting = pages.held_here(HELD)
    return onward(PATH) if waiting is None else pages.scan_page(Purpose.SIGN_IN, waiting, PATH)


@bp.get(f"{PATH}/other")
@guards.public("only for a browser in which something held was shown just now")
def other() -> Response:
    """Show the ways that lead on without a face."""
    waiting = pages.held_here(HELD)
    return onward("/sign-in") if waiting is None else pages.ways_page(waiting, PATH)


@bp.post(f"{PATH}/without")
@guards.public("only for a browser in which a code by SMS was shown just now; spent once")
def without() -> Response:
    """Sign in by the code alone: one factor, as the way by SMS does."""
    waiting = pages.held_here(HELD)
    if waiting is None or waiting.held not in SMS_CODE.amr:
        return onward("/sign-in")
    try:
        with transaction() as tx:
            possessions.spend(tx, waiting.possession_id)
            enter(tx, waiting.person_id, SMS_CODE)
    except PossessionGoneError:
        return onward("/sign-in")
    return arrive()


@bp.get(f"{PATH}/finish")
@guards.public("what was held and the scan are bound to this browser, and spent once")
def finish() -> Response:
    """Sign in whoever showed both."""
    waiting = pages.held_here(HELD)
    if waiting is None:
        return onward("/sign-in")
    if waiting.state and not kept():
        return pages.reminded(waiting, f"{PATH}/finish")
    try:
        with transaction() as tx:
            own_face.finish(tx, desk(), Purpose.SIGN_IN, waiting, visitor())
            _enter(tx, waiting)
    except IdentityError as refusal:
        return pages.ways_page(waiting, PATH, refusal)
    return arrive()


def _errand() -> Errand:
    return Errand(purpose=HELD, state=kept())


def _enter(tx: Transaction, waiting: Possession) -> None:
    """Start a session of two factors, with a cookie that nobody had before."""
    methods = (HOLDABLE[waiting.held], FACE)
    amr, aal = combined("", *methods)
    sessions.sign_in(tx, person_id=waiting.person_id, amr=amr, aal=aal)
    note_shown(tx, *methods)
    known_browsers.remember(tx, waiting.person_id)
