"""Faces before a real browser's camera, from the registry counter to every use of a scan.

The house is as shipped: its steps, its windows, its thresholds. The camera is a film.
"""

import re
import secrets
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.faces import portraits as album
from tests.faces import reel
from tests.journeys import roads, scans
from tests.journeys.conftest import DESKTOP

pytestmark = [pytest.mark.journey, pytest.mark.slow]

_TAX, _SOCIAL = 2, 3
_AAL2 = "urn:manyou:ial:2:aal:2"


@pytest.fixture(scope="module")
def film():
    """The film of one portrait, drawn once."""
    return reel.turning("obama")


@dataclass(frozen=True)
class Member:
    """Somebody with an account."""

    username: str
    phone: str
    resident: roads.Resident


@pytest.fixture(scope="module")
def member(land, chromium):
    """Somebody at level 2 whose portrait is in the register, and who agreed to be scanned."""
    context = chromium.new_context(locale="zh-CN", viewport=DESKTOP)
    page = context.new_page()
    resident = roads.new_resident(page, land, "云大山")
    page.click(".card.new .face-link")
    page.set_input_files("#picture", album.portraits().directory / "obama.jpg")
    page.click("#keep")
    someone = Member(f"face{secrets.token_hex(4)}", roads.new_phone(), resident)
    page.goto(f"{land.issuer}/sign-up")
    roads.register(page, land, username=someone.username, phone=someone.phone)
    roads.prove_at(page, land, resident)
    page.goto(f"{land.issuer}/account/face/agree/sign_in")
    page.click("#agree")
    expect(page.locator("#withdraw-sign_in")).to_be_visible()
    context.close()
    return someone


def test_from_the_registry_counter_to_level_three_at_a_site(sitting, film, land):
    """A portrait left at the counter, a face that CTID compares, evidence at the tax service."""
    page = sitting(film)
    resident = portrayed(page, land, "云小川")
    page.goto(f"{land.country.site(_TAX)}/services/refund")
    page.click("#register-link")
    roads.register(page, land, username=f"new{secrets.token_hex(4)}", phone=roads.new_phone())
    roads.begin_proof(page)
    roads.enter_proof(page, resident)
    page.click("#consent-allow")
    page.click("[data-lack=level] #confirm")
    page.click("#agree")
    page.click("#scan")

    assert scans.perform(page) == "passed", scans.said(page)

    page.wait_for_url(re.compile("/services/refund"))
    page.goto(land.country.site(_TAX))
    expect(page.locator("#acr")).to_have_text(re.compile("urn:manyou:ial:3"))
    evidence = page.locator("#evidence")
    expect(evidence.locator("h2")).to_have_text(resident.name)
    expect(evidence).to_contain_text("ial3")
    expect(evidence).to_contain_text("远程人脸比对")


def test_a_face_beside_a_phone_signs_in_with_two_factors(sitting, film, land, member):
    """Identifier, code, face: the site's token says two factors, and which."""
    page = sitting(film, locale="en-US")
    page.goto(f"{land.country.site(_SOCIAL)}/login?acr={_AAL2}")
    page.click("#method-face")
    page.fill("#identifier", member.username)
    show_phone(page, land, member)

    assert scans.perform(page, "en") == "passed", scans.said(page)

    expect(page.locator("#acr")).to_have_text(_AAL2)
    expect(page.locator("#amr")).to_have_text(re.compile("face.*sms|sms.*face"))


def test_a_face_is_the_second_factor_that_a_service_asks_for(sitting, film, land, member):
    """Signed in by a code alone; the service wants more (RFC 9470), and a face is one way."""
    page = sitting(film)
    page.goto(f"{land.country.site(_SOCIAL)}/services/payee")
    page.click("#method-sms")
    page.fill("#phone", member.phone)
    show_phone(page, land, member)
    page.click("[data-lack=factor] #confirm")
    page.click("a[href*='/confirm/face']")

    assert scans.perform(page) == "passed", scans.said(page)

    page.wait_for_url(re.compile("/services/payee"))
    page.goto(land.country.site(_SOCIAL))
    expect(page.locator("#acr")).to_have_text(re.compile("aal:2$"))


def test_a_department_scans_a_face_on_its_own_page(sitting, film, land, member):
    """The component runs on another origin's page; the back end fetches the verdict, once."""
    page = sitting(film)
    at_department(page, land, member.resident, "#scan")

    assert scans.perform(page) == "passed", scans.said(page)

    shows_verdict(page)
    page.reload()  # posts the form once more
    expect(page.locator("#problem code")).to_have_text("face_verdict_fetched")


def test_a_department_sends_people_to_our_page_and_back(sitting, film, land, member):
    page = sitting(film, locale="en-US")
    at_department(page, land, member.resident, "#elsewhere")
    expect(page).to_have_url(re.compile(f"{land.issuer}/"))

    assert scans.perform(page, "en") == "passed", scans.said(page)

    page.wait_for_url(re.compile("/department/face"))
    shows_verdict(page)


def test_a_pensioner_shows_to_be_alive_and_the_office_is_told(sitting, film, land, member):
    page = sitting(film)
    at_department(page, land, member.resident, "#alive")
    expect(page.locator("#verdict")).to_have_attribute("data-result", "NO_RECORD")
    page.goto(f"{land.issuer}/sign-in?next=/account/alive")
    roads.sign_in(page, member.username)
    page.click("#scan-now")

    assert scans.perform(page) == "passed", scans.said(page)

    expect(page.locator("main")).to_contain_text("认证已经记录")
    at_department(page, land, member.resident, "#alive")
    shows_verdict(page)


def portrayed(page, land, name):
    """Have a number issued, and leave a portrait by the browser's camera."""
    resident = roads.new_resident(page, land, name)
    page.click(".card.new .face-link")
    page.click("#camera")
    page.click("#shoot")
    expect(page.locator("#still")).to_be_visible()
    page.click("#keep")
    expect(page.locator(".kept img")).to_be_visible()
    return resident


def show_phone(page, land, person):
    """Have a code sent, and enter it."""
    number = f"+86{person.phone}"
    before = len(land.codes(number))
    page.click("#submit")
    expect(page.locator("#code")).to_be_visible()
    page.fill("#code", land.code_sent_to(number, after=before))
    page.click("#submit")


def at_department(page, land, person, button):
    """Tell the department who one is, and press *button*."""
    page.goto(f"{land.country.phone}/department/face")
    page.fill("#name", person.name)
    page.fill("#id_number", person.id_number)
    page.click(button)


def shows_verdict(page):
    expect(page.locator("#verdict")).to_have_attribute("data-result", "MATCH")
    for lamp in ("#genuine", "#fits"):
        expect(page.locator(lamp)).to_have_class(re.compile("good"))
