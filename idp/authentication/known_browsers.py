"""Browsers in which a person has signed in before.

Their tries are counted apart, so that strangers who guess at an account lock only
themselves out (docs/decisions/0007-lock-out.md). The cookie's value is random and proves
nothing: it opens no door, it only has a budget of its own.
"""

import re
import secrets

from flask import Flask, Response, g, request

from idp import clock
from idp.crypto import fingerprint
from idp.db import Statement, Transaction
from idp.web import house
from idp.web.browser import cookie_name, format_cookie

_NAME = "manyou-known"
_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
LIFETIME = 400 * 86_400  # as long as browsers keep a cookie (RFC 6265bis §5.6.1)

_IS_KNOWN = Statement("""
    SELECT last_used_at FROM known_browser
     WHERE person_id = :person_id AND fingerprint = :fingerprint AND last_used_at > :since
""")
_REMEMBER = Statement("""
    INSERT INTO known_browser (person_id, fingerprint, last_used_at, note)
    VALUES (:person_id, :fingerprint, :now, '')
    ON CONFLICT (person_id, fingerprint) DO UPDATE SET last_used_at = excluded.last_used_at
""")
_FORGET_ALL = Statement("DELETE FROM known_browser WHERE person_id = :person_id")


def fingerprint_here() -> bytes | None:
    """Return the fingerprint of this browser's cookie, if it carries one."""
    value = _value_here()
    return fingerprint(value) if value else None


def is_known(tx: Transaction, person_id: str, known: bytes | None) -> bool:
    """Say whether *person_id* has signed in with the browser whose cookie has that fingerprint."""
    since = clock.epoch() - LIFETIME
    row = tx.one(_IS_KNOWN, person_id=person_id, fingerprint=known or b"", since=since)
    return row is not None


def remember(tx: Transaction, person_id: str) -> None:
    """Know this browser from now on; the answer to this request carries the cookie."""
    value = _value_here() or secrets.token_urlsafe(32)
    g.known_browser = value
    tx.run(_REMEMBER, person_id=person_id, fingerprint=fingerprint(value), now=clock.epoch())


def forget_all(tx: Transaction, person_id: str) -> None:
    """Know none of a person's browsers any more, as when somebody else may have used one."""
    tx.run(_FORGET_ALL, person_id=person_id)


def install(app: Flask) -> None:
    """Let each answer carry the cookie that its request earned."""

    @app.after_request
    def give_cookie(response: Response) -> Response:
        value = g.pop("known_browser", None)
        if value is not None:
            secure = house.settings().secure
            cookie = format_cookie(_NAME, value, secure=secure, max_age=LIFETIME)
            response.headers.add("Set-Cookie", cookie)
        return response


def _value_here() -> str | None:
    name = cookie_name(_NAME, secure=house.settings().secure)
    value = request.cookies.get(name, "")
    return value if _SHAPE.fullmatch(value) else None
