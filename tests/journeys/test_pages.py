"""Every page, in both languages, on a phone and on a desktop: nobody is shut out."""

import itertools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys import roads
from tests.journeys.conftest import DESKTOP, PHONE, Land

pytestmark = [pytest.mark.journey, pytest.mark.looks]

# WCAG 2.1 AA, and what axe holds to be good practice beside it.
_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "resultTypes": ["violations"],
}


@dataclass(frozen=True)
class Shown:
    """A page of the country, and the road to it."""

    name: str
    go: Callable[[Page, Land], None]


def at(path: str) -> Callable[[Page, Land], None]:
    return lambda page, land: page.goto(f"{land.issuer}{path}")


def at_site(place: int, path: str = "/") -> Callable[[Page, Land], None]:
    return lambda page, land: page.goto(f"{land.country.site(place)}{path}")


def at_sandbox(path: str) -> Callable[[Page, Land], None]:
    return lambda page, land: page.goto(f"{land.country.phone}{path}")


def ask_province(**changes: str) -> Callable[[Page, Land], None]:
    """Go to the authorization endpoint as the provincial site sends people, with *changes*."""

    def go(page: Page, land: Land) -> None:
        page.goto(f"{land.country.site(1)}/login?{urlencode(changes)}")

    return go


def _sign_in_refused(page: Page, land: Land) -> None:
    page.goto(f"{land.issuer}/sign-in")
    roads.sign_in(page, "nobody-of-that-name", "not-the-right-password")
    expect(page.locator("#summary")).to_be_visible()


def _sign_up_refused(page: Page, land: Land) -> None:
    page.goto(f"{land.issuer}/sign-up")
    page.fill("#phone", "123")
    page.fill("#password", "12345678")
    page.check("#agree")
    page.click("#submit")
    expect(page.locator("#summary")).to_be_visible()


def _code_page(page: Page, land: Land) -> None:
    page.goto(f"{land.issuer}/sign-in/code")
    page.fill("#phone", roads.new_phone())
    page.click("#submit")
    expect(page.locator("#code")).to_be_visible()


def _sign_up_code_page(page: Page, land: Land) -> None:
    page.goto(f"{land.issuer}/sign-up")
    page.fill("#phone", roads.new_phone())
    page.fill("#password", roads.PASSWORD)
    page.check("#agree")
    page.click("#submit")
    expect(page.locator("#code")).to_be_visible()


def _reset_code_page(page: Page, land: Land) -> None:
    page.goto(f"{land.issuer}/reset")
    page.fill("#identifier", f"whoever-{next(_username)}")  # a name is asked for twice a minute
    page.click("#submit")
    expect(page.locator("#code")).to_be_visible()


def _unknown_site(page: Page, land: Land) -> None:
    page.goto(f"{land.issuer}/authorize?client_id=nobody&response_type=code")


def press(*buttons: str) -> Callable[[Page, Land], None]:
    """Go on with proving one's name, from wherever that stands, by these buttons."""

    def go(page: Page, land: Land) -> None:
        page.goto(f"{land.issuer}/account/real-name")
        for button in buttons:
            page.click(button)

    return go


def _objection(page: Page, land: Land) -> None:
    page.goto(f"{land.issuer}/account/checks")
    page.click("ul.cards li.card a")
    expect(page.locator("#dispute")).to_be_visible()


def _real_name_refused(page: Page, land: Land) -> None:
    page.goto(f"{land.issuer}/account/real-name")
    page.fill("#real_name", "1")
    page.fill("#id_number", "110105194912310021")
    page.click("#check")
    expect(page.locator("#summary")).to_be_visible()


def _face_locked(page: Page, land: Land) -> None:
    """Lock one's face, after agreeing to sign in with it."""
    page.goto(f"{land.issuer}/account/face/agree/alive")
    page.click("#agree")
    page.click("#lock")
    expect(page.locator("#unlock")).to_be_visible()


def _named_for_the_camera(page: Page, land: Land) -> None:
    page.goto(f"{land.issuer}/account/real-name")
    page.fill("#real_name", "陆小满")
    page.fill("#id_number", "11010519491231002X")
    page.click("#continue")
    expect(page.locator("#scan")).to_be_visible()


def _booth(page: Page, land: Land) -> None:
    """Have a number issued, and go where a portrait is taken."""
    roads.new_resident(page, land, "云小川")
    page.click(".card.new .face-link")
    expect(page.locator("#picture")).to_be_visible()


def _department_scan(button: str) -> Callable[[Page, Land], None]:
    """Have the department order a scan, on its own page or on ours."""

    def go(page: Page, land: Land) -> None:
        page.goto(f"{land.country.phone}/department/face")
        page.click(button)
        expect(page.locator("face-scan h2")).to_be_visible()

    return go


STRANGER = (
    Shown("home", at("/")),
    Shown("sign-in", at("/sign-in")),
    Shown("sign-in-for-a-site", ask_province()),
    Shown("sign-in-refused", _sign_in_refused),
    Shown("sign-in-code", at("/sign-in/code")),
    Shown("sign-in-code-enter", _code_page),
    Shown("sign-in-face", at("/sign-in/face")),
    Shown("sign-up", at("/sign-up")),
    Shown("sign-up-refused", _sign_up_refused),
    Shown("sign-up-verify", _sign_up_code_page),
    Shown("reset", at("/reset")),
    Shown("reset-verify", _reset_code_page),
    Shown("signed-out", at("/signed-out")),
    Shown("error-unknown-site", _unknown_site),
    Shown("error-not-found", at("/nowhere")),
    Shown("error-interaction-expired", at("/authorize/resume/nothing")),
    Shown("sandbox", at_sandbox("/")),
    Shown("inbox", at_sandbox("/inbox")),
    Shown("registry-counter", at_sandbox("/register")),
    Shown("authorities", at_sandbox("/control")),
    Shown("department", at_sandbox("/department")),
    Shown("department-face", at_sandbox("/department/face")),
    Shown("department-face-scan", _department_scan("#scan")),
    Shown("department-face-hosted", _department_scan("#elsewhere")),
    Shown("portrait-booth", _booth),
    Shown("authority", lambda page, land: page.goto(land.country.authority("ctid"))),
    Shown("site-1", at_site(1)),
    Shown("site-2", at_site(2)),
    Shown("site-3", at_site(3)),
)
UNPROVEN = (
    Shown("account-unproven", at("/account")),
    Shown("real-name-ways", at("/account/real-name?level=3")),
    Shown("real-name-notice", press("#way-name_id")),
    Shown("real-name-enter", press("#agree")),
    Shown("real-name-refused", _real_name_refused),
    Shown("account-with-unfinished", at("/account")),
    Shown("real-name-counter", press("#move-another_way", "#way-counter")),
    Shown("real-name-booked", press("label.seat", "#book")),
    Shown("real-name-face", press("#way-face")),
    Shown("real-name-face-enter", press("#agree")),
    Shown("real-name-face-ready", _named_for_the_camera),
    Shown("real-name-face-scan", press("#scan")),
    Shown("real-name-face-elsewhere", press("#move-unable")),
    Shown("real-name-history", at("/account/real-name/history")),
    Shown("account-checks-unproven", at("/account/checks")),
)
MEMBER = (
    Shown("consent", ask_province(prompt="consent")),
    Shown("select-account", ask_province(prompt="select_account")),
    Shown("confirm", ask_province(prompt="login")),
    Shown("confirm-face", at("/confirm/face")),
    Shown("account", at("/account")),
    Shown("account-checks", at("/account/checks")),
    Shown("account-check", _objection),
    Shown("account-profile", at("/account/profile")),
    Shown("account-phone", at("/account/phone")),
    Shown("account-sessions", at("/account/sessions")),
    Shown("account-sites", at("/account/sites")),
    Shown("account-security", at("/account/security")),
    Shown("account-devices", at("/account/devices")),
    Shown("account-links", at("/account/links")),
    Shown("account-alive", at("/account/alive")),
    Shown("account-face", at("/account/face")),
    Shown("account-face-agree", at("/account/face/agree/sign_in")),
    Shown("account-face-guardian", at("/account/face/guardian/proof")),
    Shown("account-face-locked", _face_locked),
    Shown("sign-out", at("/end_session")),
    Shown("site-1-inside", at_site(1)),
    Shown("site-2-inside", at_site(2)),
    Shown("site-3-inside", at_site(3)),
)
SHAPES = {"phone": PHONE, "desktop": DESKTOP}
_username = itertools.count(int(time.time()) % 10**6)  # others than in a country's last walk


@pytest.fixture(params=[("zh-CN", "phone"), ("en-US", "desktop")], ids=["zh-phone", "en-desktop"])
def look(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Language and shape; --pictures takes both shapes in both languages."""
    return request.param


def test_no_page_shuts_a_stranger_out(
    look: tuple[str, str],
    land: Land,
    new_context: Callable[..., BrowserContext],
    request: pytest.FixtureRequest,
) -> None:
    """WCAG 2.1 AA by axe-core, and nothing wider than the screen."""
    language, shape = look
    page = new_context(locale=language, viewport=SHAPES[shape]).new_page()

    faults = [fault for shown in STRANGER for fault in walk(shown, page, land, look, request)]

    assert not faults, "\n".join(faults)


def test_no_page_on_the_way_to_a_proven_name_shuts_anybody_out(
    look: tuple[str, str],
    land: Land,
    new_context: Callable[..., BrowserContext],
    request: pytest.FixtureRequest,
) -> None:
    """The same for somebody who has proven nothing yet."""
    language, shape = look
    page = new_context(locale=language, viewport=SHAPES[shape]).new_page()
    roads.newcomer_at_site_one(page, land, f"newcomer{next(_username)}")

    faults = [fault for shown in UNPROVEN for fault in walk(shown, page, land, look, request)]

    assert not faults, "\n".join(faults)


def test_no_page_shuts_a_member_out(
    look: tuple[str, str],
    land: Land,
    new_context: Callable[..., BrowserContext],
    request: pytest.FixtureRequest,
) -> None:
    """The same for the pages behind the sign-in, with a session and sites to show."""
    language, shape = look
    page = new_context(locale=language, viewport=SHAPES[shape]).new_page()
    resident = roads.proven_newcomer(page, land, f"reader{next(_username)}")
    roads.ask_at_the_department(page, land, resident)
    roads.enter_site(page, land, 2)
    roads.enter_site(page, land, 3)

    faults = [fault for shown in MEMBER for fault in walk(shown, page, land, look, request)]

    assert not faults, "\n".join(faults)


def test_large_text_and_the_dark_are_readable_too(
    land: Land, new_context: Callable[..., BrowserContext], request: pytest.FixtureRequest
) -> None:
    """The large-text mode and a dark screen keep their contrast, and fit a small phone."""
    context = new_context(color_scheme="dark", viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(f"{land.issuer}/")
    page.click("button[name=large_text]")
    expect(page.locator("html.large-text")).to_have_count(1)
    look = ("zh-CN", "large-dark")

    faults = [fault for shown in STRANGER[:13] for fault in walk(shown, page, land, look, request)]

    assert not faults, "\n".join(faults)


def walk(
    shown: Shown, page: Page, land: Land, look: tuple[str, str], request: pytest.FixtureRequest
) -> list[str]:
    """Show the page, take its picture if asked to, and return what is wrong with it."""
    console: list[str] = []
    page.on("console", lambda message: console.append(message.text))
    shown.go(page, land)
    page.wait_for_load_state("load")
    where = f"{shown.name} ({look[0]}, {look[1]})"
    if folder := request.config.getoption("--pictures"):
        target = Path(folder) / look[1] / f"{shown.name}.{look[0][:2]}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target, full_page=True, type="jpeg", quality=82)
    blocked = [text for text in console if re.search("Content.Security.Policy", text)]
    faults = [
        f"{where}: {violation['id']}: {violation['help']}: {violation['nodes'][0]['html'][:160]}"
        for violation in Axe().run(page, options=_RULES).response["violations"]
    ]
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if width > 0:
        faults.append(f"{where}: {width} px wider than the screen")
    return faults + [f"{where}: {text}" for text in blocked]
