"""Register: by user name, phone or ID number; a phone answers before its account exists."""

import re

import pytest

from idp.accounts import identifiers, profiles
from idp.web import house
from tests.people import PASSWORD, errors, rows

PHONE, ID_NUMBER = "+8613800138000", "11010519491231002X"
AGREED = {"password": PASSWORD, "agree": "1"}


def test_a_user_name_and_a_password_are_enough(app, browser):
    visitor = browser()

    answer = visitor.post("/sign-up?next=/account/sites", username="wanderer", **AGREED)

    assert (answer.status_code, answer.location) == (303, "/account/sites")
    assert visitor.is_signed_in()
    assert rows(app, "SELECT event FROM audit_event WHERE event = 'person:register'")


def test_a_phone_answers_before_its_account_exists(app, browser, inbox):
    visitor = browser()

    applied = visitor.post("/sign-up?next=/account/sites", phone="13800138000", **AGREED)
    before = rows(app, "SELECT count(*) FROM person")
    answer = visitor.post(applied.location, code=inbox.code(PHONE))

    assert applied.location == "/sign-up/verify?next=%2Faccount%2Fsites"
    assert before == [(0,)]
    assert answer.location == "/account/sites"
    assert visitor.is_signed_in()
    assert browser().post("/sign-in", username=PHONE, password=PASSWORD).status_code == 303


def test_the_waiting_form_is_sealed(app, browser):
    """Neither name, number, phone nor password stands in any table while a code is under way."""
    browser().post(
        "/sign-up", phone="13800138000", real_name="张三丰", id_number=ID_NUMBER, **AGREED
    )

    stored = rows(app, "SELECT state_sealed, destination_sealed FROM one_time_code")
    stored += rows(app, "SELECT payload FROM job")
    text = b"".join(v if isinstance(v, bytes) else str(v).encode() for row in stored for v in row)
    for secret in ("张三丰", ID_NUMBER, "13800138000", PASSWORD):
        assert secret.encode() not in text


def test_an_id_number_is_kept_as_a_claim_and_signs_in(app, browser):
    """It is marked unverified, and the level stays 1."""
    browser().post("/sign-up", id_number=ID_NUMBER, real_name="张三丰", **AGREED)

    assert browser().post("/sign-in", username=ID_NUMBER, password=PASSWORD).status_code == 303
    with app.app_context(), house.database().read() as tx:
        holder = identifiers.find(tx, house.vault(), "id_number", ID_NUMBER)
        person = profiles.read(tx, house.vault(), holder)
    assert (person.id_number_verified, person.real_name) == (False, "张三丰")


def test_a_claimed_id_number_does_not_stop_anybody(app, browser):
    """Its first claimant keeps signing in with it; the second one's account opens all the same."""
    browser().post("/sign-up", username="first", id_number=ID_NUMBER, **AGREED)

    second = browser().post("/sign-up", username="second", id_number=ID_NUMBER, **AGREED)

    assert second.status_code == 303
    assert browser().post("/sign-in", username="second", password=PASSWORD).status_code == 303


def test_whoever_proves_the_number_wins_it(app, browser, person):
    browser().post("/sign-up", username="squatter", id_number=ID_NUMBER, **AGREED)

    owner = person(
        username="holder", id_number=ID_NUMBER, real_name="张三丰", identity_verified=True
    )

    with app.app_context(), house.database().read() as tx:
        assert identifiers.find(tx, house.vault(), "id_number", ID_NUMBER) == owner


def test_a_known_phone_is_told_and_the_page_is_not(person, browser, inbox):
    """The pages are the same; the owner learns of it by SMS, with no code in it."""
    person(phone=PHONE)
    pages = []
    for number in ("13800138000", "13900139000"):
        visitor = browser()
        applied = visitor.post("/sign-up", phone=number, **AGREED)
        pages.append([neutral(applied), neutral(visitor.get(applied.location))])

    to_owner, to_new = inbox.all()
    assert pages[0] == pages[1]
    assert (to_owner["to"], to_owner["code"], to_owner["purpose"]) == (PHONE, "", "notice")
    assert to_new["code"]


def test_the_phone_of_another_cannot_be_claimed(app, person, browser):
    """No code opens that door, not even the one the row was made with."""
    owner = person(phone=PHONE)
    visitor = browser()
    visitor.post("/sign-up", phone=PHONE, **AGREED)

    for guess in range(6):
        visitor.post("/sign-up/verify", code=f"{guess:06}")

    assert rows(app, "SELECT person_id FROM person") == [(owner,)]
    assert not visitor.is_signed_in()


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"username": "ab", **AGREED}, {"username"}),
        ({"username": "wanderer", "agree": "1", "password": "short"}, {"password"}),
        ({"username": "wanderer", "agree": "1"}, {"password"}),
        ({"username": "wanderer", "password": PASSWORD}, {"agree"}),
        ({"phone": "12345", "id_number": "11010519491231002", **AGREED}, {"phone", "id_number"}),
        ({**AGREED}, {"phone"}),
        ({"username": "wanderer", "real_name": "<b>", **AGREED}, {"real_name"}),
        ({"username": "wanderer", "agree": "1", "password": "wanderer1"}, {"password"}),
    ],
)
def test_every_fault_is_told_at_its_field(app, browser, form, wrong):
    answer = browser().post("/sign-up", **form)

    assert answer.status_code == 400
    assert set(errors(answer)) == wrong
    assert rows(app, "SELECT count(*) FROM person") == [(0,)]


def test_a_user_name_is_taken_in_any_case(person, browser):
    person(username="Wanderer")

    answer = browser().post("/sign-up", username="wANDERER", **AGREED)

    assert set(errors(answer)) == {"username"}


def test_a_user_name_taken_while_the_code_was_under_way(app, person, browser, inbox):
    """The account does not open, nothing is half done."""
    visitor = browser()
    visitor.post("/sign-up", username="wanderer", phone=PHONE, **AGREED)
    other = person(username="wanderer")

    answer = visitor.post("/sign-up/verify", code=inbox.code(PHONE))

    assert set(errors(answer)) == {"username"}
    assert rows(app, "SELECT person_id FROM person") == [(other,)]


def test_another_code_replaces_the_first(browser, inbox):
    visitor = browser()
    visitor.post("/sign-up", phone=PHONE, **AGREED)
    first = inbox.code(PHONE)
    visitor.post("/sign-up/verify", resend="1")
    second = inbox.code(PHONE)

    assert len(inbox.all()) == 2
    assert visitor.post("/sign-up/verify", code=second).status_code == 303
    assert first != second or visitor.is_signed_in()


class TestCrowd:
    """Accounts per address and hour are limited."""

    @pytest.fixture
    def limits(self):
        return {"MANYOU_THROTTLE__REGISTRATION_PER_ADDRESS": "2"}

    def test_the_third_account_waits(self, browser):
        answers = [
            browser().post("/sign-up", username=f"wanderer{n}", **AGREED).status_code
            for n in range(3)
        ]

        assert answers == [303, 303, 429]


def neutral(answer):
    body = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)
    return answer.status_code, answer.location, re.sub(r"1\d\d\*{4}\d{4}", "(number)", body)
