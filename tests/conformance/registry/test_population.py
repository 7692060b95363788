"""The port `Population`: one suite for the replica and for every authority."""

import time
from dataclasses import replace
from datetime import date

import pytest

from idp.registry.queries import PersonQuery, Validity
from idp.registry.results import Result
from sandbox.authorities.assembly import OFFICES
from sandbox.authorities.faults import Fault
from sandbox.register.awkward import unknown
from tests.conformance.registry.conftest import REMOTE, SLOW, TIMEOUT

AUTHORITIES = REMOTE["population"]
EVERYBODY = ("local", *AUTHORITIES)
MATCH, MISMATCH, NO_RECORD = Result.MATCH, Result.MISMATCH, Result.NO_RECORD


@pytest.fixture(params=EVERYBODY)
def population(request, ask):
    """One source, as the house holds it."""
    return ask(MANYOU_REGISTRY__POPULATION=request.param).population


@pytest.fixture(params=AUTHORITIES)
def authority(request, ask):
    return ask(MANYOU_REGISTRY__POPULATION=request.param).population


PATIENT = {f"MANYOU_{name.upper()}__TIMEOUT": "20" for name in AUTHORITIES}
"""Faces are compared in earnest, which may take its time on a busy machine."""


@pytest.fixture(params=EVERYBODY)
def looking(request, ask):
    """One source that is given time to look."""
    return ask(MANYOU_REGISTRY__POPULATION=request.param, **PATIENT).population


def about(world, name, /, **changes):
    """Return the question about the person whom the register calls *name*."""
    found = next(person for person in world.register.citizens() if person.name == name)
    return replace(PersonQuery(name=found.name, id_number=found.id_number), **changes)


def supports(population, *elements):
    """Whether this source can check *elements*; one that cannot must say so."""
    unknown_to = {
        "local": set(),
        "ctid": {"phone"},
        "population_gateway": {"phone", "portrait"},
        "aliyun": {"validity", "foreign"},
        "tencent": set(),
    }
    return not unknown_to[population.source] & set(elements)


def expect(population, query, result, *elements):
    """Ask, and expect *result*; or, where the source cannot check it, that it was not guessed."""
    verdict = population.check(query)
    if supports(population, *elements):
        assert verdict.result is result, verdict.reason
        assert verdict.source == population.source
    else:
        assert (verdict.result, verdict.reason) == (Result.BAD_INPUT, "elements_unsupported")
    return verdict


@pytest.mark.parametrize("name", ["陈雨桐", "黄嘉欣", "何俊伟", "林志豪", "欧阳静怡", "孙桂英"])
def test_name_and_number_of_one_person_match(world, population, name):
    expect(population, about(world, name), MATCH)


def test_a_foreigners_card_matches_where_it_is_known(world, population):
    expect(population, about(world, "ANNA LINDQVIST"), MATCH, "foreign")


def test_somebody_elses_name_does_not(world, population):
    expect(population, about(world, "陈雨桐", name="陈雨彤"), MISMATCH)


def test_the_present_name_counts_and_not_a_former_one(world, population):
    expect(population, about(world, "何晓敏"), MATCH)
    expect(population, about(world, "何晓敏", name="何小敏"), MISMATCH)


def test_nobody_has_this_number(population):
    stranger = unknown()
    query = PersonQuery(name=stranger.name, id_number=stranger.id_number)

    verdict = expect(population, query, NO_RECORD)

    assert not verdict.result.suspicious


@pytest.mark.parametrize("name", ["吴守信", "郑国安"])
def test_the_dead_and_the_struck_off_are_on_no_record(world, population, name):
    expect(population, about(world, name), NO_RECORD)


@pytest.mark.parametrize("name", ["吴守信", "郑国安"])
def test_why_somebody_is_on_no_record_stays_with_us(world, population, name):
    assert "deceased" not in repr(population.check(about(world, name)))


@pytest.mark.parametrize("dot", "\u00b7\u2022\u30fb\u2027\uff0e")
def test_any_dot_is_the_dot(world, population, dot):
    name = "阿依古丽·买买提"

    expect(population, about(world, name, name=name.replace("·", dot)), MATCH)


@pytest.mark.parametrize("name", ["王𬱖", "白𰻝", "迪丽努尔·阿卜杜热西提·肉孜", "马龴"])
def test_rare_characters_match(world, population, name):
    """Characters beyond the BMP, and those that GB 18030-2022 moved out of private use."""
    expect(population, about(world, name), MATCH)


def test_a_name_in_its_old_spelling_is_the_same_name(world, population):
    expect(population, about(world, "马龴", name="马\ue81e"), MATCH)


@pytest.mark.parametrize("asked", ["龚䶮", "龚\ue863", "龚\ue123"])
def test_a_private_use_character_is_nobodys_fraud(world, population, asked):
    """What a machine cannot compare, people do: never a MISMATCH."""
    verdict = population.check(about(world, "龚䶮", name=asked))

    assert (verdict.result, verdict.reason) == (NO_RECORD, "name_rare") or (
        verdict.result is MATCH and asked != "龚\ue123"
    )


def test_a_small_x_is_an_x(world, population):
    query = about(world, "赵铁柱")
    assert query.id_number.endswith("X")

    expect(population, replace(query, id_number=query.id_number.lower()), MATCH)


def test_what_is_no_name_is_not_asked(world, population):
    assert population.check(about(world, "陈雨桐", name="陈1")).result is Result.BAD_INPUT


def test_a_phone_belongs_to_its_owner(world, population):
    phone = f"+86{world.register.citizens()[0].phone}"

    expect(population, about(world, "陈雨桐", phone=phone), MATCH, "phone")
    expect(population, about(world, "陈雨桐", phone="+8613900139000"), MISMATCH, "phone")
    expect(population, about(world, "陈雨彤"[:2] + "桐", phone=phone), MATCH, "phone")


def test_a_card_is_valid_as_printed(world, population):
    person = world.register.citizens()[0]
    right = Validity(person.issued, person.expires)
    wrong = Validity(date(2014, 5, 20), person.expires)

    expect(population, about(world, "陈雨桐", validity=right), MATCH, "validity")
    expect(population, about(world, "陈雨桐", validity=wrong), MISMATCH, "validity")


def test_a_long_term_card_has_no_end(world, population):
    person = next(one for one in world.register.citizens() if one.name == "孙桂英")
    assert person.expires is None
    right = Validity(person.issued, None)
    wrong = Validity(person.issued, date(2044, 5, 19))

    expect(population, about(world, "孙桂英", validity=right), MATCH, "validity")
    expect(population, about(world, "孙桂英", validity=wrong), MISMATCH, "validity")


def test_four_elements_must_all_match(world, population):
    person = world.register.citizens()[0]
    both = {
        "phone": f"+86{person.phone}",
        "validity": Validity(person.issued, person.expires),
    }
    wrong = {**both, "validity": Validity(date(2014, 5, 20), person.expires)}

    expect(population, about(world, "陈雨桐", **both), MATCH, "phone", "validity")
    expect(population, about(world, "陈雨桐", **wrong), MISMATCH, "phone", "validity")


def test_a_face_is_compared_with_the_portrait_on_file(world, looking, faces):
    """By our own engine at the replica's, by their own matchers at the authorities'."""
    expect(looking, about(world, "陈雨桐", **faces.same), MATCH, "portrait")
    expect(looking, about(world, "陈雨桐", **faces.other), Result.FACE_MISMATCH, "portrait")


def test_a_face_does_not_make_up_for_a_wrong_name(world, looking, faces):
    expect(looking, about(world, "陈雨桐", name="陈雨彤", **faces.same), MISMATCH, "portrait")


def test_the_dead_have_no_face_to_compare(world, looking, faces):
    expect(looking, about(world, "吴守信", **faces.same), NO_RECORD, "portrait")


def test_a_picture_without_a_face_verifies_nobody(world, looking, faces):
    """Authorities cannot read it; the replica's probe, without a template, matches nobody."""
    result = Result.FACE_MISMATCH if looking.source == "local" else Result.BAD_INPUT

    expect(looking, about(world, "陈雨桐", **faces.nobody), result, "portrait")


def test_no_photo_is_nobodys_fault(world, looking, faces):
    verdict = expect(looking, about(world, "许小禾", **faces.same), Result.NO_PHOTO, "portrait")

    assert not verdict.result.suspicious


def test_everybody_says_the_same_of_the_same_person(world, ask):
    """All sources agree on everybody on file; where one cannot tell, it says NO_RECORD."""
    store = {name: ask(MANYOU_REGISTRY__POPULATION=name).population for name in EVERYBODY}
    for person in world.register.citizens():
        for name in (person.name, person.name[:-1] + "某"):
            query = PersonQuery(name=name, id_number=person.id_number)
            verdicts = {key: source.check(query) for key, source in store.items()}
            told = {
                verdict.result
                for verdict in verdicts.values()
                if verdict.reason not in ("elements_unsupported", "name_rare")
            }
            assert len(told) == 1, (person.remark, verdicts)
            assert told == {MATCH} or name != person.name or person.status != "living"


FACE_FAULTS = {
    Fault.NO_PHOTO: Result.NO_PHOTO,
    Fault.OTHER_FACE: Result.FACE_MISMATCH,
    Fault.GREY_FACE: Result.FACE_GREY,
}


FACES_AT = [
    (name, fault)
    for name, office in ((one.key, one) for one in OFFICES)
    for fault in FACE_FAULTS
    if name in AUTHORITIES and fault in office.faults
]


@pytest.mark.parametrize(("name", "fault"), FACES_AT)
def test_what_an_authority_says_of_a_face_is_understood(world, ask, faces, name, fault):
    population = ask(MANYOU_REGISTRY__POPULATION=name, **PATIENT).population
    world.faults.set(name, fault)

    assert population.check(about(world, "陈雨桐", **faces.same)).result is FACE_FAULTS[fault]
    assert population.check(about(world, "陈雨桐")).result is MATCH


def test_a_portrait_without_a_probe_goes_to_an_authority(world, ask, faces):
    population = ask(MANYOU_REGISTRY__POPULATION="local,aliyun", **PATIENT).population

    verdict = population.check(about(world, "陈雨桐", portrait=faces.same["portrait"]))

    assert (verdict.result, verdict.source) == (MATCH, "aliyun")


FAULTS = {
    Fault.NO_RECORD: NO_RECORD,
    Fault.MISMATCH: MISMATCH,
    Fault.DECEASED: NO_RECORD,
    Fault.SLOW: Result.SOURCE_DOWN,
    Fault.ERROR_5XX: Result.SOURCE_DOWN,
    Fault.GARBAGE: Result.SOURCE_DOWN,
    Fault.TRUNCATED: Result.SOURCE_DOWN,
    Fault.ERROR_IN_200: Result.SOURCE_DOWN,
    Fault.BAD_SIGNATURE: Result.SOURCE_DOWN,
    Fault.STALE: Result.SOURCE_DOWN,
    Fault.RATE_LIMIT: Result.RATE_LIMITED,
}


@pytest.mark.parametrize(("fault", "result"), FAULTS.items())
def test_a_fault_is_never_a_match(world, authority, fault, result):
    query = about(world, "陈雨桐")
    world.faults.set(authority.source, fault)

    begun = time.monotonic()
    verdict = authority.check(query)

    assert verdict.result is result, verdict.reason
    assert time.monotonic() - begun < TIMEOUT + 1 < SLOW


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_of_an_authority_is_tried(world, authority, faces, fault):
    """Whatever its switches can do, nothing but its usual state verifies anybody."""
    if fault not in world.faults.possible[authority.source]:
        return
    world.faults.set(authority.source, fault)

    verdict = authority.check(about(world, "陈雨桐", **faces.same))

    assert verdict.result is not MATCH


def test_when_one_is_down_the_next_is_asked(world, ask):
    population = ask(MANYOU_REGISTRY__POPULATION="aliyun,local").population
    assert population.check(about(world, "陈雨桐")).source == "aliyun"

    world.faults.set("aliyun", Fault.ERROR_5XX)

    verdict = population.check(about(world, "陈雨桐"))
    assert (verdict.result, verdict.source) == (MATCH, "local")


def test_a_mismatch_is_not_shopped_around(world, ask):
    """Only a source that is down is passed over: nobody is asked until somebody says yes."""
    population = ask(MANYOU_REGISTRY__POPULATION="aliyun,local").population
    world.faults.set("aliyun", Fault.MISMATCH)

    verdict = population.check(about(world, "陈雨桐"))

    assert (verdict.result, verdict.source) == (MISMATCH, "aliyun")


def test_who_cannot_check_an_element_is_passed_over(world, ask):
    population = ask(MANYOU_REGISTRY__POPULATION="ctid,local").population
    phone = f"+86{world.register.citizens()[0].phone}"

    verdict = population.check(about(world, "陈雨桐", phone=phone))

    assert (verdict.result, verdict.source) == (MATCH, "local")


def test_when_all_are_down_the_last_one_says_so(world, ask):
    population = ask(MANYOU_REGISTRY__POPULATION="aliyun,tencent").population
    world.faults.set("aliyun", Fault.SLOW)
    world.faults.set("tencent", Fault.GARBAGE)

    begun = time.monotonic()
    verdict = population.check(about(world, "陈雨桐"))

    assert (verdict.result, verdict.source) == (Result.SOURCE_DOWN, "tencent")
    assert time.monotonic() - begun < TIMEOUT + 2 < SLOW


def test_a_breaker_opens_and_the_rest_answers_at_once(world, ask):
    population = ask(MANYOU_REGISTRY__POPULATION="tencent", MANYOU_TENCENT__FAILURES="3").population
    world.faults.set("tencent", Fault.ERROR_5XX)
    for _ in range(3):
        population.check(about(world, "陈雨桐"))
    world.faults.set("tencent", None)

    begun = time.monotonic()
    verdict = population.check(about(world, "陈雨桐"))

    assert (verdict.result, verdict.reason) == (Result.SOURCE_DOWN, "resting")
    assert time.monotonic() - begun < TIMEOUT / 2


def test_md5_hides_what_aliyun_lets_hide(world, ask):
    population = ask(
        MANYOU_REGISTRY__POPULATION="aliyun", MANYOU_ALIYUN__PARAM_TYPE="md5"
    ).population
    phone = f"+86{world.register.citizens()[0].phone}"

    assert population.check(about(world, "陈雨桐")).result is MATCH
    assert population.check(about(world, "陈雨桐", phone=phone)).result is MATCH
    assert population.check(about(world, "陈雨桐", name="陈雨彤")).result is MISMATCH


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("aliyun", "ACCESS_KEY_SECRET"),
        ("tencent", "SECRET_KEY"),
        ("population_gateway", "APP_SECRET"),
    ],
)
def test_a_wrong_secret_of_ours_is_no_verdict(world, ask, name, secret):
    """The authority refuses us; that must not look like a mismatch."""
    population = ask(
        MANYOU_REGISTRY__POPULATION=name, **{f"MANYOU_{name.upper()}__{secret}": "wrong"}
    ).population

    assert population.check(about(world, "陈雨桐")).result is Result.SOURCE_DOWN
