"""Apache's mod_auth_cas signs people in, and is told when they sign out."""

import time
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest

from tests.live import Provider, free_port

from . import cas_apache
from .browser import Browser, Person
from .cas_apache import Addresses

pytestmark = pytest.mark.relying_party

DELIVERY_SECONDS = 30


@pytest.fixture(scope="module")
def site(provider: Provider, tool: Callable[[str], str]) -> Iterator[Addresses]:
    program, port, tls_port = tool("apache2"), free_port(), free_port()
    if not cas_apache.has_module():
        tool("mod_auth_cas")
    addresses = Addresses(f"http://localhost:{port}")
    provider.create_client(
        {
            "profile": "test",
            "client_name": "mod_auth_cas site",
            "legacy": {
                "cas": {
                    "services": [addresses.signed_out],
                    "prefixes": [addresses.private],
                    "slo": addresses.private,
                }
            },
        }
    )
    with cas_apache.running(program, port, tls_port, provider.issuer) as running:
        yield running


@pytest.fixture
def signed_in(site: Addresses, browser: Browser, person: Person) -> Addresses:
    page = browser.go_through(browser.open(site.private), person)
    assert (page.url, page.status) == (site.private, 200), page.text[:2000]
    return site


def test_it_signs_in(signed_in: Addresses, browser: Browser, person: Person) -> None:
    """The page opens; Apache knows the person by an identifier of this site's own."""
    page = browser.open(f"{signed_in.private}index.html?x=1")

    assert page.text == "behind the door"
    assert page.headers["X-Remote-User"] not in ("", person.username)
    assert page.headers["X-Real-Acr"].startswith("urn:manyou:ial:1")
    assert any("ticket=ST-" in url for url in browser.trail)


def test_signing_out_ends_apaches_session_too(
    signed_in: Addresses, browser: Browser, provider: Provider, person: Person
) -> None:
    """§2.3.3: the module hears of it by a SAML logout request, and asks to sign in again."""
    logout = f"{provider.issuer}/cas/logout?{urlencode({'service': signed_in.signed_out})}"

    page = browser.go_through(browser.open(logout), person)

    assert (page.url, page.text) == (signed_in.signed_out, "signed out here")
    deadline = time.monotonic() + DELIVERY_SECONDS
    while not browser.open(signed_in.private).form_asking("password"):
        assert time.monotonic() < deadline, "Apache's session lives on"
        time.sleep(0.2)
