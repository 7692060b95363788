"""Lift a session to two factors by the key that this device holds; it makes nothing fresh."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.authentication import device_challenges, device_keys
from idp.authentication.device_challenges import CONFIRM
from idp.authentication.errors import DeviceUnknownError
from idp.authentication.methods import DEVICE, combined
from idp.authentication.views.surroundings import (
    arrive,
    link,
    note_shown,
    onward,
    page,
    refused,
    transaction,
    visitor,
)
from idp.db import Transaction
from idp.sessions import browser as sessions
from idp.sessions.service import Session
from idp.web import guards, house

bp = Blueprint("confirm_device", __name__)
_TEMPLATE = "device_answer.html"


@bp.get("/confirm/device")
@guards.public("without a session it leads to the sign-in")
def form() -> Response:
    """Ask this browser's keys to sign."""
    with transaction() as tx:
        session = sessions.current()
        if session is None:
            return onward("/sign-in")
        asked = device_challenges.issue(
            tx,
            house.vault(),
            purpose=CONFIRM,
            browser=visitor().browser,
            person_id=session.person_id,
        )
    return page(_TEMPLATE, message=asked.message, another_url=link("/confirm"))


@bp.post("/confirm/device")
@guards.public("the challenge is bound to this browser and its session's person")
def check() -> Response:
    """Lift the session of whoever holds a registered device.

    A key that signs by itself shows that the device is there, and not who sits before it: so
    the session does not become fresh by it.
    """
    with transaction():
        session = sessions.current()
    if session is None:
        return onward("/sign-in")
    try:
        with transaction() as tx:
            _lift(tx, session)
    except DeviceUnknownError as refusal:
        return refused(_TEMPLATE, refusal, "device", another_url=link("/confirm"))
    return arrive()


def _lift(tx: Transaction, session: Session) -> None:
    answers = request.form.get("answers", "")
    asked = device_keys.check(tx, house.vault(), visitor(), purpose=CONFIRM, answers=answers)
    if asked.person_id != session.person_id:
        raise DeviceUnknownError(detail="asked of somebody else in this browser")
    amr, aal = combined(session.amr, DEVICE)
    if sessions.lift(tx, session, amr=amr, aal=aal):
        note_shown(tx, DEVICE)
