"""Signing out for an old site: at once where it proves that it may, else the person is asked."""

from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from flask import render_template, request
from werkzeug.wrappers import Response

from idp.clients.legacy import AT_ONCE, Opening
from idp.clients.party import RelyingParty
from idp.db import db, within_session
from idp.sessions import browser as sessions
from idp.sessions import overview
from idp.sessions.service import Session
from idp.web import headers, locale, navigation


def entered(session: Session, client: RelyingParty, *, sid: str | None = None) -> bool:
    """Say whether *session* is at *client*, and by *sid* if one is given."""
    rows = overview.sites_of_session(within_session(), session.session_id)
    return any(
        row.client_id == client.client_id and row.ended_at is None and sid in (None, row.sid)
        for row in rows
    )


def unasked(session: Session, client: RelyingParty, opening: Opening) -> bool:
    """Say whether the operator lets *client* sign people out who are there, without asking."""
    return opening.logout == AT_ONCE and entered(session, client)


def sign_out(back: str | None) -> Response:
    """End the session of this browser, and go *back*, or say that it is done."""
    session = sessions.current()
    if session is None:
        return _go(back) if back else navigation.redirect("/signed-out")
    sessions.sign_out(within_session(), reason="site")
    db.session.commit()
    return (
        _go(back)
        if back
        else navigation.redirect(f"/signed-out?session={quote(session.session_id)}")
    )


def ask(client: RelyingParty | None, back: str | None, hidden: dict[str, str]) -> str:
    """Return the page that asks; its form comes to the address that it was opened at."""
    if back:
        headers.allow_form_target(back)
    return render_template(
        "logout_confirm.html",
        action=f"{request.script_root}{request.path}",
        site={"name": client.name_in(locale.current())} if client else None,
        hidden=hidden,
    )


def with_state(back: str, state: str | None) -> str:
    """Return the address *back* with the site's own *state* in its query."""
    if state is None:
        return back
    parts = urlsplit(back)
    query = "&".join(filter(None, (parts.query, urlencode({"state": state}))))
    return urlunsplit(parts._replace(query=query))


def _go(back: str) -> Response:
    return Response(status=303, headers={"Location": back, "Cache-Control": "no-store"})
