"""Identifiers: found by a blind index, kept sealed, one holder each."""

import pytest

from idp.accounts import identifiers, lifecycle, profiles, registration
from idp.accounts.errors import (
    FieldErrors,
    IdNumberTakenError,
    PersonErasedError,
    PersonNotFoundError,
    PhoneTakenError,
)
from idp.crypto.vault import MasterKey, SealError, Vault
from idp.db import Statement
from tests.people import rows

PHONE, ID_NUMBER = "+8613800138000", "11010519491231002X"


@pytest.fixture
def open_account(tx, vault):
    def account(**given):
        return registration.open_account(tx, vault, registration.Application(**given))

    return account


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ("wanderer", {"username"}),
        ("13800138000", {"phone", "username"}),
        ("+852 5123 4567", {"phone", "username"}),
        (ID_NUMBER.lower(), {"id_number", "username"}),
        ("", set()),
        ("x" * 500, set()),
    ],
)
def test_what_is_typed_may_be_several_things(typed, kinds):
    """What looks like a number is looked up as a user name too, which nobody can have."""
    assert {kind for kind, _ in identifiers.guess(typed)} == kinds


def test_a_value_has_one_holder(tx, vault, open_account):
    first, second = open_account(username="first"), open_account(username="second")
    identifiers.add(tx, vault, first, "phone", PHONE, verified=True)

    with pytest.raises(PhoneTakenError):
        identifiers.add(tx, vault, second, "phone", PHONE, verified=True)
    assert identifiers.find(tx, vault, "phone", PHONE) == first


def test_proof_wins_over_a_claim_and_never_over_proof(tx, vault, open_account):
    claimant, owner = open_account(username="claimant"), open_account(username="holder")
    identifiers.add(tx, vault, claimant, "id_number", ID_NUMBER, verified=False)

    identifiers.add(tx, vault, owner, "id_number", ID_NUMBER, verified=True)

    assert identifiers.find(tx, vault, "id_number", ID_NUMBER) == owner
    assert "id_number" not in identifiers.values_of(tx, vault, claimant)
    with pytest.raises(IdNumberTakenError):
        identifiers.add(tx, vault, claimant, "id_number", ID_NUMBER, verified=True)


def test_a_new_master_key_finds_what_the_old_one_indexed(tx):
    """After a rotation old indexes still find, and still keep the value unique."""
    old, new = MasterKey.new("old"), MasterKey.new("new")
    before, after = Vault((old,)), Vault((new, old))
    application = registration.Application(phone=PHONE)
    person_id = registration.open_account(tx, before, application, phone_verified=True)

    assert identifiers.find(tx, after, "phone", PHONE) == person_id
    assert profiles.read(tx, after, person_id).phone == PHONE
    with pytest.raises(FieldErrors):
        registration.open_account(tx, after, application)


def test_a_sealed_value_opens_for_its_owner_alone(tx, vault, open_account):
    """TRUST G2: swap two people's rows, and both are refused."""
    one = open_account(username="first", phone=PHONE)
    two = open_account(username="second", phone="+8613900139000")
    swap = Statement("""
        UPDATE identifier SET value_sealed = :sealed WHERE person_id = :person_id AND kind = 'phone'
    """)
    sealed = Statement("""
        SELECT value_sealed FROM identifier WHERE person_id = :person_id AND kind = 'phone'
    """)
    tx.run(swap, person_id=two, sealed=tx.one(sealed, person_id=one).value_sealed)

    with pytest.raises(SealError):
        profiles.read(tx, vault, two)


def test_no_personal_data_stands_in_clear(app, database, vault):
    details = profiles.Details(display_name="小张", claims={"gender": "male"})
    with database.write() as tx:
        application = registration.Application(
            username="wanderer", phone=PHONE, id_number=ID_NUMBER, real_name="张三丰"
        )
        registration.open_account(tx, vault, application, details=details)

    tables = ("person", "profile", "identifier", "audit_event")
    stored = [row for table in tables for row in rows(app, f"SELECT * FROM {table}")]

    text = b"".join(
        bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode()
        for row in stored
        for v in row
    )
    for secret in ("wanderer", "13800138000", ID_NUMBER, "张三丰", "小张", "gender"):
        assert secret.encode() not in text


def test_erasing_leaves_the_bare_id(app, database, vault):
    with app.app_context(), database.write() as tx:
        application = registration.Application(username="wanderer", phone=PHONE)
        person_id = registration.open_account(tx, vault, application)
        lifecycle.erase(tx, person_id, actor="test")

        assert profiles.read(tx, vault, person_id).phone is None
        assert identifiers.find(tx, vault, "phone", PHONE) is None
        with pytest.raises(PersonErasedError):
            lifecycle.enable(tx, person_id, actor="test")
        with pytest.raises(PersonNotFoundError):
            lifecycle.disable(tx, "0" * 32, actor="test")

    assert rows(app, "SELECT person_id, status FROM person") == [(person_id, "erased")]


def test_a_profile_is_read_as_it_was_written(tx, vault, open_account):
    person_id = open_account(username="Wanderer", real_name="阿卜杜拉·买买提")
    profiles.change(tx, vault, person_id, display_name="阿卜杜拉", locale="en")

    person = profiles.read(tx, vault, person_id)

    assert (person.username, person.real_name) == ("Wanderer", "阿卜杜拉·买买提")
    assert (person.display_name, person.locale, person.status) == ("阿卜杜拉", "en", "active")
    assert "阿卜杜拉" not in repr(person)
