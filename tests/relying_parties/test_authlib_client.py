"""Authlib's Flask client signs people in, refreshes and signs them out."""

import json
from collections.abc import Iterator

import pytest

from tests.live import Provider, free_port

from . import authlib_site
from .authlib_site import Site
from .browser import Browser, Person

pytestmark = pytest.mark.relying_party


@pytest.fixture(scope="module")
def site(provider: Provider) -> Iterator[Site]:
    port = free_port()
    site = Site(f"http://localhost:{port}")
    client = provider.create_client(
        {
            "profile": "test",
            "client_name": "Authlib site",
            "redirect_uris": [site.callback],
            "post_logout_redirect_uris": [site.signed_out],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "scope": authlib_site.SCOPE,
        }
    )
    with authlib_site.served(site, authlib_site.build(site, provider.issuer, client), port):
        yield site


@pytest.fixture
def signed_in(site: Site, browser: Browser, person: Person) -> Site:
    site.forget()
    page = browser.go_through(browser.open(f"{site.origin}/"), person)

    assert page.url.startswith(site.callback), page.text[:2000]
    assert page.status == 200, page.text[:2000]
    return site


def test_it_signs_in_with_pkce_and_nonce(
    signed_in: Site, browser: Browser, provider: Provider
) -> None:
    """Authlib validated signature, iss, aud, exp, nonce and at_hash before it kept the claims."""
    asked = next(url for url in browser.trail if "code_challenge=" in url)

    assert "code_challenge_method=S256" in asked
    assert "nonce=" in asked
    assert signed_in.claims[0]["iss"] == provider.issuer
    assert signed_in.claims[0]["nonce"] in asked


def test_userinfo_speaks_of_the_same_person(
    signed_in: Site, browser: Browser, person: Person
) -> None:
    """OIDC Core §5.3.2: sub at userinfo is the ID token's sub."""
    page = browser.go_through(browser.open(f"{signed_in.origin}/login"), person)

    assert json.loads(page.text)["sub"] == signed_in.claims[0]["sub"]


def test_a_refreshed_token_works_and_the_spent_one_does_not(
    signed_in: Site, browser: Browser
) -> None:
    """RFC 9700 §4.14.2: the refresh token rotates; the old one buys nothing and kills the new."""
    first = signed_in.tokens[0]

    page = browser.open(f"{signed_in.origin}/refresh?token={first['refresh_token']}")
    second = signed_in.tokens[-1]
    replay = browser.open(f"{signed_in.origin}/refresh?token={first['refresh_token']}")
    family = browser.open(f"{signed_in.origin}/refresh?token={second['refresh_token']}")

    assert json.loads(page.text)["sub"] == signed_in.claims[0]["sub"]
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert (replay.status, json.loads(replay.text)) == (403, {"error": "invalid_grant"})
    assert (family.status, json.loads(family.text)) == (403, {"error": "invalid_grant"})


def test_after_logout_nobody_is_signed_in(
    signed_in: Site, browser: Browser, person: Person
) -> None:
    """RP-Initiated Logout §3: back at the site, and prompt=none then finds no session."""
    before = browser.open(f"{signed_in.origin}/silent")
    page = browser.go_through(browser.open(f"{signed_in.origin}/logout"), person)
    after = browser.open(f"{signed_in.origin}/silent")

    assert before.status == 200, before.text[:2000]
    assert page.text == "signed out here"
    assert (after.status, json.loads(after.text)) == (403, {"error": "login_required"})
