"""RFC 9700: best current practice, as far as no other file here tells it."""

import re
from urllib.parse import urlencode

import pytest

PAGES = ["/sign-in", "/sign-up", "/reset", "/sign-in/code", "/signed-out", "/nothing-here"]


def test_a_replayed_code_kills_what_it_bought(visit):
    """§2.1.1, RFC 6749 §4.1.2: access token, refresh token and all that grew from them."""
    code = visit.code(scope="openid offline_access", prompt="consent")
    first = visit.site.redeem(code).json
    second = visit.site.refresh(first["refresh_token"]).json

    assert visit.site.redeem(code).error == "invalid_grant"

    for tokens in (first, second):
        assert visit.site.userinfo(tokens["access_token"]).status == 401
        assert visit.site.introspect(tokens["access_token"]) == {"active": False}
    assert visit.site.refresh(second["refresh_token"]).error == "invalid_grant"


@pytest.mark.parametrize("method", ["client_secret_basic", "none"])
def test_a_replayed_refresh_token_kills_its_family(enter, method):
    """§4.14.2: the server cannot tell thief from owner, so both lose."""
    visit = enter(token_endpoint_auth_method=method)
    first = visit.tokens()
    second = visit.site.refresh(first["refresh_token"]).json
    third = visit.site.refresh(second["refresh_token"]).json

    assert visit.site.refresh(first["refresh_token"]).error == "invalid_grant"

    for tokens in (first, second, third):
        assert visit.site.refresh(tokens["refresh_token"]).error == "invalid_grant"
        assert visit.site.userinfo(tokens["access_token"]).status == 401


def test_a_replay_is_remembered_by_the_audit(visit, deployment):
    """TRUST: one event for each attack; a trail without attacks is a trail nobody reads."""
    from idp.db import Statement

    code = visit.code()
    tokens = visit.site.redeem(code).json
    visit.site.refresh(tokens["refresh_token"])
    visit.site.refresh(tokens["refresh_token"])
    visit.site.redeem(code)

    rows = Statement("SELECT event, outcome FROM audit_event WHERE client_id = :client_id")
    with deployment.desk.database.read() as tx:
        told = [(row.event, row.outcome) for row in tx.all(rows, client_id=visit.site.client_id)]
    assert told.count(("authorization:replay", "failure")) == 1
    assert told.count(("token:replay", "failure")) == 1


def test_replays_by_a_stranger_kill_nothing(visit, enter):
    """§4.14.2: only the token's own client can speak of a replay; else anybody could revoke."""
    code = visit.code()
    tokens = visit.site.redeem(code).json
    stranger = enter().site

    stranger.redeem(code, redirect_uri=visit.site.redirect_uri)
    visit.site.refresh(tokens["refresh_token"])
    stranger.refresh(tokens["refresh_token"])

    assert visit.site.userinfo(tokens["access_token"]).status == 200


def test_redirects_after_a_form_are_303(visit):
    """§4.12: 307 would post the password to the site; 302 is read both ways."""
    agent, statuses = visit.agent, []
    answer = visit.ask()
    for _ in range(8):
        statuses.append(answer.status)
        if answer.location:
            if not agent.is_home(answer.location):
                break
            answer = agent.get(answer.location)
        elif "/sign-in" in answer.url:
            fields = {"username": visit.citizen.username, "password": visit.citizen.password}
            answer = agent.submit(answer, answer.form(having="password"), **fields)
        else:
            form = answer.form(having="consent-allow")
            answer = agent.submit(answer, form, press="consent-allow")

    assert set(statuses) == {200, 303}
    assert answer.fields["code"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_can_be_framed_or_kept(deployment, path):
    """§4.16, §4.2.4: frame-ancestors none, no-store, no-referrer, no inline script."""
    answer = deployment.agent().get(path)

    _is_dressed(answer)


def test_nor_can_the_pages_of_an_authorization(visit):
    """§4.16: error, sign-in, consent, account and logout pages alike."""
    visit.sign_in()
    asked = [
        visit.ask(client_id="nobody"),
        visit.agent.follow(visit.ask(prompt="login")),
        visit.agent.follow(visit.ask(prompt="consent")),
        visit.agent.follow(visit.ask(prompt="select_account")),
        visit.agent.get("/end_session"),
    ]

    for answer in asked:
        _is_dressed(answer)


def _is_dressed(answer):
    assert answer.is_page, answer
    policy = answer.header("Content-Security-Policy")
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.header("X-Frame-Options") == "DENY"
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert "max-age" in answer.header("Strict-Transport-Security")
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+=", answer.text)


def test_a_sites_address_cannot_bend_the_policy(enter):
    """§4.16: a redirect URI with a semicolon or a comma adds no directive of its own."""
    visit = enter(redirect_uris=["https://s.example/a;script-src%20'self',x;frame-ancestors/"])
    visit.sign_in()

    answer = visit.agent.follow(visit.ask(prompt="consent"))

    policy = answer.header("Content-Security-Policy")
    assert policy.count("frame-ancestors") == 1
    assert policy.count("script-src") == 1
    assert "," not in policy


def test_the_answer_leaks_no_address(visit):
    """§4.2.4: the redirect that carries the code sends no referrer and is kept by nobody."""
    visit.sign_in()

    for answer in (visit.ask(), visit.ask(prompt="none"), visit.ask(scope="x")):
        assert answer.location.startswith(visit.site.redirect_uri)
        assert answer.header("Referrer-Policy") == "no-referrer"
        assert answer.header("Cache-Control") == "no-store"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://id.example.evil.x"])
@pytest.mark.parametrize("path", ["/authorize", "/token", "/userinfo", "/end_session", "/sign-in"])
def test_no_foreign_script_reads_an_answer(deployment, visit, origin, path):
    """§2.6: no CORS at the authorization endpoint; elsewhere only what is meant."""
    visit.sign_in()
    query = f"?{urlencode(visit.site.request(prompt='none'))}" if path == "/authorize" else ""

    answer = visit.agent.get(f"{path}{query}", Origin=origin)

    assert answer.header("Access-Control-Allow-Origin") == ""
    assert answer.header("Access-Control-Allow-Credentials") == ""


def test_cookies_are_locked_to_this_host(visit):
    """RFC 6265bis §4.1.3: __Host-, Secure, HttpOnly, Path=/; SameSite=None for silent renewal."""
    visit.sign_in()

    assert visit.agent.set_cookies
    for cookie in visit.agent.set_cookies:
        name, *attributes = [piece.strip().lower() for piece in cookie.split(";")]
        assert name.startswith("__host-"), cookie
        assert {"secure", "httponly", "path=/", "samesite=none"} <= set(attributes), cookie
        assert not any(attribute.startswith("domain") for attribute in attributes)


def test_signing_in_changes_the_session_cookie(visit, deployment):
    """ASVS 7.2.4: a cookie planted before is worth nothing after; nor is an old one."""
    name = "__Host-manyou-session"
    visit.agent.cookies[name] = "planted"
    visit.sign_in()
    first = visit.agent.cookies[name]
    visit.enter(prompt="login")

    assert first != "planted"
    assert visit.agent.cookies[name] != first
    stale = deployment.agent()
    stale.cookies[name] = first
    answer = stale.get(f"/authorize?{urlencode(visit.site.request(prompt='none'))}")
    assert answer.fields["error"] == "login_required"


def test_a_parked_request_belongs_to_its_browser(visit, deployment):
    """§4.7.1 and flow fixation: a stranger's browser cannot finish what this one began."""
    begun = visit.ask()
    resume = re.search(r"next=([^&]+)", begun.location).group(1).replace("%2F", "/")
    visit.walk(begun)

    stranger = deployment.agent()
    assert stranger.get(resume).status == 400
    assert visit.agent.get(resume).status == 400  # and it is answered once


def test_consent_needs_the_form_of_this_browser(visit, deployment):
    """TRUST A11: no token, a foreign token, or GET: nothing is granted."""
    visit.sign_in()
    page = visit.agent.follow(visit.ask(prompt="consent"))
    form = page.form(having="consent-allow")
    foreign = deployment.agent().get("/sign-in").form(having="csrf_token").fields["csrf_token"]

    for token in ("", foreign, "x"):
        answer = visit.agent.post(form.action, {"csrf_token": token, "decision": "allow"})
        assert (answer.status, answer.location) == (403, "")
    got = visit.agent.get(f"{form.action}?decision=allow")
    assert "code=" not in got.location

    assert visit.agent.submit(page, form, press="consent-allow").fields["code"]


def test_signing_in_needs_the_form_of_this_browser(visit, deployment):
    """Login CSRF: nobody is signed in by a form from elsewhere."""
    answer = deployment.agent().post(
        "/sign-in", {"username": visit.citizen.username, "password": visit.citizen.password}
    )

    assert answer.status == 403


def test_codes_are_not_in_the_database(visit, deployment):
    """§4.3.1 and TRUST §5: fingerprints only, of codes as of refresh tokens."""
    code = visit.code()
    tokens = visit.site.redeem(code).json

    dump = _dump(deployment)

    for secret in (code, tokens["refresh_token"], visit.agent.cookies["__Host-manyou-session"]):
        assert secret.encode() not in dump
        assert secret.encode().hex().encode() not in dump


def _dump(deployment) -> bytes:
    from idp.db import Base

    with deployment.app.app_context(), deployment.desk.database.engine.connect() as connection:
        rows = [
            tuple(row)
            for table in Base.metadata.sorted_tables
            for row in connection.exec_driver_sql(f"SELECT * FROM {table.name}")
        ]
    return b"\n".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        for row in rows
        for value in row
    )


def test_there_is_no_implicit_flow_and_no_password_grant(deployment):
    """§2.1.2, §2.4: nor does the metadata offer them."""
    document = deployment.call("GET", "/.well-known/openid-configuration").json

    assert document["response_types_supported"] == ["code"]
    assert not {"implicit", "password"} & set(document["grant_types_supported"])


def test_signing_out_revokes(visit):
    """§4.14.2: refresh tokens end at logout, codes on the way too."""
    code = visit.code()
    tokens = visit.tokens()
    page = visit.agent.get("/end_session")
    visit.agent.submit(page, page.form(having="logout-confirm"), press="logout-confirm")

    assert visit.site.redeem(code).error == "invalid_grant"
    assert visit.site.refresh(tokens["refresh_token"]).error == "invalid_grant"
    assert visit.site.userinfo(tokens["access_token"]).status == 401


def test_the_way_in_may_end_at_the_site(enter):
    """CSP 3 §6.4.1: Chromium holds a form's redirects against form-action, so each page on the
    way names the site's origin: the sign-in page, where nothing else may stand between."""
    visit = enter(first_party=True)

    page = visit.agent.follow(visit.ask())

    origin = visit.site.redirect_uri.removesuffix("/callback")
    targets = page.header("Content-Security-Policy").partition("form-action")[2].partition(";")[0]
    assert targets.split() == ["'self'", origin]
    assert visit.walk(page).fields["code"]
    assert visit.asked == ["sign-in"]


def test_who_says_no_is_on_the_trail(visit, deployment):
    """TRUST G6: a refusal is an event."""
    from idp.db import Statement

    visit.walk(visit.ask(), decision="consent-deny")

    rows = Statement("SELECT event FROM audit_event WHERE client_id = :client_id")
    with deployment.desk.database.read() as tx:
        told = [row.event for row in tx.all(rows, client_id=visit.site.client_id)]
    assert "consent:refuse" in told
    assert "authorization:grant" not in told
