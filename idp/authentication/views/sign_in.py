"""Sign in with user name, phone or ID number, and a password."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.authentication import password
from idp.authentication.errors import CredentialsError
from idp.authentication.methods import PASSWORD
from idp.authentication.views.surroundings import (
    arrive,
    enter,
    page,
    refused,
    transaction,
    visitor,
)
from idp.errors import TooManyRequestsError
from idp.sessions import browser as sessions
from idp.web import guards, house

bp = Blueprint("sign_in", __name__)
_TEMPLATE = "sign_in.html"


@bp.get("/sign-in")
@guards.public("the way in; it shows nothing but a form")
def form() -> Response:
    """Ask who it is; somebody signed in who is on no errand goes to their account."""
    with transaction():
        at_home = sessions.current() is not None and "next" not in request.args
    if at_home:
        return arrive()
    hint = request.args.get("hint", "")[:128]
    return page(_TEMPLATE, current=PASSWORD.key, form={"username": hint})


@bp.post("/sign-in")
@guards.public("the way in; tries are counted")
def check() -> Response:
    """Let in whoever the password belongs to."""
    typed = request.form.get("username", "")
    try:
        _sign_in(typed, request.form.get("password", ""))
    except (CredentialsError, TooManyRequestsError) as refusal:
        return refused(
            _TEMPLATE, refusal, "password", current=PASSWORD.key, form={"username": typed}
        )
    return arrive()


def _sign_in(typed: str, secret: str) -> None:
    limits, who = house.settings().throttle, visitor()
    with transaction() as tx:
        attempt = password.begin(tx, house.vault(), limits, who, typed)
    verdict = house.hasher().verify(secret, attempt.stored)
    with transaction() as tx:
        enter(tx, password.conclude(tx, who, attempt, verdict), PASSWORD)
