"""RFC 6749 §6 and OIDC Core §12: refreshing."""

import re

import pytest


def test_a_refresh_token_buys_new_tokens(visit):
    """§6: a new access token, and here a new refresh token: it differs from the old one."""
    before = visit.tokens()

    answer = visit.site.refresh(before["refresh_token"])

    assert answer.status == 200
    assert answer.header("Cache-Control") == "no-store"
    assert answer.json["access_token"] != before["access_token"]
    assert answer.json["refresh_token"] != before["refresh_token"]
    assert re.fullmatch(r"[\x20-\x7e]+", answer.json["refresh_token"])
    assert visit.site.userinfo(answer.json["access_token"]).status == 200


def test_a_long_chain_holds(visit):
    """§6: every generation buys the next."""
    token = visit.tokens()["refresh_token"]

    for _ in range(6):
        answer = visit.site.refresh(token)
        assert answer.status == 200
        token = answer.json["refresh_token"]


def test_another_client_cannot_use_it(visit, enter):
    """§10.4: bound to the client; the thief's try does not cost the owner the token."""
    token = visit.tokens()["refresh_token"]

    stolen = enter().site.refresh(token)

    assert (stolen.status, stolen.error) == (400, "invalid_grant")
    assert visit.site.refresh(token).status == 200


def test_the_client_must_show_who_it_is(visit):
    """§6: a confidential client authenticates; without, 401 and the token stays good."""
    token = visit.tokens()["refresh_token"]
    form = {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": visit.site.client_id,
    }

    answer = visit.site.provider.post("/token", form)

    assert (answer.status, answer.error) == (401, "invalid_client")
    assert visit.site.refresh(token).status == 200


def test_the_scope_may_be_narrowed(visit):
    """§6: a narrower scope is granted; the refresh token keeps the whole one."""
    tokens = visit.tokens(scope="openid profile email")

    narrow = visit.site.refresh(tokens["refresh_token"], scope="openid").json
    whole = visit.site.refresh(narrow["refresh_token"]).json

    assert narrow["scope"] == "openid"
    assert "preferred_username" not in visit.site.userinfo(narrow["access_token"]).json
    assert set(whole["scope"].split()) == {"openid", "profile", "email"}
    assert "preferred_username" in visit.site.userinfo(whole["access_token"]).json


def test_the_scope_may_not_be_widened(visit):
    """§6: nothing that was not granted; the token survives the wrong question."""
    token = visit.tokens(scope="openid")["refresh_token"]

    answer = visit.site.refresh(token, scope="openid phone")

    assert (answer.status, answer.error) == (400, "invalid_scope")
    assert visit.site.refresh(token).status == 200


@pytest.mark.parametrize("token", ["x", "0" * 43, "é", "%00", "'; DROP TABLE refresh_token; --"])
def test_a_made_up_token_buys_nothing(site, token):
    """§5.2: invalid_grant."""
    answer = site.refresh(token)

    assert (answer.status, answer.error) == (400, "invalid_grant")


def test_a_missing_token_is_said_so(site):
    """§5.2: invalid_request."""
    answer = site.token(grant_type="refresh_token")

    assert (answer.status, answer.error) == (400, "invalid_request")


def test_an_access_token_is_no_refresh_token(visit):
    """§1.5: they are not interchangeable, nor is an ID token or a spent code."""
    code = visit.code()
    tokens = visit.site.redeem(code).json

    for wrong in (tokens["access_token"], tokens["id_token"], code):
        assert visit.site.refresh(wrong).error == "invalid_grant"


def test_the_id_token_of_a_refresh_is_about_the_same_sign_in(visit, later):
    """Core §12.2: iss, sub, aud and auth_time as before, iat new, no nonce."""
    first = visit.tokens()
    before = visit.site.read(first["id_token"])

    later(5)
    after = visit.site.read(visit.site.refresh(first["refresh_token"]).json["id_token"])

    assert all(after[name] == before[name] for name in ("iss", "sub", "aud", "auth_time"))
    assert after["iat"] > before["iat"]
    assert "nonce" not in after or after["nonce"] == before["nonce"]


def test_a_refresh_token_ends_with_its_session(visit):
    """Core §11: without offline_access, tokens end when the person signs out."""
    tokens = visit.tokens()

    page = visit.agent.get("/end_session")
    visit.agent.submit(page, page.form(having="logout-confirm"), press="logout-confirm")

    assert visit.site.refresh(tokens["refresh_token"]).error == "invalid_grant"
    assert visit.site.introspect(tokens["access_token"]) == {"active": False}


def test_offline_access_outlives_the_session(visit):
    """Core §11: offline_access, consented to, works when nobody is signed in."""
    tokens = visit.tokens(scope="openid offline_access", prompt="consent")
    assert "consent" in visit.asked

    page = visit.agent.get("/end_session")
    visit.agent.submit(page, page.form(having="logout-confirm"), press="logout-confirm")

    assert visit.site.refresh(tokens["refresh_token"]).status == 200


def test_an_unused_token_dies(visit, later, deployment):
    """§10.4, RFC 9700 §4.14.2: refresh tokens expire when idle."""
    token = visit.tokens(scope="openid offline_access", prompt="consent")["refresh_token"]

    later(deployment.desk.settings.tokens.refresh_idle + 1)

    assert visit.site.refresh(token).error == "invalid_grant"


def test_a_family_has_one_end(visit, later, deployment):
    """RFC 9700 §4.14.2: rotation does not lengthen the grant's own life."""
    lifetimes = deployment.desk.settings.tokens
    token = visit.tokens(scope="openid offline_access", prompt="consent")["refresh_token"]
    step, spent = lifetimes.refresh_idle - 10, 0

    while spent + step < lifetimes.refresh_absolute:
        later(step)
        spent += step
        answer = visit.site.refresh(token)
        assert answer.status == 200
        token = answer.json["refresh_token"]
    later(lifetimes.refresh_absolute - spent + 1)

    assert visit.site.refresh(token).error == "invalid_grant"
