"""Provinces, ministries and officers' apps behind one door: a path each, and a page of them all."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, render_template
from werkzeug.wrappers import Response

from sandbox import manners, offices
from sandbox.addresses import Country
from sandbox.authorities.faults import Switchboard
from sandbox.register import Register
from sandbox.upstreams import (
    beijing,
    dingtalk,
    feishu,
    foreign,
    government_dingtalk,
    jis,
    network_id,
    saml,
    wecom,
    zhejiang,
)
from sandbox.upstreams.faults import Fault
from sandbox.upstreams.hall_credentials import Credentials
from sandbox.upstreams.office import Desk, Upstream, create_office

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HALL: tuple[Upstream, ...] = (
    zhejiang.UPSTREAM,
    jis.UPSTREAM,
    beijing.UPSTREAM,
    network_id.UPSTREAM,
    dingtalk.UPSTREAM,
    government_dingtalk.UPSTREAM,
    wecom.UPSTREAM,
    feishu.UPSTREAM,
    foreign.MODERN,
    foreign.PLAIN,
    saml.UPSTREAM,
)


class Hall:
    """Sends each request to the upstream that its path begins with."""

    def __init__(self, lobby: Flask, offices: dict[str, Flask]) -> None:
        self.lobby = lobby
        self.offices = offices

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        first, _, rest = environ.get("PATH_INFO", "").removeprefix("/").partition("/")
        office: WSGIApplication = self.offices.get(first, self.lobby)
        if first in self.offices and not rest:
            environ = {**environ, "PATH_INFO": "/"}  # its own page
        return office(environ, start_response)


def switchboard() -> Switchboard[Fault]:
    """Return the hall's switchboard, with everything in order."""
    return Switchboard({upstream.key: upstream.faults for upstream in HALL})


def build(
    register: Register,
    faults: Switchboard[Fault],
    credentials: Credentials,
    country: Country | None = None,
    *,
    callbacks: tuple[str, ...] = (),
    slow: float = offices.SLOW,
) -> Hall:
    """Return the hall; *callbacks* are the origins to which people go back, the issuer's first."""
    where = country or Country()
    doors = {
        upstream.key: create_office(
            Desk(
                upstream=upstream,
                register=register,
                switchboard=faults,
                credentials=credentials[upstream.key],
                callbacks=callbacks or (where.issuer,),
                slow=slow,
            ),
            where,
        )
        for upstream in HALL
    }
    return Hall(_lobby(where), doors)


def _lobby(country: Country) -> Flask:
    app = offices.create("hall")
    manners.install(app, own=country.hall)
    app.context_processor(lambda: {"country": country, "home": country.phone})
    app.add_url_rule("/", view_func=_list, endpoint="list")
    return app


def _list() -> Response:
    """Show who is in the hall."""
    return Response(render_template("upstreams/hall.html", upstreams=HALL), mimetype="text/html")
