"""Forms that only our own pages can send: each carries a token bound to its browser."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request
from markupsafe import Markup

from idp.errors import IdentityError
from idp.web import browser, house, machine

FIELD = "csrf_token"
_PURPOSE = "csrf"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})

View = TypeVar("View", bound=Callable[..., Any])


class FormExpiredError(IdentityError):
    """A form came without this browser's token: forged, or older than its cookie."""

    code = "form_expired"
    status = 403
    description = "This form has expired. Please open the page again and send it once more."


def token() -> str:
    """Return the token that forms in this browser carry."""
    return _write(house.vault().mac(browser.browser_id(), purpose=_PURPOSE))


def csrf_field() -> Markup:
    """Return the hidden input that every posted form holds."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token())


def exempt(because: str) -> Callable[[View], View]:
    """Mark a view that changes things without our form; *because* says what protects it."""

    def mark(view: View) -> View:
        view.csrf_exempt = because  # type: ignore[attr-defined]
        return view

    return mark


def install(app: Flask) -> None:
    """Refuse every changing request to a view of *app* that does not carry its token."""
    app.jinja_env.globals["csrf_field"] = csrf_field

    @app.before_request
    def check() -> None:
        if request.method in _READING or request.endpoint is None:
            return
        if getattr(current_app.view_functions[request.endpoint], "csrf_exempt", None):
            return
        if request.mimetype == machine.FORM:
            machine.parse(request.get_data())  # refuses NUL and bad UTF-8, which Flask lets pass
        if not _is_ours(request.form.get(FIELD, "")):
            raise FormExpiredError(detail=f"{request.method} {request.path}")


def _is_ours(given: str) -> bool:
    """Compare with the token under every key of the ring, so that a new key expires no form."""
    right = house.vault().macs(browser.browser_id(), purpose=_PURPOSE)
    return any(hmac.compare_digest(_write(mac).encode(), given.encode()) for mac in right)


def _write(mac: bytes) -> str:
    return urlsafe_b64encode(mac).decode().rstrip("=")
