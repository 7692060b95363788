"""The steps that journeys are made of."""

import itertools
import time
from dataclasses import dataclass

import requests
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Land

PASSWORD = "four-lanterns-over-the-river"
_numbers = itertools.count(int(time.time()) % 10**8)  # others than in a country's last walk


@dataclass(frozen=True)
class Resident:
    """Somebody whom the country's authorities know."""

    name: str
    id_number: str


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
    """Press "sign in" at a service site, on a browser that is signed in already.

    What the site asks beyond the sign-in is met: a name is allowed, a mere wish declined.
    """
    page.goto(land.country.site(place))
    page.click("#sign-in")
    page.wait_for_load_state("load")
    for answer in ("#consent-allow", "#decline-link"):
        if page.locator(answer).count():
            page.click(answer)
            page.wait_for_load_state("load")
    expect(page.locator("#signed-in")).to_be_visible()


def newcomer_at_site_one(page: Page, land: Land, username: str) -> None:
    """Register on the way into the provincial site, agree, and arrive."""
    page.goto(land.country.site(1))
    page.click("#sign-in")
    page.click("#register-link")
    register(page, land, username=username, phone=new_phone())
    page.click("#consent-allow")
    expect(page.locator("#signed-in")).to_be_visible()


def proven_newcomer(page: Page, land: Land, username: str) -> "Resident":
    """Arrive at site one, with a proven name: the other sites ask for one, or would like one."""
    resident = new_resident(page, land, "陆小满")
    newcomer_at_site_one(page, land, username)
    prove_at(page, land, resident)
    return resident


def ask_at_the_department(page: Page, land: Land, resident: "Resident") -> None:
    """Let the department ask whether name and number belong together, and see the verdict."""
    page.goto(f"{land.country.phone}/department")
    page.fill("#name", resident.name)
    page.fill("#id_number", resident.id_number)
    page.click("#check")
    expect(page.locator("#verdict")).to_have_attribute("data-result", "MATCH")


def new_resident(page: Page, land: Land, name: str) -> Resident:
    """Have a number issued at the country's registry counter; every authority knows it then."""
    page.goto(f"{land.country.phone}/register")
    page.fill("#name", name)
    page.click("#issue")
    card = page.locator(".card.new")
    return Resident(card.locator("strong").inner_text(), card.locator(".number").inner_text())


def break_authority(land: Land, fault: str | None, authority: str = "ctid") -> None:
    """Switch a fault of an authority on, or all of it off with None."""
    switch = f"{land.country.phone}/control/{authority}"
    assert requests.post(switch, json={"fault": fault}, timeout=5).ok


def begin_proof(page: Page) -> None:
    """From the ways to the form: choose name and number, and agree."""
    page.click("#way-name_id")
    page.click("#agree")
    expect(page.locator("#real_name")).to_be_visible()


def enter_proof(page: Page, resident: Resident) -> None:
    page.fill("#real_name", resident.name)
    page.fill("#id_number", resident.id_number)
    page.click("#check")


def prove_at(page: Page, land: Land, resident: Resident) -> None:
    """Prove a name in one's own account, which no site has asked for."""
    page.goto(f"{land.issuer}/account/real-name")
    begin_proof(page)
    enter_proof(page, resident)
    expect(page.locator("#to-account")).to_be_visible()
