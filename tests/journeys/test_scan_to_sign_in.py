"""Scan here, confirm there: a desktop and a phone, two browsers that share nothing."""

import re

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests import qr
from tests.journeys import roads
from tests.journeys.conftest import PHONE, ROOT

pytestmark = pytest.mark.journey

_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "resultTypes": ["violations"],
}


@pytest.fixture
def phone(new_context, land):
    """A phone whose browser is signed in."""
    page = new_context(viewport=PHONE, is_mobile=True, has_touch=True).new_page()
    page.goto(f"{land.issuer}/sign-up")
    name = f"scanner{next(roads._numbers)}"
    roads.register(page, land, username=name, phone=roads.new_phone())
    expect(page).to_have_url(re.compile("/account"))
    return page


def scanned(desktop: Page) -> str:
    """Return what a camera reads on the desktop's screen."""
    picture = desktop.locator(".qr-frame").screenshot()
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    return qr.look(image)


def draw_at_site(desktop: Page, land, place: int = 1) -> str:
    desktop.goto(land.country.site(place))
    desktop.click("#sign-in")
    desktop.click("#method-scan")
    expect(desktop.locator(".qr-frame")).to_be_visible()
    return scanned(desktop)


def number_on(desktop: Page) -> str:
    expect(desktop.locator("#scan-number")).to_be_visible()
    return desktop.locator("#scan-number").inner_text()


def test_a_phone_lets_the_desktop_into_a_site(page, phone, land):
    """The whole road: the site, the code, the number on both screens, and the site again."""
    phone.goto(draw_at_site(page, land))
    expect(phone.locator("#scan-site")).to_contain_text("江")
    expect(phone.locator("#scan-device")).to_contain_text("Chrome")
    expect(phone.locator("#scan-address")).to_contain_text("127.0.0")

    phone.click(f"#scan-number-{number_on(page)}")

    expect(phone.locator("#scan-devices")).to_be_visible()
    page.click("#consent-allow")
    expect(page.locator("#signed-in")).to_be_visible()
    phone.click("#scan-devices")
    expect(phone.locator("main")).to_contain_text("手机扫码确认")


def test_whoever_refuses_signs_nobody_in(page, phone, land):
    phone.goto(draw_at_site(page, land))

    phone.click("#scan-refuse")

    expect(page.locator("#scan[data-state=rejected]")).to_be_visible()
    page.goto(f"{land.issuer}/account")
    expect(page.locator("#password")).to_be_visible()


def test_a_wrong_number_ends_the_code(page, phone, land):
    phone.goto(draw_at_site(page, land))
    right = number_on(page)
    shown = phone.locator(".scan-pick").all_inner_texts()

    phone.click(f"#scan-number-{next(one for one in shown if one != right)}")

    expect(phone.locator("#error-code")).to_have_text("scan_mismatch")
    expect(page.locator("#scan[data-state=rejected]")).to_be_visible()


def test_a_code_that_was_replaced_is_over_and_the_new_one_is_good(page, phone, land):
    old, address = draw_at_site(page, land), page.url
    page.click("#scan-again")
    expect(page).not_to_have_url(address)
    expect(page.locator(".qr-frame")).to_be_visible()
    new = scanned(page)
    assert new != old

    phone.goto(old)
    expect(phone.locator("#error-code")).to_have_text("scan_expired")

    phone.goto(new)
    phone.click(f"#scan-number-{number_on(page)}")
    page.click("#consent-allow")
    expect(page.locator("#signed-in")).to_be_visible()


def test_a_slow_road_to_the_new_code_is_not_cut_short_by_the_old_page(page, land):
    """The old code is over before the new page has come: the old page must not reload itself."""
    draw_at_site(page, land)
    address = page.url

    def slowly(route):
        answer = route.fetch(max_redirects=0)
        page.wait_for_timeout(3_000)
        route.fulfill(response=answer)

    page.route(re.compile("replaces="), slowly)
    page.click("#scan-again", no_wait_after=True)

    expect(page).not_to_have_url(address)
    expect(page.locator(".qr-frame")).to_be_visible()


def test_a_page_that_was_taken_elsewhere_lets_nobody_in(page, phone, land, new_context):
    """The attacker knows the desktop's address, and the victim's phone says yes: still nothing."""
    address = draw_at_site(page, land)
    watcher = new_context().new_page()
    watcher.goto(page.url)
    expect(watcher.locator("#error-code")).to_have_text("scan_unknown")

    phone.goto(address)
    phone.click(f"#scan-number-{number_on(page)}")
    expect(page.locator("#consent-allow")).to_be_visible()
    watcher.reload()
    expect(watcher.locator("#error-code")).to_have_text("scan_unknown")
    watcher.goto(f"{land.issuer}/account")
    expect(watcher.locator("#password")).to_be_visible()


def test_it_works_without_javascript(new_context, phone, land):
    """A link looks again; a button goes on."""
    page = new_context(java_script_enabled=False).new_page()
    phone.goto(draw_at_site(page, land))
    page.click("#scan-refresh")
    phone.click(f"#scan-number-{number_on(page)}")
    page.click("#scan-refresh")

    page.click("#scan-continue")

    page.click("#consent-allow")
    expect(page.locator("#signed-in")).to_be_visible()


@pytest.mark.looks
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_nobody_is_shut_out(new_context, land, locale, pytestconfig):
    """axe finds nothing on any page of it, on neither screen, and nothing sticks out."""
    desktop = new_context(locale=locale).new_page()
    phone = new_context(locale=locale, viewport=PHONE, is_mobile=True).new_page()
    narrow = new_context(locale=locale, viewport=PHONE, color_scheme="dark").new_page()
    phone.goto(f"{land.issuer}/sign-up")
    name = f"reader{next(roads._numbers)}"
    roads.register(phone, land, username=name, phone=roads.new_phone())

    draw_at_site(narrow, land)
    look(narrow, f"code-narrow-{locale}", pytestconfig)
    phone.goto(draw_at_site(desktop, land))
    look(phone, f"question-{locale}", pytestconfig)
    number_on(desktop)
    look(desktop, f"number-{locale}", pytestconfig)
    phone.click("#scan-refuse")
    look(phone, f"refused-{locale}", pytestconfig)
    expect(desktop.locator("#scan[data-state=rejected]")).to_be_visible()
    look(desktop, f"over-{locale}", pytestconfig)
    desktop.click("#scan-again")
    expect(desktop.locator(".qr-frame")).to_be_visible()
    look(desktop, f"code-{locale}", pytestconfig)
    phone.goto(scanned(desktop))
    phone.click(f"#scan-number-{number_on(desktop)}")
    expect(phone.locator("#scan-devices")).to_be_visible()
    look(phone, f"confirmed-{locale}", pytestconfig)


def look(page: Page, name: str, pytestconfig: pytest.Config) -> None:
    if folder := pytestconfig.getoption("pictures"):
        page.screenshot(path=ROOT / folder / f"scan-{name}.png", full_page=True)
    found = Axe().run(page, options=_RULES).response["violations"]
    assert not found, [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
