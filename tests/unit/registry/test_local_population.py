"""The replica of the register of population: one statement a check, and nobody readable in it."""

from datetime import date

import pytest

from idp.db import Database, Statement
from idp.formats.id_numbers import check_digit
from idp.registry.local.population import LocalPopulation
from idp.registry.ports import AuthorityError, UnsupportedQueryError
from idp.registry.queries import PersonQuery, Validity
from idp.registry.results import Result

CHEN = "320199199003070027"[:17] + check_digit("32019919900307002")
ZHOU = "42019919850612001" + check_digit("42019919850612001")
PERSON = {
    "gmsfhm": CHEN,
    "xm": "陈雨桐",
    "csrq": "19900307",
    "lxdh": "13800138001",
    "yxqxqsrq": "20200101",
    "yxqxjzrq": "20400101",
}
PHONE = "+8613800138001"
CARD = Validity(date(2020, 1, 1), date(2040, 1, 1))


@pytest.fixture
def population(registry_database, vault):
    return LocalPopulation(registry_database, vault)


@pytest.fixture
def ask(population, take_in):
    """Ask of a register that holds PERSON, with changes, and further rows."""

    def question(*further, changes=None, name="陈雨桐", number=CHEN, **elements):
        take_in("population", {**PERSON, **(changes or {})}, *further)
        verdict = population.check(PersonQuery(name=name, id_number=number, **elements))
        assert verdict.source == "local"
        return verdict.result, verdict.reason

    return question


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({}, (Result.MATCH, "")),
        ({"phone": PHONE}, (Result.MATCH, "")),
        ({"validity": CARD}, (Result.MATCH, "")),
        ({"phone": PHONE, "validity": CARD}, (Result.MATCH, "")),
        ({"name": "陈雨彤"}, (Result.MISMATCH, "name")),
        ({"phone": "+8613800138002"}, (Result.MISMATCH, "phone")),
        ({"validity": Validity(date(2020, 1, 1), None)}, (Result.MISMATCH, "validity")),
        ({"phone": PHONE, "validity": Validity(date(2020, 1, 2), date(2040, 1, 1))},
         (Result.MISMATCH, "validity")),
        ({"number": ZHOU}, (Result.NO_RECORD, "")),
        ({"number": CHEN.lower()}, (Result.MATCH, "")),
        ({"name": " 陈 雨桐 "}, (Result.MATCH, "")),
        ({"name": "12"}, (Result.BAD_INPUT, "real_name_characters")),
    ],
)  # fmt: skip
def test_all_elements_must_belong_to_one_person(ask, elements, expected):
    assert ask(**elements) == expected


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"swrq": "20240102"}, "deceased"),
        ({"ryzt": "1"}, "deceased"),
        ({"ryzt": "2", "swzxrq": "20240102"}, "cancelled"),
        ({"status": "cancelled"}, "cancelled"),
    ],
)
@pytest.mark.parametrize("name", ["陈雨桐", "别人"])
def test_who_left_has_no_record_whatever_the_name(ask, changes, reason, name):
    """Issue 3: deceased and cancelled are NO_RECORD; only the record knows why."""
    assert ask(changes=changes, name=name) == (Result.NO_RECORD, reason)


def test_the_present_row_decides(ask):
    """History rows do occur in any order; a name borne before is told apart, for the record."""
    before = {**PERSON, "xm": "陈小雨", "qysj": "19900307", "jssj": "20100101"}
    present = {"qysj": "20100101"}

    assert ask(before, changes=present) == (Result.MATCH, "")
    assert ask(before, changes=present, name="陈小雨") == (Result.MISMATCH, "former_name")
    assert ask(before, changes=present, name="陈大雨") == (Result.MISMATCH, "name")


def test_history_of_unknown_age_does_not_replace_the_present(ask):
    before = {**PERSON, "xm": "陈小雨", "jssj": "20100101", "jlbz": "0"}

    assert ask(before, changes={"jlbz": "1"}) == (Result.MATCH, "")


def test_an_element_the_register_lacks_is_no_fraud(ask):
    """NO_RECORD, so that nobody is suspected for what the register does not know."""
    assert ask(changes={"lxdh": ""}, phone=PHONE) == (Result.NO_RECORD, "phone_unknown")
    assert ask(changes={"yxqxqsrq": "", "yxqxjzrq": ""}, validity=CARD) == (
        Result.NO_RECORD,
        "validity_unknown",
    )


@pytest.mark.parametrize("ending", ["长期", "00000000", ""])
def test_a_card_may_be_valid_for_life(ask, ending):
    """CTID writes 00000000, cards print 长期."""
    validity = Validity(date(2020, 1, 1), None)

    assert ask(changes={"yxqxjzrq": ending}, validity=validity) == (Result.MATCH, "")


@pytest.mark.parametrize(
    ("registered", "entered"),
    [
        ("阿依古丽·买买提", "阿依古丽•买买提"),
        ("阿依古丽•买买提", "阿依古丽.买买提"),
        ("王\ue863", "王\ue863"),
        ("李\ue81e", "李\u9fb4"),  # GB 18030-2022 FE59
        ("李\u9fbb", "李\ue864"),  # FEA0
        ("ANNA LINDQVIST", "Anna  Lindqvist"),
    ],
)
def test_spellings_of_one_name_are_equal(ask, registered, entered):
    """OUR FORMATS: dots fold, ideographs moved by GB 18030-2022 are one, documents shout."""
    assert ask(changes={"xm": registered}, name=entered) == (Result.MATCH, "")


@pytest.mark.parametrize(
    ("registered", "entered"), [("王\ue863", "王䶮"), ("王䶮", "王\ue863"), ("王\ue863", "赵一")]
)
def test_a_rare_name_that_differs_accuses_nobody(ask, registered, entered):
    """A private-use character has no meaning that we know: people compare, not machines."""
    assert ask(changes={"xm": registered}, name=entered) == (Result.NO_RECORD, "name_rare")


def test_a_portrait_is_for_those_who_keep_portraits(population, take_in):
    take_in("population", PERSON)

    with pytest.raises(UnsupportedQueryError):
        population.check(PersonQuery(name="陈雨桐", id_number=CHEN, portrait=b"\xff\xd8"))


def test_a_register_that_was_never_filled_gives_no_answer(population):
    """An empty replica must not say of anybody that he is unknown."""
    with pytest.raises(AuthorityError):
        population.check(PersonQuery(name="陈雨桐", id_number=CHEN))


def test_a_database_that_is_away_gives_no_answer(vault, tmp_path):
    for url in (
        "postgresql+psycopg://nobody@127.0.0.1:9/none",
        f"sqlite:///{tmp_path}/unmigrated.db",
    ):
        away = Database(url, threads=1)
        with pytest.raises(AuthorityError):
            LocalPopulation(away, vault).check(PersonQuery(name="陈雨桐", id_number=CHEN))
        away.close()


def test_nobody_can_be_read_out_of_the_table(ask, registry_database):
    """What is kept is fingerprints under a sealed key, of no use to who steals the database."""
    ask(phone=PHONE)

    with registry_database.read() as tx:
        rows = tx.all(Statement("SELECT * FROM resident"))
        (key,) = tx.all(Statement("SELECT * FROM registry_key"))
    kept = b"".join(bytes(v) for row in rows for v in row if isinstance(v, bytes | memoryview))
    for known in (CHEN, CHEN[6:14], "陈雨桐", PHONE, "13800138001", "20200101"):
        assert known.encode() not in kept + bytes(key.sealed)
        assert known not in repr(rows)


def test_equal_names_of_two_people_look_different(ask, registry_database):
    """An element's fingerprint is bound to the number: the table tells no frequencies."""
    ask({**PERSON, "gmsfhm": ZHOU, "csrq": ""})

    with registry_database.read() as tx:
        rows = tx.all(Statement("SELECT name, phone, validity FROM resident"))
    assert len({bytes(row.name) for row in rows}) == 2
    assert len({bytes(row.phone) for row in rows}) == 2


def test_a_register_made_anew_is_noticed(population, take_in, registry_database, clock):
    take_in("population", PERSON)
    query = PersonQuery(name="陈雨桐", id_number=CHEN)
    assert population.check(query).result is Result.MATCH
    with registry_database.write() as tx:
        tx.run(Statement("DELETE FROM registry_key"))
        tx.run(Statement("DELETE FROM resident"))
    take_in("population", PERSON)
    clock.advance(61)

    assert population.check(query).result is Result.MATCH
