"""Puts a service site together: one factory, three houses."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from flask import Flask, g

from sandbox import language, manners
from sandbox.addresses import Country
from sandbox.sites import assurance, pages, resource, sign_in, sign_out, troubles
from sandbox.sites.context import Site
from sandbox.sites.houses import House
from sandbox.sites.logout_token import Seen
from sandbox.sites.relying_party import Registration, RelyingParty
from sandbox.sites.visits import Visits

FOLDER = Path(__file__).resolve().parent.parent
CHINA = timezone(timedelta(hours=8))


def create_site(
    house: House, country: Country, registration: Registration, cookie_key: str
) -> Flask:
    """Return the WSGI application of *house*; *cookie_key* signs its cookies."""
    app = Flask(
        f"sandbox-{house.key}",
        template_folder=str(FOLDER / "templates"),
        static_folder=str(FOLDER / "static"),
    )
    app.secret_key = cookie_key
    app.config.update(
        SESSION_COOKIE_NAME=f"{house.key}_session",  # localhost is one cookie jar for all ports
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.extensions["site"] = here = Site(
        house=house,
        country=country,
        party=RelyingParty(app, house, registration, _keep),
        visits=Visits(),
        logouts=Seen(),
    )
    language.install(app)
    manners.install(
        app,
        own=here.own_url,
        forms_to=(registration.issuer,),
        machines=("/backchannel-logout",),
    )
    troubles.install(app)
    for blueprint in (pages.bp, resource.bp, sign_in.bp, sign_out.bp):
        app.register_blueprint(blueprint)
    app.jinja_env.filters.update(moment=_moment, discreet=assurance.discreet)
    app.jinja_env.globals.update(FRAMEWORKS=assurance.FRAMEWORKS, CHECKS=assurance.CHECKS)
    app.context_processor(
        lambda: {"house": house, "country": country, "issuer": registration.issuer}
    )
    return app


def _keep(token: dict[str, Any]) -> None:
    """Keep tokens that Authlib renewed on its own, in the middle of a request."""
    if "renewing" in g:
        pages.accept(g.renewing, dict(token))


def _moment(seconds: float | None) -> str:
    """Show a moment as a person in China reads it."""
    if not seconds:
        return "-"
    return datetime.fromtimestamp(seconds, UTC).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
