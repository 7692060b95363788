"""/end_session: a site asks to sign its person out (OpenID Connect RP-Initiated Logout 1.0)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from idp.clients.party import RelyingParty
from idp.db import db, within_session
from idp.keys.errors import TokenInvalidError
from idp.oidc import mount, pages
from idp.oidc.desk import Desk
from idp.oidc.responses import Answer
from idp.sessions import browser as sessions
from idp.sessions import farewells, overview
from idp.sessions.service import Session
from idp.web import csrf, guards, headers, locale, navigation
from idp.web.machine import Parameters

bp = Blueprint("end_session", __name__)


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """What can be believed of a logout request."""

    client: RelyingParty | None
    hint: dict[str, Any] | None
    return_to: str | None


@bp.route("/end_session", methods=["GET", "POST"])
@csrf.exempt("a site may post here; without its ID token the person is asked first")
@guards.public("whoever is signed in may sign out")
def end_session() -> Response | str:
    """Sign out at once for a site that proves whom it means; ask in every other case (§2, §6)."""
    machine = mount.request_of()
    parameters = (machine.form if request.method == "POST" else machine.query).once()
    asked, session = read(parameters, mount.desk()), sessions.current()
    if session is None:
        return _go_back(asked) or navigation.redirect("/signed-out")
    if asked.hint is not None and _means(asked, session):
        return _sign_out(session, asked)
    return _confirm_page(parameters, asked)


@bp.post("/end_session/confirm")
@guards.public("whoever is signed in may sign out")
def confirm() -> Response:
    """Sign out: the person said so."""
    asked = read(Parameters(request.form.to_dict()), mount.desk())
    session = sessions.current()
    if session is None:
        return _go_back(asked) or navigation.redirect("/signed-out")
    return _sign_out(session, asked)


@bp.get("/signed-out")
@guards.public("it shows a signed-out browser what its sites were told")
def signed_out() -> str:
    """Say that it is done, and which sites know."""
    handle = request.args.get("session", "")
    rows = overview.sites_of_session(within_session(), handle) if handle else []
    registry = mount.desk().registry
    told = []
    for row in rows:
        client = registry.find(row.client_id)
        if client is not None and row.notice != "none":
            told.append({"name": client.name_in(locale.current()), "state": row.notice})
    return render_template(
        "signed_out.html",
        sites=told,
        return_url=None,
        sign_in_url=f"{request.script_root}/sign-in",
    )


def read(parameters: Parameters, desk: Desk) -> LogoutRequest:
    """Return what can be believed: an ID token of ours, a URI that the client registered."""
    hint = _hint(parameters.get("id_token_hint"), desk)
    client_id = parameters.get("client_id") or (hint or {}).get("aud")
    client = desk.registry.find(client_id) if isinstance(client_id, str) else None
    if hint is not None and (client is None or hint.get("aud") != client.client_id):
        hint = None  # §2: a client_id that is not the token's audience proves nothing
    uri, state = parameters.get("post_logout_redirect_uri"), parameters.get("state")
    known = hint is not None and client is not None and uri in client.post_logout_redirect_uris
    back = Answer(uri, {"state": state} if state else {}, by_form=False) if uri and known else None
    return LogoutRequest(client, hint, back.url() if back else None)


def _hint(token: str | None, desk: Desk) -> dict[str, Any] | None:
    """Return the claims of an ID token of ours; that it has expired does not matter (§2)."""
    if token is None:
        return None
    try:
        claims = desk.ring.verify(token, typ="JWT")
    except TokenInvalidError:
        return None
    return claims if claims.get("iss") == desk.issuer and "exp" in claims else None


def _means(asked: LogoutRequest, session: Session) -> bool:
    """Say whether the ID token came from this very session."""
    sid = (asked.hint or {}).get("sid")
    rows = overview.sites_of_session(within_session(), session.session_id)
    return any(row.sid == sid for row in rows)


def _sign_out(session: Session, asked: LogoutRequest) -> Response:
    sessions.sign_out(within_session(), reason="site" if asked.hint else "sign_out")
    db.session.commit()
    further = farewells.page_after(session.session_id, asked.return_to)
    if further is not None:
        return navigation.redirect(further)
    here = f"/signed-out?session={quote(session.session_id)}"
    return _go_back(asked) or navigation.redirect(here)


def _go_back(asked: LogoutRequest) -> Response | None:
    """Return to the site, if it proved that it is one and registered where to."""
    if asked.return_to is None:
        return None
    return Response(status=303, headers={"Location": asked.return_to, "Cache-Control": "no-store"})


def _confirm_page(parameters: Parameters, asked: LogoutRequest) -> str:
    carried = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")
    if asked.return_to:
        headers.allow_form_target(asked.return_to)
    return render_template(
        "logout_confirm.html",
        action=f"{request.script_root}/end_session/confirm",
        site=pages.site_of(asked.client) if asked.client else None,
        hidden={name: parameters[name] for name in carried if name in parameters},
    )
