"""The session of the browser that is asking: found by its cookie, given by `sign_in`."""

import re

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import DBAPIError

from config import Settings
from idp.audit import trail
from idp.db import Transaction, db, within_session
from idp.sessions import service
from idp.sessions.service import Origin, Session
from idp.web.house import settings

_NAMES = (
    (re.compile(r"MicroMessenger"), "WeChat"),
    (re.compile(r"AlipayClient"), "Alipay"),
    (re.compile(r"Edg[A-Z]?/"), "Edge"),
    (re.compile(r"Firefox/|FxiOS/"), "Firefox"),
    (re.compile(r"Chrome/|CriOS/"), "Chrome"),
    (re.compile(r"Safari/"), "Safari"),
)
_SYSTEMS = (
    (re.compile(r"HarmonyOS|OpenHarmony"), "HarmonyOS"),
    (re.compile(r"Android"), "Android"),
    (re.compile(r"iPhone|iPad"), "iOS"),
    (re.compile(r"Windows"), "Windows"),
    (re.compile(r"Mac OS X"), "macOS"),
    (re.compile(r"Linux"), "Linux"),
)


def cookie_name(deployment: Settings) -> str:
    """Return the session cookie's name; over TLS the browser guards it (RFC 6265bis §4.1.3)."""
    return "__Host-manyou-session" if deployment.secure else "manyou-session"


def current() -> Session | None:
    """Return the living session of the browser that is asking."""
    if "sso_session" not in g:
        token = request.cookies.get(cookie_name(settings()))
        found = service.find(within_session(), token, settings().sessions) if token else None
        g.sso_session = found
        if found is not None:
            service.seen(within_session(), found)
    session: Session | None = g.sso_session
    return session


def sign_in(
    tx: Transaction,
    *,
    person_id: str,
    amr: tuple[str, ...],
    aal: int,
    auth_time: int | None = None,
) -> None:
    """Sign *person_id* in at this browser, who has just shown the factors *amr*.

    The same person again renews the session. Somebody else ends it first: two people
    never share one. With *auth_time* the factors were shown then, elsewhere, and the session
    is no fresher than that.
    """
    session = current()
    token = None
    if session is not None and session.person_id == person_id:
        token = service.renew(tx, session, amr=amr, aal=aal, auth_time=auth_time)
    elif session is not None:
        service.end(tx, session.session_id, reason="other_person")
    if token is None:
        _, token = service.start(
            tx,
            settings().sessions,
            person_id=person_id,
            amr=amr,
            aal=aal,
            origin=origin(),
            auth_time=auth_time,
        )
    _give(token)
    g.sso_session = service.find(tx, token, settings().sessions)


def lift(tx: Transaction, session: Session, *, amr: tuple[str, ...], aal: int) -> bool:
    """Raise the level of *session* by what counts as no fresh sign-in; say whether it lives."""
    token = service.renew(tx, session, amr=amr, aal=aal, fresh=False)
    if token is None:
        return False
    _give(token)
    g.sso_session = service.find(tx, token, settings().sessions)
    return True


def sign_out(tx: Transaction, *, reason: str = "sign_out") -> None:
    """End the session of the browser that is asking, if there is one."""
    session = current()
    if session is not None:
        service.end(tx, session.session_id, reason=reason)
    _give("")
    g.sso_session = None


def _give(token: str) -> None:
    g.sso_cookie = token


def origin() -> Origin:
    """Return what we keep of where this browser is: coarse, and masked."""
    agent = request.headers.get("User-Agent", "")
    name = next((name for pattern, name in _NAMES if pattern.search(agent)), "")
    system = next((name for pattern, name in _SYSTEMS if pattern.search(agent)), "")
    address = trail.mask_address(request.environ.get("manyou.address", ""))
    return Origin(browser=" · ".join(filter(None, (name, system))), address=address)


def init_app(app: Flask) -> None:
    """Let every answer carry the cookie that its request earned."""

    @app.after_request
    def set_cookie(response: Response) -> Response:
        token = g.pop("sso_cookie", None)
        if token is None:
            return response
        secure = settings().secure
        name, same_site = cookie_name(settings()), "None" if secure else "Lax"
        if token:
            response.set_cookie(name, token, secure=secure, httponly=True, samesite=same_site)
        else:
            response.delete_cookie(name, secure=secure, httponly=True, samesite=same_site)
        return response

    @app.teardown_appcontext
    def forget(_error: BaseException | None) -> None:
        if not current_app.extensions.get("sqlalchemy"):
            return
        try:
            db.session.remove()
        except DBAPIError:
            # The connection died under the request, which has been answered with 503 already.
            db.session.registry.clear()
