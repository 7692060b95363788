"""OpenID Connect Back-Channel Logout 1.0: every site is told, sooner or later."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt

import wsgi
from idp import clock
from idp.db import Statement
from idp.sessions import service as sessions

from .site import Deployment, Site, Visit

EVENT = "http://schemas.openid.net/event/backchannel-logout"
NOTICE = Statement("SELECT notice, notice_attempts FROM client_session WHERE sid = :sid")
SESSION = Statement("SELECT session_id FROM client_session WHERE sid = :sid")
TRAIL = Statement("""
    SELECT outcome FROM audit_event WHERE event = 'logout:notice' AND client_id = :client_id""")


@pytest.fixture
def listener() -> Iterator[Any]:
    """A site's own server: it answers with the statuses in `answers`, then with 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            server.told.append((self.headers["Content-Type"], parse_qs(body)))
            self.send_response(server.answers.pop(0) if server.answers else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server: Any = HTTPServer(("127.0.0.1", 0), Handler)
    server.told, server.answers = [], []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def entered(
    deployment: Deployment, enter: Callable[..., Visit], listener: Any
) -> tuple[Site, dict[str, Any]]:
    """A site that somebody has entered, and the ID token's claims."""
    uri = f"http://127.0.0.1:{listener.server_port}/logout"
    site = deployment.add_site(profile="test", backchannel_logout_uri=uri)
    return site, enter(site).claims()


def sign_out(provider: Deployment, sid: str) -> None:
    with provider.desk.database.write() as tx:
        assert sessions.end(tx, tx.one(SESSION, sid=sid).session_id)


def work(provider: Deployment) -> None:
    at_work = wsgi.create_worker(provider.app)
    while at_work.run_once():
        pass


def notice(provider: Deployment, sid: str) -> tuple[str, int]:
    with provider.desk.database.read() as tx:
        row = tx.one(NOTICE, sid=sid)
    return row.notice, row.notice_attempts


def test_a_site_is_told_who_left(entered: tuple[Site, dict[str, Any]], listener: Any) -> None:
    """§2.4: typ, iss, aud, iat, exp, jti, events, sid and sub; never a nonce."""
    site, claims = entered
    sign_out(site.provider, claims["sid"])
    assert notice(site.provider, claims["sid"]) == ("pending", 0)

    work(site.provider)

    [(kind, form)] = listener.told
    token = jwt.decode(form["logout_token"][0], site.provider.keys(), algorithms=["ES256", "RS256"])
    said = token.claims
    assert kind == "application/x-www-form-urlencoded"
    assert token.header["typ"] == "logout+jwt"
    assert (said["iss"], said["aud"]) == (site.provider.issuer, site.client_id)
    assert (said["sid"], said["sub"]) == (claims["sid"], claims["sub"])
    assert said["events"] == {EVENT: {}}
    assert 0 < said["exp"] - clock.epoch() <= 120
    assert said["jti"]
    assert "nonce" not in said
    assert notice(site.provider, claims["sid"]) == ("told", 1)


def test_a_site_that_stumbles_is_told_again(
    entered: tuple[Site, dict[str, Any]], listener: Any, later: Callable[[float], None]
) -> None:
    """Retried, each time after twice the wait, until it says that it has understood."""
    site, claims = entered
    listener.answers[:] = [500, 302, 404]
    sign_out(site.provider, claims["sid"])

    for told, wait in ((1, 1), (1, 1), (2, 3), (2, 1), (3, 8), (4, 60)):
        work(site.provider)
        assert len(listener.told) == told
        later(wait)
    work(site.provider)

    assert len(listener.told) == 4, "told once, not told again"
    assert notice(site.provider, claims["sid"]) == ("told", 4)
    jtis = {
        jwt.decode(form["logout_token"][0], site.provider.keys()).claims["jti"]
        for _, form in listener.told
    }
    assert len(jtis) == 4


def test_a_site_that_never_understands_is_shown_as_untold(
    entered: tuple[Site, dict[str, Any]], listener: Any, later: Callable[[float], None]
) -> None:
    site, claims = entered
    attempts = site.provider.desk.settings.worker.attempts
    listener.answers[:] = [503] * attempts * 2
    sign_out(site.provider, claims["sid"])

    for _ in range(attempts + 3):
        work(site.provider)
        later(700)

    assert len(listener.told) == attempts
    assert notice(site.provider, claims["sid"]) == ("failed", attempts)
    with site.provider.desk.database.read() as tx:
        assert [row.outcome for row in tx.all(TRAIL, client_id=site.client_id)] == ["failure"]


def test_a_site_without_an_address_needs_no_telling(
    deployment: Deployment, enter: Callable[..., Visit]
) -> None:
    claims = enter(deployment.add_site()).claims()
    sign_out(deployment, claims["sid"])

    work(deployment)

    assert notice(deployment, claims["sid"]) == ("none", 0)
