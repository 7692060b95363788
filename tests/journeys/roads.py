"""The steps that journeys are made of."""

import itertools

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Land

PASSWORD = "four-lanterns-over-the-river"
_numbers = itertools.count(1)


def new_phone() -> str:
    """Return a mobile number that no journey has used."""
    return f"139{next(_numbers):08d}"


def register(page: Page, land: Land, *, username: str, phone: str) -> None:
    """Open an account on the page shown, code by SMS included."""
    page.fill("#phone", phone)
    page.fill("#password", PASSWORD)
    page.fill("#username", username)
    page.check("#agree")
    page.click("#submit")
    page.fill("#code", land.code_sent_to(f"+86{phone}"))
    page.click("#submit")


def sign_in(page: Page, username: str, password: str = PASSWORD) -> None:
    page.fill("#username", username)
    page.fill("#password", password)
    page.click("#submit")


def enter_site(page: Page, land: Land, place: int) -> None:
    """Press "sign in" at a service site, on a browser that is signed in already."""
    page.goto(land.country.site(place))
    page.click("#sign-in")
    expect(page.locator("#signed-in")).to_be_visible()


def newcomer_at_site_one(page: Page, land: Land, username: str) -> None:
    """Register on the way into the provincial site, agree, and arrive."""
    page.goto(land.country.site(1))
    page.click("#sign-in")
    page.click("#register-link")
    register(page, land, username=username, phone=new_phone())
    page.click("#consent-allow")
    expect(page.locator("#signed-in")).to_be_visible()
