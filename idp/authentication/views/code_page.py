"""The page on which a code is entered, wherever the code was asked for."""

from typing import Any

from werkzeug.wrappers import Response

from idp.authentication import one_time_code
from idp.authentication.errors import AuthenticationError
from idp.authentication.sending import again_in
from idp.authentication.views.surroundings import link, page, refused, transaction, visitor
from idp.errors import TooManyRequestsError
from idp.formats import phones
from idp.web import house

Refusal = AuthenticationError | TooManyRequestsError


def waiting_phone(purpose: str) -> str | None:
    """Return the phone to which this browser had a code sent for *purpose*, if it still counts."""
    with transaction() as tx:
        waiting = one_time_code.pending(
            tx, house.vault(), purpose=purpose, browser=visitor().browser
        )
    return waiting.phone if waiting else None


def show(template: str, phone: str, *, back: str, refusal: Refusal | None = None) -> Response:
    """Return the page, saying what was wrong with the last code if one was refused."""
    values: dict[str, Any] = {
        "masked_phone": phones.mask(phone),
        "resend_after": again_in(house.settings().throttle),
        "back_url": link(back),
    }
    return refused(template, refusal, "code", **values) if refusal else page(template, **values)
