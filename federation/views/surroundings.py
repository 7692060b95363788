"""What the wing's pages have in common: where they lead, and in which app the browser runs."""

import re
from typing import Any
from urllib.parse import quote, urlencode

from flask import render_template, request
from werkzeug.wrappers import Response

from federation.catalogue import health
from federation.catalogue.catalogue import catalogue
from federation.catalogue.entries import Entry
from federation.connectors.ports import Surroundings
from federation.linking import links
from federation.linking.links import Link
from idp.authentication.views.surroundings import sockets, transaction
from idp.errors import IdentityError
from idp.sessions import browser as sessions
from idp.web import house, navigation
from idp.web.entrance import REQUEST_ID
from idp.web.locale import current as language
from idp.web.locale import gettext as _

PATH = "/federation"
AFRESH = "afresh"
"""In the query of a way to an upstream: show there again who you are."""
_APPS = (  # the first that fits: WeCom's browser says that it is WeChat's as well
    (re.compile(r"wxwork/"), Surroundings.WECOM),
    (re.compile(r"MicroMessenger/"), Surroundings.WECHAT),
    (re.compile(r"AlipayClient/"), Surroundings.ALIPAY),
    (re.compile(r"DingTalk/"), Surroundings.DINGTALK),
    (re.compile(r"(?:Lark|Feishu)/"), Surroundings.FEISHU),
    (re.compile(r"Mobile|Android|iPhone"), Surroundings.PHONE),
)


def surroundings() -> Surroundings:
    """Return where the page is shown, as far as the browser tells."""
    agent = request.headers.get("User-Agent", "")
    return next((app for shape, app in _APPS if shape.search(agent)), Surroundings.BROWSER)


def callback_url(entry: Entry, state: str) -> str:
    """Return the address to which *entry*'s upstream sends people back."""
    path = f"{house.settings().issuer}{PATH}/{entry.key}/callback"
    return path if entry.kind.state_parameter else f"{path}/{state}"


def start_path(entry: Entry, following: str) -> str:
    """Return the path by which somebody sets out to *entry*, without the issuer's prefix."""
    query = urlencode({"next": following}) if following else ""
    path = f"{PATH}/{quote(entry.key)}"
    return f"{path}?{query}" if query else path


def offered(following: str | None) -> list[dict[str, object]]:
    """Return the upstreams as the sign-in pages list them."""
    return [
        {
            "key": f"upstream-{upstream.entry.key}",
            "title": upstream.entry.name(language()),
            "url": request.script_root + start_path(upstream.entry, following or ""),
            "icon": upstream.entry.icon,
            "current": False,
        }
        for upstream in catalogue().offered()
        if surroundings() in upstream.entry.kind.surroundings
    ]


def renewals(following: str | None) -> list[dict[str, object]]:
    """Return the upstreams by which whoever is signed in may show again who they are."""
    session = sessions.current()
    if session is None:
        return []
    linked = {link.connector for link in _links(session.person_id)}
    again = []
    for shown in offered(following):
        if str(shown["key"]).removeprefix("upstream-") in linked:
            joint = "&" if "?" in str(shown["url"]) else "?"
            again.append({**shown, "url": f"{shown['url']}{joint}{AFRESH}=1"})
    return again


def _links(person_id: str) -> list[Link]:
    with transaction() as tx:
        return links.of_person(tx, house.vault(), person_id)


def page(template: str, *, following: str = "", status: int = 200, **values: Any) -> Response:
    """Return a page of the wing, which knows the site that waits behind *following*."""
    target = navigation.safe_next(following)
    html = render_template(
        f"federation/{template}.html",
        site=sockets().site_for_next(target) if target else None,
        cancel_url=sockets().cancel_for_next(target) if target else None,
        sign_in_url=_with_next("/sign-in", target),
        errors={},
        notice="",
        **values,
    )
    return Response(html, status, mimetype="text/html")


def refused(entry: Entry, refusal: IdentityError, following: str) -> Response:
    """Say why nobody was signed in, and lead back to where they were going."""
    health.tell(entry.key, refusal)
    response = page(
        "refused",
        following=following,
        status=refusal.status,
        code=refusal.code,
        explanation=_(refusal.description),
        service=entry.name(language()),
        again_url=request.script_root + start_path(entry, following),
        request_id=request.environ.get(REQUEST_ID, ""),
    )
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _with_next(path: str, target: str | None) -> str:
    query = f"?{urlencode({'next': target})}" if target else ""
    return f"{request.script_root}{path}{query}"
