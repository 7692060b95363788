"""Apache's mod_auth_openidc signs people in, refreshes and is told of logouts."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.live import Provider, free_port

from . import apache
from .apache import Addresses
from .browser import Browser, Person

pytestmark = pytest.mark.relying_party

DELIVERY_SECONDS = 30


@pytest.fixture(scope="module")
def site(provider: Provider, tool: Callable[[str], str]) -> Iterator[Addresses]:
    program, port = tool("apache2"), free_port()
    if not apache.has_module():
        tool("mod_auth_openidc")
    addresses = Addresses(f"http://localhost:{port}")
    client = provider.create_client(
        {
            "profile": "test",
            "client_name": "mod_auth_openidc site",
            "redirect_uris": [addresses.redirect_uri],
            "post_logout_redirect_uris": [addresses.signed_out],
            "backchannel_logout_uri": addresses.backchannel_logout_uri,
            "backchannel_logout_session_required": True,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "scope": "openid profile offline_access",
        }
    )
    with apache.running(program, port, provider.issuer, client) as running:
        yield running


@pytest.fixture
def signed_in(site: Addresses, browser: Browser, person: Person) -> Addresses:
    page = browser.go_through(browser.open(site.private), person)
    assert (page.url, page.status) == (site.private, 200), page.text[:2000]
    return site


def info(browser: Browser, site: Addresses, *, refresh: bool = False) -> dict[str, Any]:
    """Ask the module what it holds; with *refresh*, only after it got a fresh access token."""
    url = site.info + ("&access_token_refresh_interval=0" if refresh else "")
    page = browser.open(url)
    assert page.status == 200, page.text[:2000]
    return json.loads(page.text)


def test_a_stranger_is_kept_out(site: Addresses, browser: Browser):
    """Without a session the guarded page answers 401 and shows nothing."""
    page = browser.open(site.quiet)

    assert page.status == 401
    assert "behind the door" not in page.text


def test_it_signs_in(signed_in: Addresses, browser: Browser, provider: Provider):
    """The page opens, and Apache knows the person by the ID token's sub and iss."""
    page = browser.open(signed_in.private)
    held = info(browser, signed_in)

    assert page.text == "behind the door"
    assert held["id_token"]["iss"] == provider.issuer
    assert held["userinfo"]["sub"] == held["id_token"]["sub"]
    assert page.headers["X-Remote-User"].startswith(held["id_token"]["sub"])


def test_it_refreshes(signed_in: Addresses, browser: Browser):
    """It repeats its requested scope at the token endpoint, and keeps the rotated token."""
    before = info(browser, signed_in)

    time.sleep(1.1)
    middle = info(browser, signed_in, refresh=True)
    time.sleep(1.1)
    after = info(browser, signed_in, refresh=True)

    for key in ("access_token", "refresh_token"):
        assert len({before[key], middle[key], after[key]}) == 3, f"{key} stayed"
    assert after["userinfo"]["sub"] == before["id_token"]["sub"]


def test_it_refreshes_on_request(signed_in: Addresses, browser: Browser):
    """The site's own page may ask for a fresh token, and is then returned to."""
    before = info(browser, signed_in)
    asked = {"refresh": signed_in.private, "access_token": before["access_token"]}

    page = browser.open(f"{signed_in.redirect_uri}?{urlencode(asked)}")
    after = info(browser, signed_in)

    assert page.url == signed_in.private, f"sent to {page.url}"
    assert after["access_token"] != before["access_token"]


def test_it_signs_out(signed_in: Addresses, browser: Browser, person: Person):
    """RP-initiated logout ends both sessions: the site's, and the provider's."""
    asked = urlencode({"logout": signed_in.signed_out})

    page = browser.go_through(browser.open(f"{signed_in.redirect_uri}?{asked}"), person)
    again = browser.open(signed_in.private)

    assert (page.url.split("?")[0], page.text) == (signed_in.signed_out, "signed out here")
    assert browser.open(signed_in.quiet).status == 401
    assert again.form_asking("password"), f"no sign-in page, but {again.url}"


def test_it_hears_of_a_logout_elsewhere(
    signed_in: Addresses, browser: Browser, provider: Provider, person: Person
):
    """Back-Channel Logout §2.5: the person signs out at the provider, Apache's session dies."""
    hint = info(browser, signed_in)["id_token"]
    assert browser.open(signed_in.quiet).status == 200

    end_session = json.loads(
        browser.open(f"{provider.issuer}/.well-known/openid-configuration").text
    )["end_session_endpoint"]
    browser.go_through(browser.open(end_session), person)

    deadline = time.monotonic() + DELIVERY_SECONDS
    while browser.open(signed_in.quiet).status != 401:
        assert time.monotonic() < deadline, f"sid {hint.get('sid')} still lives at Apache"
        time.sleep(0.5)
