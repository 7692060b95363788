"""Log in once, roam over three sites, sign out everywhere: the road that all else hangs on."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.journeys import roads

pytestmark = pytest.mark.journey


def test_one_login_roams_over_three_sites_and_one_logout_ends_it(page, land):
    """Register, prove a name, walk into the other two with no sign-in, sign out everywhere."""
    roads.proven_newcomer(page, land, "roamer")
    for place in (2, 3):
        asked = []
        page.on("framenavigated", lambda frame, asked=asked: asked.append(frame.url))
        roads.enter_site(page, land, place)
        assert not [url for url in asked if re.search(r"/(sign-in|confirm)", url)]

    page.goto(f"{land.issuer}/account/sites")
    page.goto(f"{land.issuer}/account/sessions")
    page.click("#end-all")

    for place in (1, 2, 3):
        expect_signed_out(page, land, place)


def test_each_site_knows_a_person_by_another_name(page, land):
    """Pairwise identifiers: what two sites know cannot be put together (OIDC Core §8.1)."""
    roads.proven_newcomer(page, land, "manyfaces")
    subjects = set()
    for place in (1, 2, 3):
        if place > 1:
            roads.enter_site(page, land, place)
        page.goto(land.country.site(place))
        subjects.add(page.locator("#sub").first.inner_text())

    assert len(subjects) == 3


def test_a_site_that_signs_out_takes_the_others_along(page, land):
    """RP-initiated logout at one site reaches the others over the back channel."""
    roads.proven_newcomer(page, land, "leaver")
    roads.enter_site(page, land, 2)

    page.click("#sign-out")
    expect(page).to_have_url(re.compile(re.escape(land.country.site(2))))

    expect_signed_out(page, land, 1)
    page.goto(land.country.site(3))
    page.click("#sign-in")
    expect(page.locator("#password")).to_be_visible()


def test_saying_no_leads_back_to_the_site(page, land):
    """A refused consent is an answer, not a dead end (RFC 6749 §4.1.2.1)."""
    page.goto(land.country.site(1))
    page.click("#sign-in")
    page.click("#register-link")
    roads.register(page, land, username="naysayer", phone=roads.new_phone())

    page.click("#consent-deny")

    expect(page.locator("#trouble")).to_have_text("access_denied")
    expect(page.locator("a[href='/login']").first).to_be_visible()


def test_it_all_works_without_javascript(new_context, land):
    """Every page is a plain form; script only helps."""
    page = new_context(java_script_enabled=False).new_page()

    roads.proven_newcomer(page, land, "plainly")
    roads.enter_site(page, land, 2)


def test_a_code_by_sms_signs_in(new_context, page, land):
    """The second way in: a phone, a code, no password."""
    phone = roads.new_phone()
    page.goto(f"{land.issuer}/sign-up")
    roads.register(page, land, username="texter", phone=phone)
    expect(page).to_have_url(re.compile("/account"))
    seen = land.code_sent_to(f"+86{phone}")
    other = new_context().new_page()

    other.goto(f"{land.issuer}/sign-in/code")
    other.fill("#phone", phone)
    other.click("#submit")
    other.fill("#code", newer_code(land, phone, seen))
    other.click("#submit")

    expect(other).to_have_url(re.compile("/account"))


def test_a_forgotten_password_is_replaced(new_context, page, land):
    """Reset by the phone on file; the old password is dead, the old sessions with it."""
    phone = roads.new_phone()
    page.goto(f"{land.issuer}/sign-up")
    roads.register(page, land, username="forgetful", phone=phone)
    seen = land.code_sent_to(f"+86{phone}")
    other = new_context().new_page()
    other.goto(f"{land.issuer}/sign-in")
    other.click("#reset-link")
    other.fill("#identifier", "forgetful")
    other.click("#submit")
    other.fill("#code", newer_code(land, phone, seen))
    other.fill("#password", "a-new-lantern-for-the-bridge")
    other.click("#submit")

    other.goto(f"{land.issuer}/sign-in")
    roads.sign_in(other, "forgetful")
    expect(other.locator("#summary")).to_be_visible()
    roads.sign_in(other, "forgetful", "a-new-lantern-for-the-bridge")
    expect(other).to_have_url(re.compile("/account"))
    page.goto(f"{land.issuer}/account")
    expect(page).to_have_url(re.compile("/sign-in"))


def newer_code(land, phone, seen):
    """Wait for a code other than the one *seen* before."""
    for _ in range(75):
        code = land.code_sent_to(f"+86{phone}")
        if code != seen:
            return code
        time.sleep(0.2)
    raise AssertionError("no new code arrived")


def expect_signed_out(page, land, place):
    """Wait until the site has noticed: the worker delivers the notice within seconds."""
    for _ in range(40):
        page.goto(land.country.site(place))
        if page.locator("#sign-in").count():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"site {place} did not notice")
