"""Provinces, ministries and officers' apps: who comes, and what lets nobody in."""

import re
import secrets
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import pytest

from federation.catalogue import catalogue as catalogue_room
from federation.catalogue import entries
from federation.connectors import errors
from federation.connectors.kinds import KINDS
from federation.connectors.line import Line
from federation.connectors.ports import Flow
from idp.web import house
from sandbox.people import everyone
from sandbox.register import Register
from sandbox.upstreams import hall as hall_room
from sandbox.upstreams import hall_credentials
from sandbox.upstreams.faults import SURVIVED, Fault
from tests.conformance.federation.conftest import SLOW, TIMEOUT, _serving
from tests.conformance.federation.hall_cases import CASES, ISSUER, walk
from tests.people import rows

PEOPLE = {person.username: person for person in everyone()}
FAULTS = {upstream.key: upstream.faults for upstream in hall_room.HALL}
ID = {"ids": lambda case: case.upstream}
ON_THE_WIRE = [
    pytest.param(case, fault, id=f"{case.upstream}-{fault}")
    for case in CASES
    for fault in FAULTS[case.upstream]
    if case.kind != "saml" and fault not in case.own_page  # SAML's answer comes by the page alone
]
AT_THE_CALLBACK = {Fault.NO_ISSUER}  # on the way back, and not afterwards


@dataclass
class Hall:
    """The hall, open."""

    faults: object
    known: dict
    url: str

    def options(self, case):
        return case.options(self.known[case.upstream], f"{self.url}/{case.upstream}")


@pytest.fixture(scope="session")
def open_hall():
    known, faults = hall_credentials.make(ISSUER), hall_room.switchboard()
    register = Register.of_the_country()
    app = hall_room.build(register, faults, known, callbacks=(ISSUER,), slow=SLOW)
    with ExitStack() as closing_time:
        yield Hall(faults, known, closing_time.enter_context(_serving(app)))


@pytest.fixture
def hall(open_hall):
    open_hall.faults.clear()
    yield open_hall
    open_hall.faults.clear()


@dataclass
class Traveller:
    """A connector, and whoever comes by it."""

    case: object
    connector: object

    def visit(self, **how):
        state = secrets.token_hex(32)
        where = KINDS[self.case.kind].state_parameter
        flow = Flow(
            state=state,
            nonce=secrets.token_hex(32),
            verifier=secrets.token_urlsafe(32),
            redirect_uri=self.case.callback if where else f"{self.case.callback}/{state}",
        )
        departure = self.connector.depart(flow)
        back = walk(departure.url, **how)
        if back is not None:
            assert (back.arrival.parameters.get(where) if where else back.url) is not None
            assert state in (back.arrival.parameters.get(where), urlsplit(back.url).path[-64:])
        return flow, departure.notes, back

    def arrive(self, visit):
        flow, notes, back = visit
        return self.connector.arrive(flow, notes, back.arrival)


@pytest.fixture
def traveller(hall, outbound):
    def build(case):
        kind = KINDS[case.kind]
        options = kind.options.model_validate(hall.options(case))
        line = Line(case.upstream, outbound, timeout=TIMEOUT, failures=1000)
        return Traveller(case, kind.build(options, line))

    return build


@pytest.fixture(params=CASES, **ID)
def one(request, traveller):
    """Each connector."""
    return traveller(request.param)


def test_somebody_is_the_same_person_each_time_and_nobody_else(one):
    first, again = (one.arrive(one.visit()) for _ in range(2))
    other = one.arrive(one.visit(wallet="zhoumingyuan"))

    assert first.subject == again.subject != other.subject
    assert set(first.aliases).isdisjoint(other.aliases)
    assert first.ial == one.case.ial


def test_every_name_comes_through_unharmed(one):
    for username in ("wangyi", "ayigul", "lindqvist"):
        said = one.arrive(one.visit(wallet=username))
        person = PEOPLE[username]

        assert (said.real_name, said.id_number) in (
            (None, None),
            (person.name, person.id_number),
        )
        assert (said.real_name is not None) == (one.case.ial > 1)


def test_a_code_is_good_once(one):
    """SAML has none: there the journey is claimed once, and names one request."""
    visit = one.visit()
    one.arrive(visit)
    if one.case.kind == "saml":
        visit = (visit[0], one.visit()[1], visit[2])

    with pytest.raises((errors.UpstreamCodeError, errors.UpstreamAnswerError)):
        one.arrive(visit)


def test_whoever_says_no_is_nobody(one):
    with pytest.raises(errors.UpstreamDeniedError):
        one.arrive(one.visit(decision="deny"))


def test_a_probe_finds_it_well_and_ill(one, hall):
    one.connector.probe()

    ill = Fault.GARBAGE if one.case.kind == "saml" else Fault.ERROR_5XX
    hall.faults.set(one.case.upstream, ill)
    if one.case.kind in ("saml", "beijing"):
        return  # what they are probed by is a page, which faults spare
    with pytest.raises(errors.UpstreamError):
        one.connector.probe()


@pytest.mark.parametrize(("case", "fault"), ON_THE_WIRE)
def test_a_fault_while_somebody_is_on_the_way_back_lets_nobody_in(case, fault, traveller, hall):
    if fault in AT_THE_CALLBACK:
        return
    one = traveller(case)
    visit = one.visit()
    hall.faults.set(case.upstream, fault)

    if fault in SURVIVED:
        assert one.arrive(visit).subject
        return
    with pytest.raises(errors.UpstreamError):
        one.arrive(visit)


@pytest.mark.parametrize("case", CASES, **ID)
def test_a_fault_that_is_over_leaves_nothing_behind(case, traveller, hall):
    one = traveller(case)
    hall.faults.set(case.upstream, Fault.GARBAGE)
    with pytest.raises(errors.UpstreamError):
        one.arrive(one.visit())
    hall.faults.clear()

    assert one.arrive(one.visit()).subject


def test_a_code_of_one_upstream_buys_nothing_at_another(traveller):
    """WeCom's code at Feishu, and the plain provider's at the modern one."""
    for giver, taker in ((6, 7), (9, 8), (2, 9)):
        given, taken = traveller(CASES[giver]).visit(), traveller(CASES[taker])
        flow, notes, back = taken.visit()
        code = given[2].arrival.parameters["code"]
        swapped = replace(back.arrival, parameters={**back.arrival.parameters, "code": code})

        with pytest.raises(errors.UpstreamError):
            taken.connector.arrive(flow, notes, swapped)


def test_pushed_requests_carry_nothing_in_the_address(traveller):
    modern = traveller(next(case for case in CASES if case.upstream == "foreign"))
    flow = modern.visit()[0]

    assert re.fullmatch(
        r".*/foreign/authorize\?client_id=\w+&request_uri=[\w%.:-]+",
        modern.connector.depart(flow).url,
    )


class TestAtTheDoor:
    """Through the application: coded pages, no session, and a way on."""

    @pytest.fixture
    def limits(self):
        return {"MANYOU_OUTBOUND__ALLOW": "127.0.0.0/8"}

    @pytest.fixture
    def door(self):
        return "counter"

    @pytest.fixture
    def offer(self, app, hall, monkeypatch):
        monkeypatch.setattr(catalogue_room, "Line", partial(Line, timeout=TIMEOUT, failures=1000))

        def put(case):
            document = {"key": case.key, "kind": case.kind, "options": hall.options(case)}
            with app.app_context(), house.database().write() as tx:
                entry = entries.read_document(document)
                entries.create(tx, house.vault(), entry, actor="test", enabled=True)

        return put

    def enter(self, browser, case, **how):
        """Go there and come back; where there is no way back, return the last page of ours."""
        one = browser()
        there = one.get(f"/federation/{case.key}")
        if there.status_code != HTTPStatus.SEE_OTHER:
            return one, there
        back = walk(there.headers["Location"], **how)
        if back is None:
            return one, None
        parts = urlsplit(back.url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if back.form is None:
            return one, one.get(path)
        return one, one.client.post(path, data=dict(back.form), **one._manners())

    @pytest.mark.parametrize("case", CASES, **ID)
    def test_first_an_account_is_opened_and_then_it_leads_straight_in(
        self, app, browser, offer, case
    ):
        offer(case)
        first, ended = self.enter(browser, case)
        first.post(urlsplit(ended.headers["Location"]).path, register="1")
        assert first.is_signed_in()

        second, ended = self.enter(browser, case)

        assert ended.headers["Location"].endswith("/account")
        assert second.is_signed_in()
        assert rows(app, "SELECT COUNT(DISTINCT person_id) FROM sso_session") == [(1,)]

    @pytest.mark.parametrize("case", CASES, **ID)
    def test_every_fault_ends_on_a_page_that_says_so(self, app, browser, offer, hall, case):
        offer(case)
        for fault in FAULTS[case.upstream]:
            if fault in SURVIVED:
                continue
            hall.faults.set(case.upstream, fault)
            one, ended = self.enter(browser, case)
            hall.faults.clear()

            assert not one.is_signed_in(), fault
            if ended is None:
                continue  # the upstream's own page sent nobody back
            assert re.search(r'id="error-code">upstream_[a-z_]+<', ended.text), (fault, ended.text)
            assert ended.status_code != HTTPStatus.INTERNAL_SERVER_ERROR, fault

        assert rows(app, "SELECT COUNT(*) FROM sso_session") == [(0,)]
        _, ended = self.enter(browser, case)
        assert urlsplit(ended.headers["Location"]).path.startswith("/federation/first-visit/")

    def test_a_response_of_forty_kilobytes_is_read_and_a_larger_one_is_not(self, browser, offer):
        """Two signatures, certificates and a cipher around them take their room."""
        case = next(case for case in CASES if case.kind == "saml")
        offer(case)
        path = urlsplit(case.callback).path
        for size, code in ((40_000, "upstream_answer_invalid"), (49_156, "callback_invalid")):
            one = browser()
            there = one.get(f"/federation/{case.key}")
            state = dict(parse_qsl(urlsplit(there.headers["Location"]).query))["RelayState"]
            form = {"SAMLResponse": "QUFB" * (size // 4), "RelayState": state}

            page = one.client.post(path, data=form, **one._manners())

            assert page.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.BAD_GATEWAY)
            assert code in page.text
            assert not one.is_signed_in()
