"""RFC 7009: a site gives a token back."""

import pytest


@pytest.fixture
def tokens(visit):
    return visit.tokens()


def test_an_access_token_can_be_given_back(visit, tokens):
    """§2.1, §2.2: 200, and from now on it opens nothing; the grant lives on."""
    answer = visit.site.revoke(tokens["access_token"])

    assert answer.status == 200
    assert visit.site.userinfo(tokens["access_token"]).status == 401
    assert visit.site.introspect(tokens["access_token"]) == {"active": False}
    assert visit.site.refresh(tokens["refresh_token"]).status == 200


def test_a_refresh_token_takes_the_grant_with_it(visit, tokens):
    """§2.1: SHOULD also invalidate all access tokens based on the same grant."""
    assert visit.site.revoke(tokens["refresh_token"]).status == 200

    assert visit.site.refresh(tokens["refresh_token"]).error == "invalid_grant"
    assert visit.site.userinfo(tokens["access_token"]).status == 401


def test_an_old_generation_revokes_the_family_too(visit, tokens):
    """§2.1: the authorization grant ends, whichever of its tokens is shown."""
    fresh = visit.site.refresh(tokens["refresh_token"]).json

    assert visit.site.revoke(tokens["refresh_token"]).status == 200

    assert visit.site.refresh(fresh["refresh_token"]).error == "invalid_grant"
    assert visit.site.userinfo(fresh["access_token"]).status == 401


def test_other_grants_are_left_alone(visit, tokens):
    """§2.1: this authorization, not every one of the site."""
    other = visit.tokens()

    visit.site.revoke(tokens["refresh_token"])

    assert visit.site.userinfo(other["access_token"]).status == 200


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "pct", "x" * 300])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_hint_is_only_a_hint(visit, tokens, hint, kind):
    """§2.1: MUST extend the search across all supported token types."""
    assert visit.site.revoke(tokens[kind], token_type_hint=hint).status == 200

    assert visit.site.introspect(tokens[kind]) == {"active": False}


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "%00", "x" * 9000])
def test_an_unknown_token_is_no_error(site, token):
    """§2.2: invalid tokens do not cause an error response; the purpose is reached already."""
    assert site.revoke(token).status == 200


def test_twice_is_no_error(visit, tokens):
    """§2.2: likewise."""
    assert visit.site.revoke(tokens["access_token"]).status == 200
    assert visit.site.revoke(tokens["access_token"]).status == 200


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_another_sites_token_is_not_revoked(visit, tokens, enter, kind):
    """§2.1: the server verifies whether the token was issued to the client that asks."""
    answer = enter().site.revoke(tokens[kind])

    assert answer.status in (200, 400)
    assert visit.site.introspect(tokens[kind])["active"] is True


def test_the_client_must_show_who_it_is(deployment, tokens, visit):
    """§2.1: 401 invalid_client; the token stays good."""
    form = {"token": tokens["access_token"], "client_id": visit.site.client_id}

    answer = deployment.post("/revoke", form)

    assert (answer.status, answer.error) == (401, "invalid_client")
    assert visit.site.userinfo(tokens["access_token"]).status == 200


def test_a_public_client_names_itself(enter, deployment):
    """§2.1, §5: it has no secret, so its name must do, for its own tokens."""
    visit = enter(token_endpoint_auth_method="none")
    tokens = visit.tokens()

    answer = deployment.post(
        "/revoke", {"token": tokens["refresh_token"], "client_id": visit.site.client_id}
    )

    assert answer.status == 200
    assert visit.site.refresh(tokens["refresh_token"]).error == "invalid_grant"


def test_a_token_must_be_named(site):
    """§2.1: token is REQUIRED."""
    answer = site.provider.post("/revoke", {"token_type_hint": "access_token"}, **site.basic)

    assert (answer.status, answer.error) == (400, "invalid_request")
