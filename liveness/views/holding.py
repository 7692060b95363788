"""The pages on which something held is shown before a face, to sign in or to confirm."""

from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from idp.authentication import addressees, device_challenges, one_time_code, possessions
from idp.authentication.errors import AuthenticationError
from idp.authentication.possessions import Possession
from idp.authentication.sending import again_in
from idp.authentication.views.surroundings import (
    kept,
    link,
    page,
    refused,
    sockets,
    transaction,
    visitor,
)
from idp.errors import IdentityError, TooManyRequestsError
from idp.formats import phones
from idp.web import house, navigation
from idp.web.locale import gettext as _
from liveness.desk import desk
from liveness.scans.orders import Purpose
from liveness.uses import own_face
from liveness.views.stage import stage

Refusal = AuthenticationError | TooManyRequestsError
_DEVICE, _CODE, _WAYS = "device_answer.html", "face/code.html", "face/ways_on.html"


def code_page(purpose: str, path: str, refusal: Refusal | None = None) -> Response | None:
    """Return the page that asks for the code; None where none is under way."""
    with transaction() as tx:
        vault, browser = house.vault(), visitor().browser
        waiting = one_time_code.pending(tx, vault, purpose=purpose, browser=browser)
    if waiting is None:
        return None
    # Only what was typed may be repeated: the number behind a name is not for strangers.
    typed = waiting.state.get("typed")
    phone = waiting.phone if typed is None else addressees.typed_phone(typed)
    values: dict[str, Any] = {
        "masked_phone": phones.mask(phone) if phone else "",
        "certain": typed is None,
        "resend_after": again_in(house.settings().throttle),
        "back_url": link(path),
    }
    return refused(_CODE, refusal, "code", **values) if refusal else page(_CODE, **values)


def device_page(
    purpose: str, path: str, another: str, refusal: IdentityError | None = None, typed: str = ""
) -> Response | None:
    """Return the page on which this browser's keys answer; None where nothing was asked."""
    with transaction() as tx:
        vault, browser = house.vault(), visitor().browser
        asked = device_challenges.pending(tx, vault, purpose=purpose, browser=browser)
    values: dict[str, Any] = {
        "send_code_action": link(path),
        "another_url": link(another),
    }
    if refusal is not None:
        return refused(_DEVICE, refusal, "device", identifier=typed, **values)
    if asked is None:
        return None
    identifier = asked.state.get("typed", "")
    return page(_DEVICE, message=asked.message, identifier=identifier, **values)


def held_here(purpose: str) -> Possession | None:
    """Return what was shown in this browser for *purpose* and still waits."""
    with transaction() as tx:
        return possessions.waiting(tx, house.vault(), purpose=purpose, browser=visitor().browser)


def scan_page(purpose: Purpose, waiting: Possession, path: str) -> Response:
    """Return the page that scans the face, or the one that says why it cannot, and what can."""
    try:
        with transaction() as tx:
            ticket = own_face.begin(tx, desk(), purpose, waiting, visitor().browser)
    except IdentityError as refusal:
        return ways_page(waiting, path, refusal)
    target = navigation.safe_next(kept().get("next"))
    return stage(
        ticket,
        purpose=purpose,
        another_way=unrooted(link(f"{path}/other")),
        another_way_label=_("Use another way"),
        site=sockets().site_for_next(target) if target else None,
        again=unrooted(link(f"{path}/scan")),
    )


def ways_page(waiting: Possession, path: str, refusal: IdentityError | None = None) -> Response:
    """Return the ways that lead on without a face, for somebody who holds something."""
    confirming = waiting.session_id is not None
    values: dict[str, Any] = {
        "refusal_text": _(refusal.description) if refusal else "",
        "refusal_code": refusal.code if refusal else "",
        "without_action": link(f"{path}/without") if waiting.held == "sms" else "",
        "confirming": confirming,
        "confirm_url": link("/confirm"),
        "again_url": link(f"{path}/scan"),
    }
    if confirming:
        values["methods"] = []
    response = page(_WAYS, status=refusal.status if refusal else 200, current="face", **values)
    if refusal is not None and refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def reminded(waiting: Possession, path: str) -> Response:
    """Send the browser to *path* with what it must not lose: a scan leads there without."""
    return navigation.redirect(f"{path}?{urlencode(waiting.state)}")


def unrooted(path: str) -> str:
    """Return *path* as counted from the issuer, without its prefix."""
    return navigation.safe_path(path) or path
