"""Reset a forgotten password, change a known one, and confirm who it is."""

import re

import pytest

from tests.people import PASSWORD, errors, rows

PHONE = "+8613800138000"
NEW = "an entirely different lake"


@pytest.mark.parametrize("typed", ["wanderer", "13800138000"])
def test_a_code_to_the_phone_sets_a_new_password(person, browser, inbox, typed):
    person(username="wanderer", phone=PHONE)
    signed_in, visitor = browser(), browser()
    signed_in.post("/sign-in", username="wanderer", password=PASSWORD)

    asked = visitor.post("/reset?next=/account/sites", identifier=typed)
    done = visitor.post(asked.location, code=inbox.code(PHONE), password=NEW)

    assert done.location == "/reset/done?next=%2Faccount%2Fsites"
    assert not visitor.is_signed_in(), "a reset signs nobody in"
    assert not signed_in.is_signed_in(), "and ends what was open"
    assert browser().post("/sign-in", username="wanderer", password=PASSWORD).status_code == 403
    assert browser().post("/sign-in", username="wanderer", password=NEW).status_code == 303
    assert inbox.all()[-1]["purpose"] == "notice"


def test_known_and_unknown_accounts_get_one_answer(person, browser, inbox):
    """Neither pages nor messages to strangers tell; without a phone there is no reset."""
    person(username="wanderer", phone=PHONE)
    person(username="phoneless")
    pages = []
    for typed in ("wanderer", "phoneless", "stranger"):
        visitor = browser()
        asked = visitor.post("/reset", identifier=typed)
        entered = visitor.get(asked.location)
        wrong = visitor.post(asked.location, code="000000", password=NEW)
        pages.append([neutral(page) for page in (asked, entered, wrong)])

    assert pages[0] == pages[1] == pages[2]
    assert [message["to"] for message in inbox.all()] == [PHONE]


def test_a_code_resets_once(person, browser, inbox):
    """TRUST L8: used, it is void, also in another tab."""
    person(username="wanderer", phone=PHONE)
    visitor = browser()
    visitor.post("/reset", identifier="wanderer")
    code = inbox.code(PHONE)
    visitor.post("/reset/verify", code=code, password=NEW)

    again = visitor.post("/reset/verify", code=code, password="some third and last river")

    assert again.location == "/reset"
    assert browser().post("/sign-in", username="wanderer", password=NEW).status_code == 303


def test_a_bad_password_does_not_cost_the_code(person, browser, inbox):
    person(username="wanderer", phone=PHONE)
    visitor = browser()
    visitor.post("/reset", identifier="wanderer")
    code = inbox.code(PHONE)

    short = visitor.post("/reset/verify", code=code, password="short")
    personal = visitor.post("/reset/verify", code=code, password="13800138000")
    good = visitor.post("/reset/verify", code=code, password=NEW)

    assert set(errors(short)) == set(errors(personal)) == {"password"}
    assert good.status_code == 303


def test_steps_cannot_be_skipped(app, person, browser):
    """CVE-2026-18963's shape: no code asked for, none accepted."""
    person(username="wanderer", phone=PHONE)
    visitor = browser()

    assert visitor.post("/reset/verify", code="000000", password=NEW).location == "/reset"
    assert visitor.post("/sign-up/verify", code="000000").location == "/sign-up"
    assert visitor.get("/sign-in/code/enter").location == "/sign-in/code"
    assert visitor.post("/sign-in/code/enter", code="000000").status_code == 403
    assert visitor.post("/confirm/code", code="000000").location == "/confirm"


def test_a_code_for_one_purpose_serves_no_other(person, browser, inbox):
    person(username="wanderer", phone=PHONE)
    visitor = browser()
    visitor.post("/sign-in/code", phone=PHONE)
    sign_in_code = inbox.code(PHONE)
    visitor.post("/reset", identifier="wanderer")

    answer = visitor.post("/reset/verify", code=sign_in_code, password=NEW)

    assert answer.status_code == 403 or inbox.code(PHONE) == sign_in_code


def test_confirming_renews_the_session_and_its_cookie(app, person, browser, clock):
    person(username="wanderer")
    visitor = browser()
    visitor.post("/sign-in", username="wanderer", password=PASSWORD)
    before = visitor.cookie("__Host-manyou-session")
    clock.advance(700)

    led = visitor.get("/account/phone")
    wrong = visitor.post("/confirm?next=/account/phone", password="not the password")
    right = visitor.post("/confirm?next=/account/phone", password=PASSWORD)

    assert led.location == "/confirm?next=%2Faccount%2Fphone"
    assert wrong.status_code == 403
    assert right.location == "/account/phone"
    assert visitor.cookie("__Host-manyou-session") != before
    assert visitor.get("/account/phone").status_code == 200


def test_a_second_factor_raises_the_level(app, person, browser, inbox):
    """Something known and something held: pwd, sms, mfa (RFC 8176), level 2."""
    person(username="wanderer", phone=PHONE)
    visitor = browser()
    visitor.post("/sign-in", username="wanderer", password=PASSWORD)

    visitor.post("/confirm/send")
    visitor.post("/confirm/code", code=inbox.code(PHONE))

    assert rows(app, "SELECT amr, aal FROM sso_session") == [("pwd sms mfa", 2)]


def test_a_confirmation_code_is_the_session_owners(person, browser, inbox):
    """Asked for by one, it does not confirm another who signed in here meanwhile."""
    person(username="wanderer", phone=PHONE)
    person(username="neighbour", phone="+8613900139000")
    visitor = browser()
    visitor.post("/sign-in", username="wanderer", password=PASSWORD)
    visitor.post("/confirm/send")
    code = inbox.code(PHONE)
    visitor.post("/sign-in", username="neighbour", password=PASSWORD)

    assert visitor.post("/confirm/code", code=code).location == "/confirm"


def neutral(answer):
    body = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)
    return answer.status_code, answer.location, body
