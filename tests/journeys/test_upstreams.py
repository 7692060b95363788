"""Sign in with what people carry: WeChat, Alipay, the social-security card; then roam."""

import re

import pytest
import requests
from playwright.sync_api import expect

from tests.journeys import roads
from tests.journeys.test_pages import SHAPES, Shown, look, walk  # noqa: F401 - look is a fixture

pytestmark = pytest.mark.journey
UPSTREAMS = ("wechat", "alipay", "essc")


@pytest.fixture(autouse=True)
def in_order(land):
    """Whatever a journey breaks is mended for the next."""
    yield
    assert requests.post(f"{land.country.phone}/control/off", json={}, timeout=5).ok


def leave_for(page, land, upstream, place=1):
    """From a service site to the provider, and on to an upstream's phone."""
    page.goto(land.country.site(place))
    page.click("#sign-in")
    page.click(f"#upstream-{upstream}")
    expect(page.locator("#allow")).to_be_visible()


def hold_phone_of(page, name):
    """Take somebody's phone, and say yes on it."""
    page.locator("label.wallet", has_text=name).first.click()  # the newest comes first
    page.click("#allow")


def agree(page):
    """Let the site have what it asks for, where the person is asked."""
    page.wait_for_load_state("load")
    if page.locator("#consent-allow").count():
        page.click("#consent-allow")


def proven_level(page, land):
    """Return how many steps of the account's ladder are done."""
    page.goto(f"{land.issuer}/account")
    expect(page.locator("ol.steps")).to_be_visible()
    return page.locator("ol.steps li.done").count()


def test_wechat_is_linked_to_the_account_of_before_and_then_leads_straight_in(
    new_context, page, land
):
    """First time: sign in once and confirm. Second time straight in, and on to other sites."""
    resident = roads.new_resident(page, land, "周远舟")
    roads.newcomer_at_site_one(page, land, "wechatter")
    first = new_context().new_page()
    leave_for(first, land, "wechat")
    hold_phone_of(first, resident.name)
    first.click("#have-account")
    roads.sign_in(first, "wechatter")
    expect(first.locator("h1")).to_contain_text("微信")
    first.click("#submit")
    expect(first.locator("#signed-in")).to_be_visible()

    second = new_context().new_page()
    leave_for(second, land, "wechat")
    hold_phone_of(second, resident.name)

    expect(second.locator("#signed-in")).to_be_visible()
    roads.enter_site(second, land, 3)
    second.goto(f"{land.issuer}/account/profile")
    expect(second.locator("main")).to_contain_text("wechatter")


def test_a_remembered_wallet_needs_one_press(page, land):
    """The same browser again: the phone knows whose it is."""
    resident = roads.new_resident(page, land, "林一苇")
    page.goto(f"{land.issuer}/sign-in")
    page.click("#upstream-wechat")
    hold_phone_of(page, resident.name)
    page.click("#open-account")
    page.goto(f"{land.issuer}/account/sessions")
    page.click("#end-all")

    page.goto(f"{land.issuer}/sign-in")
    page.click("#upstream-wechat")
    expect(page.locator(".wallet.one")).to_contain_text(resident.name)
    page.click("#allow")

    expect(page).to_have_url(re.compile(r"/account"))


def test_alipay_opens_an_account_with_a_proven_name_good_for_the_tax_service(
    new_context, page, land
):
    """Its proven name counts as level 2: the strict site asks for no proof of its own."""
    resident = roads.new_resident(page, land, "顾晓舟")
    leave_for(page, land, "alipay", place=2)
    hold_phone_of(page, resident.name)
    page.click("#open-account")
    agree(page)
    expect(page.locator("#signed-in")).to_be_visible()
    assert proven_level(page, land) == 2

    again = new_context().new_page()
    leave_for(again, land, "alipay", place=2)
    hold_phone_of(again, resident.name)
    agree(again)

    expect(again.locator("#signed-in")).to_be_visible()
    roads.enter_site(again, land, 1)


def test_a_card_leads_into_the_account_that_is_proven_to_be_its_holders(new_context, page, land):
    """No question at all: who proved the number here and whom the card names are one person."""
    resident = roads.proven_newcomer(page, land, "cardholder")
    card = new_context().new_page()
    leave_for(card, land, "essc")
    hold_phone_of(card, resident.name)

    expect(card.locator("#signed-in")).to_be_visible()
    roads.enter_site(card, land, 2)
    assert proven_level(card, land) == 3
    card.goto(f"{land.issuer}/account/profile")
    expect(card.locator("main")).to_contain_text("cardholder")


def test_a_card_opens_an_account_at_its_level(new_context, page, land):
    resident = roads.new_resident(page, land, "沈知秋")
    leave_for(page, land, "essc", place=2)
    hold_phone_of(page, resident.name)
    page.click("#open-account")
    agree(page)
    expect(page.locator("#signed-in")).to_be_visible()
    assert proven_level(page, land) == 3

    again = new_context().new_page()
    leave_for(again, land, "essc", place=2)
    hold_phone_of(again, resident.name)
    agree(again)
    expect(again.locator("#signed-in")).to_be_visible()


@pytest.mark.parametrize("upstream", UPSTREAMS)
def test_a_no_changes_nothing_and_leaves_every_way_open(page, land, upstream):
    leave_for(page, land, upstream)
    page.click("#deny")

    expect(page.locator("#error-code")).to_have_text("upstream_denied")
    page.click("#other-ways")
    expect(page.locator("#password")).to_be_visible()
    expect(page.locator(f"#upstream-{upstream}")).to_be_visible()


def test_a_fault_ends_on_a_coded_page_and_trying_again_goes_on_to_the_site(page, land):
    """The code that WeChat takes for used up; then WeChat is well again."""
    resident = roads.new_resident(page, land, "何一帆")
    roads.break_authority(land, "code_replayed", "wechat")
    leave_for(page, land, "wechat")
    hold_phone_of(page, resident.name)
    expect(page.locator("#error-code")).to_have_text("upstream_code_invalid")
    roads.break_authority(land, None, "wechat")

    page.click("#again")
    page.click("#allow")
    page.click("#open-account")
    agree(page)

    expect(page.locator("#signed-in")).to_be_visible()


def test_an_upstream_that_is_away_stops_nobody(page, land):
    roads.break_authority(land, "error_5xx", "alipay")
    leave_for(page, land, "alipay")
    page.click("#allow")

    expect(page.locator("#error-code")).to_have_text("upstream_unavailable")
    page.click("#other-ways")
    page.click("#upstream-wechat")
    expect(page.locator("#allow")).to_be_visible()


def _phone(upstream):
    def go(page, land):
        page.goto(f"{land.issuer}/sign-in")
        page.click(f"#upstream-{upstream}")
        expect(page.locator("#allow")).to_be_visible()

    return go


def _refused_there(page, land):
    roads.break_authority(land, "wrong_callback", "essc")
    page.goto(f"{land.issuer}/sign-in")
    page.click("#upstream-essc")
    expect(page.locator("#refusal")).to_be_visible()
    roads.break_authority(land, None, "essc")


def _first_visit(page, land):
    leave_for(page, land, "essc")
    hold_phone_of(page, "林志豪")
    expect(page.locator("#open-account")).to_be_visible()


def _denied(page, land):
    leave_for(page, land, "alipay")
    page.click("#deny")
    expect(page.locator("#error-code")).to_be_visible()


def _remembered(page, land):
    leave_for(page, land, "alipay")
    page.click("#allow")
    expect(page.locator("#open-account")).to_be_visible()
    leave_for(page, land, "alipay")
    expect(page.locator("#others")).to_be_visible()


def _scan(page, land):
    page.goto(f"{land.country.upstream('essc')}/phone/scan?qr=essc:none")
    expect(page.locator("#fault")).to_be_visible()


PAGES = (
    *(Shown(f"upstream-{upstream}", _phone(upstream)) for upstream in UPSTREAMS),
    Shown("upstream-remembered", _remembered),
    Shown("upstream-refused", _refused_there),
    Shown("upstream-scan", _scan),
    Shown("upstream-about", lambda page, land: page.goto(land.country.upstream("essc"))),
    Shown("first-visit", _first_visit),
    Shown("upstream-denied", _denied),
)


@pytest.mark.looks
def test_no_page_on_the_way_shuts_anybody_out(look, land, new_context, request):  # noqa: F811
    """WCAG 2.1 AA by axe-core, nothing wider than the screen, nothing that a policy stops."""
    language, shape = look
    page = new_context(locale=language, viewport=SHAPES[shape]).new_page()

    faults = [fault for shown in PAGES for fault in walk(shown, page, land, look, request)]

    assert not faults, "\n".join(faults)
