"""Every connector before the sandbox's own upstream: who comes, and what lets nobody in."""

from dataclasses import replace

import pytest

from federation.connectors import errors
from federation.connectors.kinds import KINDS
from federation.connectors.upstream import UpstreamIdentity
from sandbox.people import everyone
from sandbox.upstreams.assembly import UPSTREAMS
from sandbox.upstreams.faults import SURVIVED, Fault
from tests.conformance.federation.cases import CASES

ON_THE_PAGE = {Fault.DENIED, Fault.WRONG_CALLBACK}
PEOPLE = {person.username: person for person in everyone()}
FAULTS = {upstream.key: upstream.faults for upstream in UPSTREAMS}
MATRIX = [
    pytest.param(case, fault, id=f"{case.name}-{fault}")
    for case in CASES
    for fault in FAULTS[case.kind]
    if fault not in case.spared | ON_THE_PAGE
]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def one(request, traveller):
    """Each connector in each of its modes."""
    return traveller(request.param)


def test_somebody_is_the_same_person_each_time_and_nobody_else(one):
    first, again = (one.arrive(one.visit()) for _ in range(2))
    other = one.arrive(one.visit(wallet="zhoumingyuan"))

    assert isinstance(first, UpstreamIdentity)
    assert first == again
    assert first.subject != other.subject
    assert set(first.aliases).isdisjoint(other.aliases)


def test_every_name_comes_through_unharmed(one):
    """A rare character, a middle dot, Latin letters: as the upstream's register has them."""
    for username in ("wangyi", "ayigul", "lindqvist"):
        said = one.arrive(one.visit(wallet=username))
        person = PEOPLE[username]

        assert said.real_name in (None, person.name)
        assert (said.real_name is None) == (said.id_number is None)
        assert said.id_number in (None, person.id_number)


def test_a_code_is_good_once(one):
    visit = one.visit()
    one.arrive(visit)

    with pytest.raises(errors.UpstreamCodeError):
        one.arrive(visit)


def test_whoever_says_no_is_nobody(one):
    with pytest.raises(errors.UpstreamDeniedError):
        one.arrive(one.visit(decision="deny"))


def test_a_code_that_nobody_issued_buys_nothing(one):
    visit = one.visit()
    forged = {name: "0" * 32 if "code" in name.lower() else value
              for name, value in visit.arrival.parameters.items()}  # fmt: skip

    with pytest.raises(errors.UpstreamCodeError):
        one.arrive(replace(visit, arrival=replace(visit.arrival, parameters=forged)))


def test_a_probe_finds_the_upstream_well_and_tells_when_it_is_not(one, upstreams):
    one.connector.probe()
    if one.case.name == "wechat-mini-program":
        return  # its probe is the website's

    upstreams.faults.set(one.case.kind, Fault.ERROR_5XX)
    with pytest.raises(errors.UpstreamAwayError):
        one.connector.probe()


@pytest.mark.parametrize(("case", "fault"), MATRIX)
def test_whatever_is_wrong_nobody_comes_in(case, fault, traveller, upstreams):
    """The fault appears while the person is on the way back: the worst moment."""
    one = traveller(case)
    visit = one.visit()
    upstreams.faults.set(case.kind, fault)

    if fault in SURVIVED:
        assert one.arrive(visit).subject
        return
    with pytest.raises(errors.UpstreamError):
        one.arrive(visit)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_that_is_over_leaves_nothing_behind(case, traveller, upstreams):
    one = traveller(case)
    upstreams.faults.set(case.kind, Fault.ERROR_IN_200)
    with pytest.raises(errors.UpstreamAwayError):
        one.arrive(one.visit())
    upstreams.faults.clear()

    assert one.arrive(one.visit()).subject


def test_wechat_knows_somebody_by_one_name_in_all_three_places(traveller):
    """The unionid; the openid is another one in each."""
    three = [traveller(case) for case in CASES if case.kind == "wechat"]
    said = [one.arrive(one.visit()) for one in three]

    assert len({one.subject for one in said}) == 1
    assert len({one.aliases for one in said}) == len(three) == 3


def test_a_code_of_one_wechat_app_buys_nothing_at_another(traveller):
    website, account = (traveller(case) for case in CASES[:2])
    brought = website.visit().arrival
    asked = account.visit()
    swapped = {**brought.parameters, "state": asked.flow.state}

    with pytest.raises(errors.UpstreamCodeError):
        account.arrive(replace(asked, arrival=replace(brought, parameters=swapped)))


def test_alipay_says_the_same_however_it_is_enciphered_and_certified(traveller):
    modes = [traveller(case) for case in CASES if case.name.startswith("alipay-")]
    plain, aes, certified, base = (one.arrive(one.visit()) for one in modes)

    assert plain == aes == certified
    assert (base.subject, base.real_name) == (plain.subject, None)
    assert (plain.real_name, plain.ial) == ("陈雨桐", 3)


def test_an_alipay_app_that_is_migrated_finds_its_people_again(traveller, upstreams):
    """The migration gives open_id for user_id: another subject, at this very app."""
    one = traveller(next(case for case in CASES if case.name == "alipay-plain"))
    upstreams.faults.set("alipay", Fault.OPEN_ID_ONLY)
    first, again = (one.arrive(one.visit()) for _ in range(2))

    assert first == again
    app_id = upstreams.credentials["alipay"]["app_id"]
    assert first.subject.startswith(f"{app_id}/")


def test_a_card_vouches_for_name_number_and_phone(traveller):
    one = traveller(next(case for case in CASES if case.kind == "essc"))
    said = one.arrive(one.visit())
    person = PEOPLE["chenyutong"]

    assert (said.real_name, said.id_number) == (person.name, person.id_number)
    assert (said.phone, said.phone_verified) == (person.phone, True)
    assert (said.ial, said.aal) == (3, 2)
    assert KINDS["essc"].ial == 3


def test_a_cards_code_answers_the_question_that_was_asked(traveller):
    """Somebody else's authCode, put into a victim's callback: it names another question."""
    one = traveller(next(case for case in CASES if case.kind == "essc"))
    thief, victim = one.visit(wallet="zhoumingyuan"), one.visit()
    injected = {**thief.arrival.parameters, "state": victim.flow.state}

    with pytest.raises(errors.UpstreamAnswerError):
        one.arrive(replace(victim, arrival=replace(victim.arrival, parameters=injected)))
