"""A name is proven on the way into a site; and whatever the authority does, there is a way on."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import roads
from tests.journeys.conftest import Land

pytestmark = pytest.mark.journey

# What CTID may do to a question, and what the citizen is told of it.
ANSWERED = {
    "mismatch": "identity_mismatch",
    "no_record": "identity_not_checkable",
    "deceased": "identity_not_checkable",
}
UNANSWERED = (
    "rate_limit",
    "error_5xx",
    "garbage",
    "truncated",
    "error_in_200",
    "bad_signature",
    "stale",
    "wrong_serial",
    "slow",
)
_TAX = 2


@pytest.fixture(autouse=True)
def _in_order(land: Land) -> None:
    """Each journey begins in a country where everything works."""
    roads.break_authority(land, None)


def test_a_site_that_needs_a_name_leads_to_its_proof_and_gets_evidence(
    page: Page, land: Land
) -> None:
    """Level 1 comes in, level 2 arrives: name and number, asked of CTID, in `verified_claims`."""
    resident = roads.new_resident(page, land, "陆小满")
    roads.newcomer_at_site_one(page, land, "prover")
    page.goto(land.country.site(_TAX))

    page.click("#sign-in")
    expect(page).to_have_url(re.compile("/account/real-name"))
    roads.begin_proof(page)
    roads.enter_proof(page, resident)
    allow_if_asked(page)

    expect(page.locator("#signed-in")).to_be_visible()
    expect(page.locator("#acr")).to_have_text("urn:manyou:ial:2")
    expect(page.locator("#evidence h2")).to_have_text(resident.name)
    expect(page.locator("#evidence-birthdate")).to_have_text("1995-05-20")
    number = page.locator("#evidence-number").inner_text()
    assert number[0] == resident.id_number[0]
    assert resident.id_number not in page.content()


@pytest.mark.parametrize("fault", ANSWERED)
def test_an_answer_that_is_no_yes_leaves_a_way_on(page: Page, land: Land, fault: str) -> None:
    """Never "verified": back to the form, or to a counter, and no blame for a missing record."""
    resident = roads.new_resident(page, land, "顾念慈")
    on_the_way_to_tax(page, land, f"unlucky-{fault}".replace("_", "-"))
    roads.break_authority(land, fault)

    roads.enter_proof(page, resident)

    expect(page.locator("#error-code")).to_have_text(ANSWERED[fault])
    if fault != "mismatch":
        page.click("#move-visit")
        expect(page.locator("input[name=seat]").first).to_be_attached()
        page.click("#move-back")
        roads.begin_proof(page)
    roads.break_authority(land, None)
    roads.enter_proof(page, resident)
    allow_if_asked(page)
    expect(page.locator("#evidence h2")).to_have_text(resident.name)


def test_a_missing_portrait_stops_nobody_who_shows_no_face(page: Page, land: Land) -> None:
    """Name and number are asked about; that the register has no photo is not their matter."""
    resident = roads.new_resident(page, land, "柳如烟")
    on_the_way_to_tax(page, land, "faceless")
    roads.break_authority(land, "no_photo")

    roads.enter_proof(page, resident)
    allow_if_asked(page)

    expect(page.locator("#evidence h2")).to_have_text(resident.name)


def test_an_authority_that_is_down_can_be_asked_later(page: Page, land: Land) -> None:
    """Every way to give no answer ends in one code; what was entered is kept until it answers."""
    resident = roads.new_resident(page, land, "温知夏")
    on_the_way_to_tax(page, land, "patient")
    roads.break_authority(land, UNANSWERED[0])
    roads.enter_proof(page, resident)
    expect(page.locator("#error-code")).to_have_text("authority_unavailable")

    for fault in UNANSWERED[1:]:
        roads.break_authority(land, fault)
        page.click("#check")
        expect(page.locator("#error-code")).to_have_text("authority_unavailable")
        expect(page.locator("#move-another_way")).to_be_visible()

    roads.break_authority(land, None)
    page.click("#later-link")
    expect(page).to_have_url(re.compile(r"/account(\?|$)"))
    page.goto(f"{land.issuer}/account/real-name")
    check_until_it_answers(page, land)
    allow_if_asked(page)
    expect(page.locator("#evidence h2")).to_have_text(resident.name)


def test_giving_up_leads_back_to_the_site(page: Page, land: Land) -> None:
    """What a site needs can be refused: it is told, and says what can be done."""
    on_the_way_to_tax(page, land, "faintheart")

    page.goto(land.country.site(_TAX))
    page.click("#sign-in")
    page.click("#cancel-link")

    expect(page.locator("#trouble")).to_be_visible()


def test_what_a_site_would_merely_like_can_be_declined(page: Page, land: Land) -> None:
    """Preferred, not essential: "continue without it" signs in at the lower level."""
    roads.newcomer_at_site_one(page, land, "decliner")
    page.goto(land.country.site(3))
    page.click("#sign-in")
    expect(page).to_have_url(re.compile("/account/real-name"))

    page.click("#decline-link")

    expect(page.locator("#signed-in")).to_be_visible()
    expect(page.locator("#acr")).to_have_text("urn:manyou:ial:1:aal:1")


def test_the_citizen_sees_who_asked_and_may_object(page: Page, land: Land) -> None:
    """A department checks a name without a login; its owner reads who, when and why."""
    resident = roads.new_resident(page, land, "程以宁")
    page.goto(f"{land.issuer}/sign-up")
    roads.register(page, land, username="watcher", phone=roads.new_phone())
    roads.prove_at(page, land, resident)
    roads.ask_at_the_department(page, land, resident)
    expect(page.locator("#genuine")).to_have_class(re.compile("good"))
    expect(page.locator("#fits")).to_have_class(re.compile("good"))

    page.goto(f"{land.issuer}/account/checks")

    expect(page.locator("ul.cards li.card")).to_have_count(1)
    page.locator("ul.cards li.card a").click()
    page.click("#dispute")
    page.click("#to-checks")
    expect(page.locator("ul.cards li.card .tag-bad")).to_be_visible()


def on_the_way_to_tax(page: Page, land: Land, username: str) -> None:
    """Register, set out for the site that needs a name, and arrive at the form."""
    page.goto(land.country.site(_TAX))
    page.click("#sign-in")
    page.click("#register-link")
    roads.register(page, land, username=username, phone=roads.new_phone())
    roads.begin_proof(page)


def check_until_it_answers(page: Page, land: Land) -> None:
    """Ask again until the breaker has let a question through: it rests for ten seconds."""
    for _ in range(30):
        page.click("#check")
        page.wait_for_load_state("load")
        if not page.url.startswith(land.issuer) or "/account/real-name" not in page.url:
            return
        page.wait_for_timeout(1000)
    raise AssertionError("the authority is well again, and was not asked")


def allow_if_asked(page: Page) -> None:
    """Agree to what the site would learn, where the page asks."""
    page.wait_for_load_state("load")
    if page.locator("#consent-allow").count():
        page.click("#consent-allow")
