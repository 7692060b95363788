"""The fault matrix through the application: a coded page, no session, and a way on."""

import re
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

import pytest

from federation.catalogue import catalogue as catalogue_room
from federation.catalogue import entries
from federation.connectors.line import Line
from federation.connectors.ports import Departure
from idp.web import house
from sandbox.upstreams.assembly import UPSTREAMS
from sandbox.upstreams.faults import SURVIVED, Fault
from tests.conformance.federation.cases import CASES, walk, way
from tests.conformance.federation.conftest import TIMEOUT
from tests.people import rows

pytestmark = pytest.mark.slow

FAULTS = {upstream.key: upstream.faults for upstream in UPSTREAMS}
ONE_OF_EACH = tuple({case.kind: case for case in CASES}.values())  # waiting takes its time
SERVER_FAULTS = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE}


@pytest.fixture
def limits():
    return {"MANYOU_OUTBOUND__ALLOW": "127.0.0.0/8"}


@pytest.fixture
def door(request):
    """The application's own door: people's pages are Flask's either way."""
    return "counter"


@pytest.fixture
def enter(app, browser, upstreams, monkeypatch):
    """Go by an upstream as a browser does, and return where that ends; None at its own page."""
    patient = partial(Line, timeout=TIMEOUT, failures=1000)
    monkeypatch.setattr(catalogue_room, "Line", patient)

    def go(case, **how):
        one = browser()
        there = one.client.get(
            "/federation/one",
            base_url="https://id.example",
            headers={"User-Agent": case.agent, "Accept-Language": "en"},
        )
        assert there.status_code == HTTPStatus.SEE_OTHER, there.text
        url = there.headers["Location"]
        state = re.search(r"[?&]state=([0-9a-f]+)", url)[1]
        departure = Departure(url=url)
        arrival = walk(way(case, departure, state), agent=case.agent, **how)
        if arrival is None:
            return one, None
        assert arrival.parameters["state"] == state
        return one, one.get(f"/federation/one/callback?{urlencode(arrival.parameters)}")

    def offer(case):
        document = {
            "key": "one",
            "kind": case.kind,
            "options": upstreams.options(case),
            "trust": dict(case.trust),
        }
        with app.app_context(), house.database().write() as tx:
            entries.create(
                tx, house.vault(), entries.read_document(document), actor="test", enabled=True
            )

    go.offer = offer
    return go


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_fault_ends_on_a_page_that_says_so_and_signs_nobody_in(app, enter, upstreams, case):
    enter.offer(case)
    for fault in FAULTS[case.kind]:
        if fault in case.spared | SURVIVED or (fault is Fault.SLOW and case not in ONE_OF_EACH):
            continue
        upstreams.faults.set(case.kind, fault)
        one, ended = enter(case)
        upstreams.faults.clear()

        assert not one.is_signed_in(), fault
        if ended is None:
            continue  # the upstream's own page sent nobody back
        code = re.search(r'id="error-code">(upstream_[a-z_]+)<', ended.text)
        assert code, (fault, ended.text)
        server_fault = ended.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        assert not server_fault or ended.status_code in SERVER_FAULTS, fault
        assert "Try again" in ended.text
        assert "/sign-in" in ended.text

    assert rows(app, "SELECT COUNT(*) FROM sso_session") == [(0,)]
    one, ended = enter(case)
    assert urlsplit(ended.headers["Location"]).path.startswith("/federation/first-visit/")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_first_visit_opens_an_account_and_the_second_leads_straight_in(app, enter, case):
    enter.offer(case)
    first, ended = enter(case)
    first.post(urlsplit(ended.headers["Location"]).path, register="1")
    assert first.is_signed_in()

    second, ended = enter(case)

    assert ended.headers["Location"].endswith("/account")
    assert second.is_signed_in()
    assert rows(app, "SELECT COUNT(DISTINCT person_id) FROM sso_session") == [(1,)]
