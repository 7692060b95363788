"""RFC 7662: a site asks whether a token holds."""

import pytest


def test_an_access_token_is_described(visit):
    """§2.2: active, and what a protected resource needs to know; no personal data."""
    tokens = visit.tokens(scope="openid profile")

    told = visit.site.introspect(tokens["access_token"])

    assert told["active"] is True
    assert told["client_id"] == visit.site.client_id
    assert set(told["scope"].split()) == {"openid", "profile"}
    assert told["token_type"] == "Bearer"
    assert told["iss"] == visit.site.provider.issuer
    assert told["sub"] == visit.site.read(tokens["id_token"])["sub"]
    assert told["exp"] - told["iat"] == tokens["expires_in"]
    assert visit.citizen.username not in str(told)
    assert visit.citizen.person_id not in str(told)


def test_a_refresh_token_is_described(visit):
    """§2.2: it is a token too; its owner may ask."""
    told = visit.site.introspect(visit.tokens()["refresh_token"], token_type_hint="refresh_token")

    assert told["active"] is True
    assert told["client_id"] == visit.site.client_id
    assert told["exp"] > told["iat"]


def test_a_spent_refresh_token_is_inactive(visit):
    """§2.2: not active, and nothing else is said."""
    token = visit.tokens()["refresh_token"]
    visit.site.refresh(token)

    assert visit.site.introspect(token) == {"active": False}


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "%00", "x" * 9000, "."])
def test_an_unknown_token_is_inactive(site, token):
    """§2.2: not an error; {"active": false} and SHOULD NOT include any more."""
    assert site.introspect(token) == {"active": False}


def test_an_expired_token_is_inactive(visit, later, deployment):
    """§4: MUST check that the token has not expired."""
    token = visit.tokens()["access_token"]

    later(deployment.desk.settings.tokens.access_lifetime)

    assert visit.site.introspect(token) == {"active": False}


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_another_sites_token_is_inactive(visit, enter, kind):
    """§2.2, §4: a token that the asker may not know about is answered like none."""
    tokens = visit.tokens()

    assert enter().site.introspect(tokens[kind]) == {"active": False}


def test_an_id_token_is_no_access_token(visit):
    """§2.2; OIDC Core §2: it is for the client, not for a resource."""
    assert visit.site.introspect(visit.tokens()["id_token"]) == {"active": False}


def test_the_asker_must_show_who_it_is(deployment, visit):
    """§2.1: MUST require some form of authorization; else 401 (§2.3)."""
    token = visit.tokens()["access_token"]

    alone = deployment.post("/introspect", {"token": token})
    named = deployment.post("/introspect", {"token": token, "client_id": visit.site.client_id})

    assert alone.status == named.status == 401
    assert "active" not in alone.json
    assert "active" not in named.json


def test_a_public_client_may_not_ask(enter, deployment):
    """§4: to prevent token scanning, the asker authenticates."""
    visit = enter(token_endpoint_auth_method="none")
    token = visit.tokens()["access_token"]

    answer = deployment.post("/introspect", {"token": token, "client_id": visit.site.client_id})

    assert (answer.status, answer.error) == (401, "invalid_client")


def test_a_token_must_be_named(site):
    """§2.1: token is REQUIRED."""
    answer = site.provider.post("/introspect", {"token_type_hint": "x"}, **site.basic)

    assert (answer.status, answer.error) == (400, "invalid_request")


def test_the_answer_is_not_kept(visit):
    """§2.2, §4: JSON, no-store."""
    site = visit.site

    answer = site.provider.post(
        "/introspect", {"token": visit.tokens()["access_token"]}, **site.basic
    )

    assert answer.header("Content-Type") == "application/json"
    assert answer.header("Cache-Control") == "no-store"
