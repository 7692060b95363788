"""RFC 6749 §4.1: the authorization code grant."""

import re

import pytest

from .site import challenge


def test_the_code_comes_back_with_the_state(visit):
    """§4.1.2: code and state, in the query of the redirect URI, and nothing unasked."""
    answer = visit.enter(state="a b&c=d+é/?")

    assert answer.status == 303
    assert answer.location.startswith(f"{visit.site.redirect_uri}?")
    assert answer.fields.keys() == {"code", "state", "iss"}
    assert answer.fields["state"] == "a b&c=d+é/?"


def test_without_a_state_none_comes_back(visit):
    """§4.1.2: state is REQUIRED if and only if it was sent."""
    assert "state" not in visit.enter(state=None).fields


def test_a_code_buys_tokens(visit):
    """§4.1.4, §5.1: JSON, Bearer, expires_in; not to be stored by anybody."""
    answer = visit.site.redeem(visit.code())

    assert answer.status == 200
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] > 0
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Pragma") == "no-cache"


def test_codes_and_tokens_cannot_be_guessed(visit):
    """§10.10: at least 128 bits; of 20 codes no two share even their first characters."""
    codes = [visit.code() for _ in range(20)]

    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43,}", code) for code in codes)
    assert len({code[:6] for code in codes}) == 20


def test_a_code_is_spent_once(visit):
    """§4.1.2: a second use is refused, and what the first one bought is revoked."""
    code = visit.code()
    bought = visit.site.redeem(code).json

    again = visit.site.redeem(code)

    assert (again.status, again.error) == (400, "invalid_grant")
    assert visit.site.introspect(bought["access_token"]) == {"active": False}
    assert visit.site.introspect(bought["refresh_token"]) == {"active": False}
    assert visit.site.userinfo(bought["access_token"]).status == 401


def test_a_code_dies_after_a_minute(visit, later):
    """§4.1.2: short-lived; here 60 seconds (FAPI 2.0 §5.3.2.1)."""
    code = visit.code()

    later(61)

    answer = visit.site.redeem(code)
    assert (answer.status, answer.error) == (400, "invalid_grant")


def test_a_code_lives_for_its_minute(visit, later):
    """§4.1.2: 55 seconds on the way are not too long."""
    code = visit.code()

    later(55)

    assert visit.site.redeem(code).status == 200


def test_a_code_belongs_to_its_client(visit, enter):
    """§4.1.3: bound to the client; a stranger's try neither wins nor burns it."""
    code, thief = visit.code(), enter().site

    stolen = thief.redeem(
        code, redirect_uri=visit.site.redirect_uri, code_verifier=visit.site.verifier
    )

    assert (stolen.status, stolen.error) == (400, "invalid_grant")
    assert visit.site.redeem(code).status == 200


@pytest.mark.parametrize("uri", [None, "https://elsewhere.example/callback", "{}/", "{}?x=1"])
def test_the_redirect_uri_must_be_the_same_again(visit, uri):
    """§4.1.3: identical to the one in the authorization request."""
    given = uri and uri.format(visit.site.redirect_uri)

    answer = visit.site.redeem(visit.code(), redirect_uri=given)

    assert (answer.status, answer.error) == (400, "invalid_grant")


@pytest.mark.parametrize("code", ["", "x", "0" * 43, "é" * 20, "a" * 5000, "' OR 1=1 --", "%00"])
def test_a_made_up_code_buys_nothing(site, code):
    """§5.2: invalid_grant, or invalid_request where there is no code at all."""
    answer = site.redeem(code)

    assert (answer.status, answer.error) == (400, "invalid_grant" if code else "invalid_request")


def test_a_redirect_uris_own_query_is_kept(enter):
    """§3.1.2: a registered query component stays, ours comes after it."""
    uri = "https://q.example/c%20b/%e4%B8%AD;v=1/'(x)!?tenant=7&lang=zh&q=%7E%2F+a"
    visit = enter(redirect_uris=[uri])

    answer = visit.enter()
    again = visit.ask()

    assert answer.header("Location").startswith(f"{uri}&")
    assert again.header("Location").startswith(f"{uri}&")
    assert answer.fields["tenant"] == "7"
    assert answer.fields["code"]


@pytest.mark.parametrize(
    ("response_type", "error"),
    [
        (None, "invalid_request"),
        ("token", "unsupported_response_type"),
        ("id_token", "unsupported_response_type"),
        ("code token", "unsupported_response_type"),
        ("code id_token", "unsupported_response_type"),
        ("none", "unsupported_response_type"),
        ("CODE", "unsupported_response_type"),
    ],
)
def test_only_the_code_flow_is_spoken(visit, response_type, error):
    """§4.1.2.1; RFC 9700 §2.1.2: no implicit flow. The site is told, with its state."""
    answer = visit.ask(response_type=response_type, state="s1")

    assert answer.location.startswith(visit.site.redirect_uri)
    assert (answer.fields["error"], answer.fields["state"]) == (error, "s1")
    assert "code" not in answer.fields


def test_errors_are_told_in_printable_ascii(visit):
    """§4.1.2.1: error_description is %x20-21 / %x23-5B / %x5D-7E."""
    answer = visit.ask(response_type="\u201cé\\", state="s")

    assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", answer.fields["error_description"])


def test_who_says_no_sends_the_site_access_denied(enter):
    """§4.1.2.1: access_denied, with state, without a code."""
    visit = enter()

    answer = visit.walk(visit.ask(state="s2"), decision="consent-deny")

    assert answer.location.startswith(visit.site.redirect_uri)
    assert (answer.fields["error"], answer.fields["state"]) == ("access_denied", "s2")
    assert "code" not in answer.fields


def test_a_site_may_not_ask_for_a_grant_it_has_not_registered(enter):
    """§5.2: unauthorized_client, or invalid_grant for a token that cannot exist."""
    visit = enter(grant_types=["authorization_code"])

    tokens = visit.tokens()

    assert "refresh_token" not in tokens
    answer = visit.site.refresh("x" * 43)
    assert (answer.status, answer.error) == (400, "unauthorized_client")


def test_a_site_without_the_code_grant_gets_no_code(enter):
    """§4.1.2.1: unauthorized_client; there is no redirect URI to tell it to, so a page."""
    visit = enter(
        grant_types=["client_credentials"], redirect_uris=[], post_logout_redirect_uris=[]
    )

    answer = visit.agent.get(
        f"/authorize?response_type=code&client_id={visit.site.client_id}&scope=openid"
        "&redirect_uri=https%3A%2F%2Fx.example%2F"
        f"&code_challenge={challenge('x' * 43)}&code_challenge_method=S256"
    )

    assert (answer.status, answer.location) == (400, "")


def test_a_disabled_site_is_not_served(visit, deployment):
    """§4.1.2.1: an unknown client is told to the person, never redirected."""
    from idp.clients import registration

    code = visit.code()
    with deployment.desk.database.write() as tx:
        registration.set_status(tx, visit.site.client_id, "disabled", actor="test")
    deployment.desk.registry.forget(visit.site.client_id)

    assert visit.site.redeem(code).error == "invalid_client"
    asked = visit.ask()
    assert (asked.status, asked.location) == (400, "")


def test_a_person_who_was_disabled_buys_nothing(visit, deployment):
    """§4.1.2: the grant ends with the resource owner's account."""
    from idp.accounts import lifecycle

    code = visit.code()
    tokens = visit.tokens()
    with deployment.app.app_context(), deployment.desk.database.write() as tx:
        lifecycle.disable(tx, visit.citizen.person_id, actor="test")

    assert visit.site.redeem(code).error == "invalid_grant"
    assert visit.site.refresh(tokens["refresh_token"]).error == "invalid_grant"
    assert visit.site.userinfo(tokens["access_token"]).status == 401
    assert visit.site.introspect(tokens["access_token"]) == {"active": False}
