"""python-cas signs people in by CAS 1, 2 and 3, signs them out, and is told when they left."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.live import Provider, free_port

from . import authlib_site, python_cas_site
from .browser import Browser, Page, Person
from .python_cas_site import CASES, Site

pytestmark = pytest.mark.relying_party

DELIVERY_SECONDS = 30


@pytest.fixture(scope="module")
def site(provider: Provider) -> Iterator[Site]:
    port = free_port()
    site = Site(f"http://localhost:{port}")
    provider.create_client(
        {
            "profile": "test",
            "client_name": "python-cas site",
            "legacy": {
                "cas": {
                    "services": site.services,
                    "slo": site.slo,
                    "attributes": ["preferred_username"],
                }
            },
        }
    )
    with authlib_site.served(site, python_cas_site.build(site, provider.issuer), port):
        yield site


def enter(site: Site, browser: Browser, person: Person, version: str) -> Page:
    return browser.go_through(browser.open(site.service(version)), person)


@pytest.mark.parametrize("version", CASES)
def test_it_signs_in(site: Site, browser: Browser, person: Person, version: str) -> None:
    """Each version of the protocol knows the person by the same name."""
    page = enter(site, browser, person, version)
    other = enter(site, browser, person, "2")

    told = json.loads(page.text)
    assert told["user"] not in (None, person.username)
    assert told["user"] == json.loads(other.text)["user"]
    wanted = {"preferred_username": person.username} if version == "3" else {}
    assert wanted.items() <= told["attributes"].items()


def test_it_refuses_a_ticket_shown_twice(site: Site, browser: Browser, person: Person) -> None:
    enter(site, browser, person, "3")
    shown = next(url for url in browser.trail if "ticket=ST-" in url)

    assert browser.open(shown).text == "refused"


@pytest.mark.parametrize("version", CASES)
def test_it_signs_out_everywhere(
    site: Site, browser: Browser, person: Person, version: str
) -> None:
    """The person comes back to the site, whose own session ends by single logout."""
    enter(site, browser, person, "3")
    assert browser.open(f"{site.origin}/").status == 200

    page = browser.go_through(browser.open(f"{site.origin}/logout/{version}"), person)

    assert (page.url, page.text) == (site.signed_out, "signed out here")
    deadline = time.monotonic() + DELIVERY_SECONDS
    while browser.open(f"{site.origin}/").status != 401:
        assert time.monotonic() < deadline, "the site's session lives on"
        time.sleep(0.2)
    assert browser.open(site.service("3")).form_asking("password")
