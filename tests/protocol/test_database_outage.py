"""The database is down: 503 with Retry-After, nothing half-done, and back within a moment."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import postgres

from .conftest import deploy
from .site import Deployment, Visit


@pytest.fixture(params=["True", "False"], ids=["counter", "flask"])
def fragile(request, backend, store, tmp_path) -> Iterator[Deployment]:
    """A provider whose database may be taken away without hurting anybody else."""
    url = store.apart(f"fragile_{request.param}_{tmp_path.name}".lower(), tmp_path)
    with deploy(tmp_path, url, {"MANYOU_HTTP__MACHINE_DOOR": request.param}) as deployed:
        yield deployed


@pytest.fixture
def outage(request, backend, fragile) -> Callable[[], Any]:
    """Return how to take the database of `fragile` away for a while."""
    url = fragile.desk.settings.database

    @contextmanager
    def sqlite_away() -> Iterator[None]:
        path = Path(url.removeprefix("sqlite:///"))
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        fragile.desk.database.engine.dispose()
        with fragile.app.app_context():
            from idp.db import db

            db.session.remove()
            db.engine.dispose()
        path.rename(path.with_suffix(".away"))
        path.mkdir()
        yield
        path.rmdir()
        path.with_suffix(".away").rename(path)

    @contextmanager
    def postgresql_away() -> Iterator[None]:
        server = request.getfixturevalue("postgres_server")
        name = url.rpartition("/")[2].partition("?")[0]
        postgres.run(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        postgres.run(
            server,
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        yield
        postgres.run(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    return sqlite_away if backend == "sqlite" else postgresql_away


def test_without_its_database_it_asks_for_patience_and_forgets_nothing(fragile, outage):
    """Issue: 503 with Retry-After, nothing half-done: what was good before is good after."""
    visit = Visit(fragile.add_site(), fragile.agent(), fragile.add_citizen())
    tokens, code = visit.tokens(), visit.code()
    site = visit.site

    with outage():
        answers = {
            "code": site.redeem(code),
            "refresh": site.refresh(tokens["refresh_token"]),
            "userinfo": site.userinfo(tokens["access_token"]),
            "introspect": fragile.post(
                "/introspect", {"token": tokens["access_token"]}, **site.basic
            ),
            "revoke": site.revoke(tokens["access_token"]),
            "register": fragile.call(
                "POST",
                "/clients",
                headers={"Content-Type": "application/json"},
                body=b'{"redirect_uris":["https://a.example/cb"]}',
            ),
            "silent": visit.ask(prompt="none"),
            "authorize": visit.ask(),
            "posted": visit.agent.post("/authorize", site.request()),
            "end_session": visit.agent.get("/end_session"),
        }
        jwks = fragile.call("GET", "/jwks")

    for name, answer in answers.items():
        assert answer.status == 503, (name, answer)
        assert int(answer.header("Retry-After")) > 0, name
        assert "Traceback" not in answer.text
        assert answer.location == "", name
    assert jwks.status == 200  # from memory: sites go on verifying
    assert visit.ask(prompt="none").fields.get("code")
    assert site.redeem(code).status == 200
    assert site.refresh(tokens["refresh_token"]).status == 200


def test_signing_in_waits_for_the_database_too(fragile, outage):
    """Issue: a page that says so, 503, and the same form works afterwards."""
    visit = Visit(fragile.add_site(), fragile.agent(), fragile.add_citizen())
    page = visit.agent.follow(visit.ask())
    form = page.form(having="password")
    fields = {"username": visit.citizen.username, "password": visit.citizen.password}

    with outage():
        answer = visit.agent.submit(page, form, **fields)

    assert answer.status == 503
    assert answer.is_page
    assert int(answer.header("Retry-After")) > 0
    assert visit.walk(visit.agent.submit(page, form, **fields)).fields["code"]


def test_a_query_that_fails_leaves_no_grant_behind(fragile, outage):
    """Issue: nothing half-done: a request cut off in the middle has written nothing."""
    visit = Visit(fragile.add_site(), fragile.agent(), fragile.add_citizen())
    visit.sign_in()
    before = _rows(fragile)

    with outage():
        for _ in range(3):
            visit.ask()
            visit.ask(prompt="none")
            visit.agent.post("/authorize", visit.site.request())

    assert _rows(fragile) == before


def _rows(fragile: Deployment) -> dict[str, int]:
    from idp.db import Statement

    names = ("grant_record", "refresh_token", "client_session", "interaction", "audit_event")
    with fragile.desk.database.read() as tx:
        return {n: int(tx.one(Statement(f"SELECT count(*) AS n FROM {n}")).n) for n in names}


def test_a_restart_of_the_database_passes_unnoticed(fragile, outage):
    """TRUST §8: back within a second: no request afterwards pays for a connection that died."""
    visit = Visit(fragile.add_site(), fragile.agent(), fragile.add_citizen())
    tokens, code = visit.tokens(), visit.code()

    with outage():
        pass

    assert visit.ask(prompt="none").fields.get("code")
    assert visit.agent.get("/account").status == 200
    assert visit.site.redeem(code).status == 200
    assert visit.site.userinfo(tokens["access_token"]).status == 200
