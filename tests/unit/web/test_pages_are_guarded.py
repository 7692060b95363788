"""Every view has a guard, every form its token, every page its headers."""

import re

import pytest

from idp.authentication.views.surroundings import transaction
from idp.db import Statement
from idp.web import guards


def _token(page):
    return re.search(r'name="csrf_token" value="([\w-]+)"', page.text)[1]


def test_every_route_says_who_may_enter(app):
    """A view without a guard is a door without a lock."""
    views = {name: view for name, view in app.view_functions.items() if name != "static"}

    assert not sorted(name for name, view in views.items() if not guards.guard_of(view))


def test_every_exemption_says_why(app):
    """A changing view does without our token only where something else protects it."""
    for name, view in app.view_functions.items():
        because = getattr(view, "csrf_exempt", None)
        assert because is None or len(because) > 10, name


def test_a_form_without_its_token_is_refused(client):
    answer = client.post("/preferences", data={"language": "en"}, headers={"Accept": "text/html"})

    assert answer.status_code == 403
    assert 'id="error-code">form_expired<' in answer.text


def test_a_form_with_its_token_is_accepted(client):
    page = client.get("/sign-in")

    answer = client.post("/preferences", data={"language": "en", "csrf_token": _token(page)})

    assert answer.status_code == 303


def test_the_token_of_another_browser_is_refused(make_client):
    """A token is bound to the browser's cookie: an attacker's own does not fit."""
    attacker, victim = make_client(), make_client()
    token = _token(attacker.get("/sign-in"))
    victim.get("/sign-in")

    answer = victim.post("/preferences", data={"language": "en", "csrf_token": token})

    assert (answer.status_code, answer.json["error"]) == (403, "form_expired")


@pytest.mark.parametrize("hidden", [b"a=%00", b"a=%ff", b"&".join([b"a=1"] * 200)])
def test_a_malformed_form_is_refused(client, hidden):
    token = _token(client.get("/sign-in")).encode()

    answer = client.post(
        "/preferences",
        data=b"csrf_token=" + token + b"&" + hidden,
        content_type="application/x-www-form-urlencoded",
    )

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_page_loads_nothing_foreign_and_is_kept_nowhere(client):
    headers = client.get("/sign-in").headers

    policy = dict(
        directive.strip().split(" ", 1)
        for directive in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"].startswith("max-age=")


def test_a_browser_gets_a_name_of_its_own(make_client):
    """256 random bits in a cookie that only this host can set and no script can read."""
    cookies = [make_client().get("/sign-in").headers["Set-Cookie"] for _ in range(2)]

    assert cookies[0] != cookies[1]
    for part in ("__Host-manyou-browser=", "Path=/", "HttpOnly", "Secure", "SameSite=None"):
        assert part in cookies[0]


def test_a_browser_keeps_its_name(client):
    client.get("/sign-in")

    again = client.get("/sign-in")

    assert not [c for c in again.headers.getlist("Set-Cookie") if "manyou-browser" in c]


def test_an_unknown_page_leads_on(client):
    page = client.get("/no-such-page", headers={"Accept": "text/html"})

    assert page.status_code == 404
    assert 'id="error-code">not_found<' in page.text
    assert 'href="/"' in page.text


def test_a_program_is_told_in_json(client):
    answer = client.get("/no-such-page")

    assert answer.status_code == 404
    assert answer.json["error"] == "not_found"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_the_account_asks_who_you_are(client):
    answer = client.get("/account/sites")

    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=%2Faccount%2Fsites"


def test_a_transaction_within_a_transaction_is_refused(app):
    """The inner one's commit would give the outer one's connection away."""
    with app.test_request_context():
        with transaction(), pytest.raises(RuntimeError, match="within"), transaction():
            pass
        with transaction() as after:
            assert after.one(Statement("SELECT 1 AS answer")).answer == 1
