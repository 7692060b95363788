"""The nation and a province: people of each roam to sites of the other, and sign out of both."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sandbox.addresses import Country
from tests.journeys import roads
from tests.journeys.conftest import founding, free_offset

pytestmark = [pytest.mark.journey, pytest.mark.slow]
JIANGBEI, TAX, SOCIAL = 1, 2, 3  # the province's, the nation's, the province's


@pytest.fixture(scope="module")
def lands(backend, store, tmp_path_factory, worker_id):
    """Both nodes, by the command that `make demo-two-nodes` runs, on ports of their own."""
    folder = tmp_path_factory.mktemp(f"two-{backend}")
    nation, province = store.apart("nation", folder), store.apart("province", folder)
    flags = ("--nodes", "2", "--no-seed", "--workers", "1", "--province-database", province)
    country = Country(free_offset(worker_id), 2)
    with founding(country, *flags, MANYOU_DATABASE_URL=nation) as lands:
        yield lands


@pytest.fixture
def nation(lands):
    return lands


@pytest.fixture
def province(lands):
    return lands.country.province


def register_at(page, lands, issuer, username):
    page.goto(f"{issuer}/sign-up")
    roads.register(page, lands, username=username, phone=roads.new_phone())
    expect(page).to_have_url(re.compile("/account"))


def allow(page):
    """Agree to what is asked, as often as it is."""
    page.wait_for_load_state("load")
    while page.locator("#consent-allow").count():
        page.click("#consent-allow")
        page.wait_for_load_state("load")


def come_by(page, upstream):
    """From a sign-in page to the other node and back, opening an account on the first visit."""
    page.click(f"#upstream-{upstream}")
    allow(page)
    if page.locator("#open-account").count():
        page.click("#open-account")
    allow(page)


def is_signed_out(page, issuer):
    page.goto(f"{issuer}/account")
    return "/sign-in" in page.url


def wait_until_signed_out(page, issuer):
    for _ in range(60):
        if is_signed_out(page, issuer):
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{issuer} did not notice")


def test_a_citizen_of_the_nation_roams_to_the_province_and_signs_out_of_both(page, lands, province):
    """First time an account is opened; then logout: offered there, and back at the site."""
    register_at(page, lands, lands.issuer, "citizen")
    page.goto(lands.country.site(JIANGBEI))
    page.click("#sign-in")
    expect(page).to_have_url(re.compile(re.escape(province)))
    come_by(page, "nation")
    expect(page.locator("#signed-in")).to_be_visible()

    page.click("#sign-out")
    expect(page).to_have_url(re.compile("/federation/farewell/"))
    assert not is_signed_out_in_new_tab(page, lands.issuer)
    page.click("#leave-link")

    expect(page).to_have_url(re.compile(re.escape(lands.country.site(JIANGBEI))))
    assert is_signed_out(page, lands.issuer)
    assert is_signed_out(page, province)


def is_signed_out_in_new_tab(page, issuer):
    tab = page.context.new_page()
    try:
        return is_signed_out(tab, issuer)
    finally:
        tab.close()


def test_a_logout_at_the_nation_reaches_the_province_and_its_sites(page, lands, province):
    """Over the back channel twice: nation → province → site."""
    register_at(page, lands, lands.issuer, "leaver2")
    page.goto(lands.country.site(JIANGBEI))
    page.click("#sign-in")
    come_by(page, "nation")
    expect(page.locator("#signed-in")).to_be_visible()
    page.goto(f"{lands.issuer}/account/sessions")
    page.click("#end-all")

    wait_until_signed_out(page, province)
    for _ in range(60):
        page.goto(lands.country.site(JIANGBEI))
        if page.locator("#sign-in").count():
            return
        page.wait_for_timeout(250)
    raise AssertionError("the site did not notice")


def test_what_a_national_site_demands_is_proven_in_the_province(page, lands, province):
    """The tax service insists on a name: the province is asked for it, and proves it there."""
    resident = roads.new_resident(page, lands, "陆小满")
    register_at(page, lands, province, "provincial")
    page.goto(lands.country.site(TAX))
    page.click("#sign-in")
    expect(page).to_have_url(re.compile(re.escape(lands.issuer)))
    page.click("#upstream-jiangbei")
    expect(page).to_have_url(re.compile(re.escape(province) + "/account/real-name"))

    roads.begin_proof(page)
    roads.enter_proof(page, resident)
    allow(page)
    page.click("#open-account")
    allow(page)

    expect(page.locator("#signed-in")).to_be_visible()
    page.goto(f"{lands.issuer}/account/real-name/history")
    expect(page.locator("main")).to_contain_text("由其他服务担保")
    expect(page.locator("main")).to_contain_text("第 2 级")


def test_the_logs_tell_no_name_and_no_number(lands):
    """After all of that."""
    said = "".join(
        path.read_text("utf-8", "replace") for path in Path(lands.country.state).glob("*.log")
    )

    assert "陆小满" not in said
    assert "Traceback" not in said
