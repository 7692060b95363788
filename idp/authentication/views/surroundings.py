"""What every page of the way in needs: where it leads, for which site, and who is there already."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import urlencode

import psycopg
from flask import current_app, render_template, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from idp.accounts import profiles
from idp.accounts.errors import FieldErrors
from idp.accounts.profiles import PersonView
from idp.authentication import known_browsers, shown_factors, visitors
from idp.authentication.methods import Method
from idp.authentication.second_factor import FaceReady, no_face
from idp.db import Transaction, db, within_session
from idp.errors import IdentityError, TooManyRequestsError, UnavailableError
from idp.formats import names, phones
from idp.sessions import browser as sessions
from idp.web import house, navigation
from idp.web.locale import gettext as _

KEY = "manyou.authentication"
_KEPT = ("next", "ui_locales", "factor")
_LENT = "lent"  # in the session's info, while a page has its transaction


class Site(Protocol):
    """The site that a person is on their way to, as pages show it."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Demand:
    """What a site that waits wants of a sign-in: levels, and whether one of before may do."""

    ial: int = 1
    aal: int = 1
    afresh: bool = False


def no_demand(_following: str) -> Demand:
    return Demand()


Upstreams = Callable[[str | None], list[dict[str, object]]]
"""Lists other services to come from, as pages show methods, each leading on to that path."""


def no_upstreams(_following: str | None) -> list[dict[str, object]]:
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Sockets:
    """What `wsgi` plugs in here.

    *site_for_next* tells which site waits behind a page's `next`, *cancel_for_next* how to
    go back there without signing in, *decline_for_next* how to go on without the level that
    the site would like. *upstreams* lists other services that people may come from, and
    *demand_for_next* tells what the site wants of whoever comes from one; *renewals* lists
    those by which whoever is signed in may show again who they are, and *face_ready* tells
    whose face may be scanned for that.
    """

    methods: tuple[Method, ...]
    site_for_next: Callable[[str], Site | None]
    cancel_for_next: Callable[[str], str | None]
    decline_for_next: Callable[[str], str | None]
    upstreams: Upstreams = no_upstreams
    demand_for_next: Callable[[str], Demand] = no_demand
    renewals: Upstreams = no_upstreams
    face_ready: FaceReady = no_face


def sockets() -> Sockets:
    return cast(Sockets, current_app.extensions[KEY])


@contextmanager
def transaction() -> Iterator[Transaction]:
    """Lend this page's transaction; a refusal is kept, because what it counted must stay.

    Anything else that goes wrong undoes the whole.

    Raises:
        RuntimeError: within another, whose connection the commit in here would give away.
    """
    lent = db.session.info
    if _LENT in lent:
        raise RuntimeError("a transaction within a transaction")
    lent[_LENT] = True
    try:
        yield within_session()
    except IdentityError as refusal:
        if refusal.commits or isinstance(refusal, TooManyRequestsError):
            db.session.commit()
        raise
    else:
        db.session.commit()
    finally:
        del lent[_LENT]


def link(path: str, **further: str) -> str:
    """Return the address of one of our pages, with what must not be lost on the way there."""
    query = urlencode({**kept(), **further})
    return f"{request.script_root}{path}?{query}" if query else f"{request.script_root}{path}"


def kept() -> dict[str, str]:
    """Return what this request must not lose on the way: where it leads, and how."""
    return {key: request.values[key] for key in _KEPT if request.values.get(key)}


def onward(path: str) -> Response:
    """Send the browser to another page of the way in."""
    return navigation.redirect(link(path).removeprefix(request.script_root))


def arrive() -> Response:
    """Send the browser to where it wanted to go in the first place."""
    return navigation.redirect(navigation.next_or("/account"))


def enter(tx: Transaction, person_id: str, method: Method) -> None:
    """Sign somebody in who has shown who they are, and know their browser from now on."""
    sessions.sign_in(tx, person_id=person_id, amr=method.amr, aal=method.aal)
    note_shown(tx, method)
    known_browsers.remember(tx, person_id)


def note_shown(tx: Transaction, *methods: Method) -> None:
    """Note in the session of this browser that *methods* were shown just now."""
    session = sessions.current()
    if session is not None:
        shown_factors.note(tx, session.session_id, *methods)


def page(template: str, *, current: str = "", status: int = 200, **values: Any) -> Response:
    """Return a page of the way in; *current* is the key of the method that it belongs to."""
    target = navigation.safe_next(request.values.get("next"))
    html = render_template(
        template,
        site=sockets().site_for_next(target) if target else None,
        cancel_url=sockets().cancel_for_next(target) if target else None,
        decline_url=sockets().decline_for_next(target) if target else None,
        register_url=link("/sign-up"),
        reset_url=link("/reset"),
        sign_in_url=link("/sign-in"),
        action=link(request.path),
        **{
            "resend_action": link(request.path),
            "methods": [_shown(method, current) for method in sockets().methods],
            "upstreams": [] if sessions.current() else sockets().upstreams(target),
            "errors": {},
            "form": {},
            "notice": "",
            **values,
        },
    )
    return Response(html, status, content_type="text/html; charset=utf-8")


def refused(template: str, refusal: IdentityError, field: str, **values: Any) -> Response:
    """Return the page again, saying what was wrong, at *field* or at the fields' own places."""
    if isinstance(refusal, FieldErrors):
        errors = {name: _(fault.description) for name, fault in refusal.fields.items()}
    else:
        errors = {field: _(refusal.description)}
    response = page(template, status=refusal.status, errors=errors, **values)
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def short_name(person: PersonView) -> str:
    """Return what a page calls somebody: never more than a bystander may read."""
    if person.display_name:
        return person.display_name
    if person.real_name:
        return names.mask(person.real_name)
    return person.username or (phones.mask(person.phone) if person.phone else _("My account"))


def visible_person() -> dict[str, object]:
    """Tell every template who is signed in; a page that says the database is away still shows."""
    try:
        session = sessions.current()
        if session is None:
            return {}
        person = profiles.read(within_session(), house.vault(), session.person_id)
    except (SQLAlchemyError, psycopg.Error, sqlite3.Error, UnavailableError):
        return {}
    return {"person": {"display_name": short_name(person)}}


def visitor() -> visitors.Visitor:
    return visitors.here()


def _shown(method: Method, current: str) -> dict[str, object]:
    return {
        "key": method.key,
        "title": method.title,
        "url": link(method.url_path),
        "icon": method.icon,
        "current": method.key == current,
    }
