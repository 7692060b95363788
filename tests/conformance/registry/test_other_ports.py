"""The ports `LegalPersons`, `SocialSecurity` and `EntryExit`: one suite for each."""

from dataclasses import replace
from datetime import date

import pytest

from idp.registry.ports import AuthorityError
from idp.registry.queries import (
    LegalPersonQuery,
    SocialSecurityQuery,
    TravelDocument,
    TravelDocumentQuery,
)
from idp.registry.results import Result
from sandbox.authorities.faults import Fault

MATCH, MISMATCH, NO_RECORD = Result.MATCH, Result.MISMATCH, Result.NO_RECORD
UNUSABLE = (
    Fault.SLOW,
    Fault.ERROR_5XX,
    Fault.GARBAGE,
    Fault.TRUNCATED,
    Fault.ERROR_IN_200,
    Fault.BAD_SIGNATURE,
    Fault.STALE,
)


@pytest.fixture(params=["local", "legal_person_gateway"])
def legal_persons(request, ask):
    return ask(MANYOU_REGISTRY__LEGAL_PERSONS=request.param).legal_persons


@pytest.fixture(params=["local", "social_security_gateway"])
def social_security(request, ask):
    return ask(MANYOU_REGISTRY__SOCIAL_SECURITY=request.param).social_security


@pytest.fixture(params=["local", "immigration"])
def entry_exit(request, ask):
    return ask(MANYOU_REGISTRY__ENTRY_EXIT=request.param).entry_exit


def enterprise(world, name):
    found = next(one for one in world.register.enterprises() if name in one.name)
    return found, LegalPersonQuery(name=found.name, credit_code=found.credit_code)


def test_name_and_code_of_an_enterprise_match(world, legal_persons):
    found, query = enterprise(world, "云水")

    assert legal_persons.check(query).result is MATCH
    whole = replace(query, representative=found.representative)
    assert legal_persons.check(whole).result is MATCH


def test_another_name_or_representative_does_not(world, legal_persons):
    _, query = enterprise(world, "云水")

    assert legal_persons.check(replace(query, name="江北云水茶叶有限公司")).result is MISMATCH
    assert legal_persons.check(replace(query, representative="某某某")).result is MISMATCH


@pytest.mark.parametrize("name", ["旧桥", "远航"])
def test_a_deregistered_enterprise_may_not_act(world, legal_persons, name):
    """Struck off, or its licence revoked."""
    _, query = enterprise(world, name)

    assert legal_persons.check(query).result is NO_RECORD


def test_nobody_has_this_code(legal_persons):
    query = LegalPersonQuery(name="无名有限公司", credit_code="91110000600037341L")

    assert legal_persons.check(query).result is NO_RECORD
    assert legal_persons.find(query.credit_code) is None


@pytest.mark.parametrize(("name", "active"), [("云水", True), ("旧桥", False), ("远航", False)])
def test_a_register_tells_what_is_public(world, legal_persons, name, active):
    found, query = enterprise(world, name)

    told = legal_persons.find(query.credit_code)

    assert (told.credit_code, told.name) == (found.credit_code, found.name)
    assert (told.representative, told.active) == (found.representative, active)
    assert told.established == found.founded


def test_a_representatives_number_is_checked_or_refused(world, legal_persons):
    found, query = enterprise(world, "云水")
    right = replace(query, representative_id_number=found.representative_id_number)
    wrong = replace(query, representative_id_number="11010119900307002X")

    verdicts = [legal_persons.check(one) for one in (right, wrong)]

    if legal_persons.source == "local":
        assert [one.result for one in verdicts] == [MATCH, MISMATCH]
    else:
        assert {one.reason for one in verdicts} == {"elements_unsupported"}


@pytest.mark.parametrize("fault", UNUSABLE)
def test_no_fault_makes_an_enterprise(world, ask, fault):
    legal_persons = ask(MANYOU_REGISTRY__LEGAL_PERSONS="legal_person_gateway").legal_persons
    _, query = enterprise(world, "云水")
    world.faults.set("legal_person_gateway", fault)

    assert legal_persons.check(query).result is Result.SOURCE_DOWN
    with pytest.raises(AuthorityError):
        legal_persons.find(query.credit_code)


def test_find_goes_on_to_the_next_register(world, ask):
    legal_persons = ask(MANYOU_REGISTRY__LEGAL_PERSONS="legal_person_gateway,local").legal_persons
    found, query = enterprise(world, "云水")
    world.faults.set("legal_person_gateway", Fault.GARBAGE)

    assert legal_persons.find(query.credit_code).name == found.name


def insured(world, name):
    person = next(one for one in world.register.citizens() if one.name == name)
    card = world.register.insured(person.id_number)
    return card, SocialSecurityQuery(name=person.name, id_number=person.id_number)


@pytest.mark.parametrize("name", ["陈雨桐", "赵铁柱", "阿依古丽·买买提", "王𬱖"])
def test_whoever_is_insured_matches(world, social_security, name):
    """Zhao's contributions rest; he is insured all the same."""
    card, query = insured(world, name)

    assert social_security.check(query).result is MATCH
    whole = replace(query, card_number=card.card_number, region=card.region)
    assert social_security.check(whole).result is MATCH


def test_another_name_or_card_is_not_insured(world, social_security):
    _, query = insured(world, "陈雨桐")

    assert social_security.check(replace(query, name="陈雨彤")).result is MISMATCH
    assert social_security.check(replace(query, card_number="Z00000000")).result is MISMATCH


def test_a_child_is_not_insured(world, social_security):
    child = next(one for one in world.register.citizens() if one.name == "李安安")
    query = SocialSecurityQuery(name=child.name, id_number=child.id_number)

    assert social_security.check(query).result is NO_RECORD


@pytest.mark.parametrize("fault", UNUSABLE)
def test_no_fault_insures_anybody(world, ask, fault):
    source = "social_security_gateway"
    social_security = ask(MANYOU_REGISTRY__SOCIAL_SECURITY=source).social_security
    world.faults.set(source, fault)

    assert social_security.check(insured(world, "陈雨桐")[1]).result is Result.SOURCE_DOWN


@pytest.mark.parametrize(
    ("source", "port"),
    [
        ("legal_person_gateway", "legal_persons"),
        ("social_security_gateway", "social_security"),
        ("immigration", "entry_exit"),
    ],
)
def test_a_limit_is_told_as_one(world, ask, source, port):
    query = {
        "legal_persons": enterprise(world, "云水")[1],
        "social_security": insured(world, "陈雨桐")[1],
        "entry_exit": paper(world, "EA0000011"),
    }[port]
    world.faults.set(source, Fault.RATE_LIMIT)

    store = getattr(ask(**{f"MANYOU_REGISTRY__{port.upper()}": source}), port)

    assert store.check(query).result is Result.RATE_LIMITED


_KINDS = {
    "PASSPORT": TravelDocument.PASSPORT,
    "FOREIGN_PASSPORT": TravelDocument.FOREIGN_PASSPORT,
    "HKM_PERMIT": TravelDocument.HONG_KONG_MACAO_PERMIT,
    "TW_PERMIT": TravelDocument.TAIWAN_PERMIT,
    "FOREIGN_PR": TravelDocument.FOREIGN_RESIDENCE,
}


def paper(world, number):
    found = next(one for one in world.register.papers() if one.number == number)
    return TravelDocumentQuery(
        document=_KINDS[found.kind],
        number=found.number,
        name=found.holder,
        birth_date=found.birth,
        nationality=found.nationality,
        issue_number=found.issue or None,
        expires=found.expires,
    )


@pytest.mark.parametrize("number", ["EA0000011", "H12345678", "12345678", "SE4820157"])
def test_a_valid_document_matches(world, entry_exit, number):
    assert entry_exit.check(paper(world, number)).result is MATCH


def test_a_name_in_latin_letters_matches_too(world, entry_exit):
    assert entry_exit.check(replace(paper(world, "EA0000011"), name="CHEN YUTONG")).result is MATCH


@pytest.mark.parametrize("number", ["EA0000022", "EA0000033", "M87654321"])
def test_a_lost_expired_or_cancelled_document_is_none(world, entry_exit, number):
    assert entry_exit.check(paper(world, number)).result is NO_RECORD


@pytest.mark.parametrize(
    "change",
    [
        {"name": "陈雨彤"},
        {"birth_date": date(1990, 3, 8)},
        {"expires": date(2031, 1, 1)},
    ],
)
def test_a_field_that_differs_is_a_mismatch(world, entry_exit, change):
    assert entry_exit.check(replace(paper(world, "EA0000011"), **change)).result is MISMATCH


def test_the_number_lives_on_and_the_issue_is_compared(world, entry_exit):
    query = paper(world, "H12345678")

    assert entry_exit.check(replace(query, issue_number=None)).result is MATCH
    assert entry_exit.check(replace(query, issue_number="01")).result is MISMATCH


def test_nobody_has_this_document(world, entry_exit):
    query = replace(paper(world, "EA0000011"), number="EZ9999999")

    assert entry_exit.check(query).result is NO_RECORD


def test_a_travellers_portrait(world, ask, faces):
    entry_exit = ask(
        MANYOU_REGISTRY__ENTRY_EXIT="immigration", MANYOU_IMMIGRATION__TIMEOUT="20"
    ).entry_exit
    query = paper(world, "EA0000011")
    face, other = faces.same["portrait"], faces.other["portrait"]

    assert entry_exit.check(replace(query, portrait=face)).result is MATCH
    assert entry_exit.check(replace(query, portrait=other)).result is Result.FACE_MISMATCH
    assert (
        entry_exit.check(replace(paper(world, "H12345678"), portrait=face)).result
        is Result.NO_PHOTO
    )


@pytest.mark.parametrize("fault", UNUSABLE)
def test_no_fault_lets_anybody_cross(world, ask, fault):
    entry_exit = ask(MANYOU_REGISTRY__ENTRY_EXIT="immigration").entry_exit
    world.faults.set("immigration", fault)

    assert entry_exit.check(paper(world, "EA0000011")).result is Result.SOURCE_DOWN
