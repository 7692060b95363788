"""Which browser this is: a random name in a cookie, to which codes and interactions are bound."""

import re
import secrets
from collections.abc import Mapping

from flask import Flask, Response, g, request

from config import Settings
from idp.crypto import vault
from idp.web import house

_NAME = "manyou-browser"
_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
_LIFETIME = 400 * 86_400  # the longest that browsers keep a cookie (RFC 6265bis §5.6.1)


def browser_id() -> str:
    """Return this browser's name: 256 random bits, given to it now if it had none."""
    if "browser_id" not in g:
        known = known_id(request.cookies, secure=house.settings().secure)
        g.browser_id = known or new_id()
        g.browser_is_new = known is None
    name: str = g.browser_id
    return name


def fingerprint() -> bytes:
    """Return what we keep of this browser's name: 32 bytes."""
    return vault.fingerprint(browser_id())


def known_id(cookies: Mapping[str, str], *, secure: bool) -> str | None:
    """Return the name that *cookies* carry, or None: for endpoints that have no Flask."""
    value = cookies.get(cookie_name(_NAME, secure=secure), "")
    return value if _SHAPE.fullmatch(value) else None


def new_id() -> str:
    return secrets.token_urlsafe(32)


def set_cookie(value: str, settings: Settings) -> str:
    """Return the `Set-Cookie` header that names a browser *value*."""
    return format_cookie(_NAME, value, secure=settings.secure, max_age=_LIFETIME)


def cookie_name(name: str, *, secure: bool) -> str:
    """Return *name* as it stands in the jar: bound to this host alone when TLS allows it."""
    return f"__Host-{name}" if secure else name


def format_cookie(name: str, value: str, *, secure: bool, max_age: int | None = None) -> str:
    """Return a `Set-Cookie` header for a cookie of ours.

    Sites post to /authorize and renew in frames, so over TLS the cookie travels with
    cross-site requests; over plain http browsers refuse that, and Lax must do.
    """
    manners = "; Secure; SameSite=None" if secure else "; SameSite=Lax"
    age = "" if max_age is None else f"; Max-Age={max_age}"
    return f"{cookie_name(name, secure=secure)}={value}; Path=/; HttpOnly{manners}{age}"


def install(app: Flask) -> None:
    """Let each answer give its browser the name it was found to lack."""

    @app.after_request
    def remember(response: Response) -> Response:
        if g.get("browser_is_new"):
            response.headers.add("Set-Cookie", set_cookie(g.browser_id, house.settings()))
        return response
