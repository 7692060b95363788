"""The citizen's own space: only for its owner, everything listed, everything can be ended."""

import re

import pytest

from idp.db import Statement
from idp.sessions import service as sessions
from idp.web import house
from tests.people import PASSWORD, errors, rows

PHONE, NEW_PHONE = "+8613800138000", "+8613900139000"
PAGES = ("", "/profile", "/sessions", "/sites", "/security", "/phone", "/phone/verify")


@pytest.fixture
def wanderer(person, browser):
    """Somebody signed in."""
    person(username="wanderer", phone=PHONE, id_number="11010519491231002X", real_name="张三丰")
    visitor = browser()
    visitor.post("/sign-in", username="wanderer", password=PASSWORD)
    return visitor


@pytest.mark.parametrize("page", PAGES)
def test_nobody_enters_without_a_session(browser, page):
    answer = browser().get(f"/account{page}")

    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in?next=%2Faccount")


@pytest.mark.parametrize("page", PAGES[:-1])
def test_pages_show_personal_data_masked(wanderer, page):
    answer = wanderer.get(f"/account{page}")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    for secret in ("13800138000", "11010519491231002X", "张三丰", PASSWORD):
        assert secret not in answer.text


def test_what_is_claimed_is_called_so(wanderer):
    assert "not verified yet" in wanderer.get("/account/profile").text


def test_the_display_name_is_kept_and_escaped(wanderer):
    wanderer.post("/account/profile", display_name='<b>"小张"', locale="en")

    page = wanderer.get("/account").text
    assert "&lt;b&gt;&#34;小张&#34;" in page
    assert "<b>" not in page


def test_a_display_name_has_no_invisible_characters(wanderer):
    answer = wanderer.post("/account/profile", display_name="a\u202eb")

    assert set(errors(answer)) == {"display_name"}


def test_one_browser_can_be_signed_out_from_another(wanderer, browser):
    other = browser()
    other.post("/sign-in", username="wanderer", password=PASSWORD)
    page = wanderer.get("/account/sessions").text
    ends = re.findall(r'action="(/account/sessions/\w+/end)"', page)
    current = re.search(r"This device.*?action=\"([^\"]+)\"", page, re.DOTALL)[1]

    (foreign,) = set(ends) - {current}
    wanderer.post(foreign)

    assert wanderer.is_signed_in()
    assert not other.is_signed_in()


def test_nobody_ends_the_session_of_another(app, wanderer, person, browser):
    """TRUST G7: a foreign id is no error and no lever."""
    person(username="neighbour")
    neighbour = browser()
    neighbour.post("/sign-in", username="neighbour", password=PASSWORD)
    ids = [row[0] for row in rows(app, "SELECT session_id FROM sso_session ORDER BY created_at")]

    for session_id in ids:
        neighbour.post(f"/account/sessions/{session_id}/end")

    assert wanderer.is_signed_in()


def test_signing_out_everywhere_tells_every_site(app, wanderer, browser):
    other = browser()
    other.post("/sign-in", username="wanderer", password=PASSWORD)
    enter_sites(app)

    answer = wanderer.post("/account/sessions/end-all")

    assert answer.location.startswith("/signed-out?session=")
    assert not wanderer.is_signed_in()
    assert not other.is_signed_in()
    assert rows(app, "SELECT count(*) FROM job WHERE kind = 'backchannel_logout'") == [(2,)]


def test_withdrawing_leaves_the_site(app, wanderer):
    enter_sites(app)

    answer = wanderer.post("/account/sites/site-1/withdraw")

    assert answer.location == "/account/sites?withdrawn=1"
    assert rows(app, "SELECT notice FROM client_session") == [("pending",)]
    assert "A site that has closed" in wanderer.get("/account/sites").text


class TestPassword:
    """Changing it needs the old one, and ends what else is open."""

    NEW = "an entirely different lake"

    def test_a_new_password_ends_other_sessions(self, wanderer, browser, inbox):
        other = browser()
        other.post("/sign-in", username="wanderer", password=PASSWORD)
        before = wanderer.cookie("__Host-manyou-session")

        answer = wanderer.post("/account/security", current_password=PASSWORD, password=self.NEW)

        assert answer.location == "/account/security?saved=1"
        assert wanderer.is_signed_in()
        assert wanderer.cookie("__Host-manyou-session") != before
        assert not other.is_signed_in()
        assert inbox.all()[-1]["to"] == PHONE
        assert browser().post("/sign-in", username="wanderer", password=self.NEW).status_code == 303

    def test_the_old_one_is_needed(self, wanderer, browser):
        answer = wanderer.post("/account/security", current_password="wrong", password=self.NEW)

        assert set(errors(answer)) == {"current_password"}
        assert browser().post("/sign-in", username="wanderer", password=PASSWORD).status_code == 303

    def test_a_bad_new_one_is_refused(self, wanderer, browser):
        for bad in ("short", "13800138000", "password1"):
            answer = wanderer.post("/account/security", current_password=PASSWORD, password=bad)
            assert set(errors(answer)) == {"password"}, bad

    def test_whoever_has_none_needs_a_fresh_factor(self, person, browser, inbox, clock):
        person(phone=NEW_PHONE, password=None)
        visitor = browser()
        visitor.post("/sign-in/code", phone=NEW_PHONE)
        visitor.post("/sign-in/code/enter", code=inbox.code(NEW_PHONE))
        clock.advance(700)

        stale = visitor.post("/account/security", password=self.NEW)
        visitor.post("/confirm/send")
        visitor.post("/confirm/code", code=inbox.code(NEW_PHONE))
        fresh = visitor.post("/account/security", password=self.NEW)

        assert stale.location == "/confirm?next=/account/security"
        assert fresh.location == "/account/security?saved=1"


class TestPhone:
    """Changing it needs a fresh factor and the new phone's answer; the old one is told."""

    def test_the_new_phone_answers_and_the_old_one_is_told(self, wanderer, browser, inbox):
        wanderer.post("/account/phone", phone=NEW_PHONE)
        wanderer.post("/account/phone/verify", code=inbox.code(NEW_PHONE))

        assert "139****9000" in wanderer.get("/account/profile").text
        assert [m["to"] for m in inbox.all() if m["purpose"] == "notice"] == [PHONE]
        assert browser().post("/sign-in", username=PHONE, password=PASSWORD).status_code == 403

    def test_a_stale_session_is_asked_first(self, wanderer, inbox, clock):
        clock.advance(700)

        answer = wanderer.post("/account/phone", phone=NEW_PHONE)

        assert answer.location.startswith("/confirm?next=")
        assert inbox.all() == []

    def test_the_phone_of_another_stays_theirs(self, wanderer, person, inbox):
        person(username="neighbour", phone=NEW_PHONE)
        wanderer.post("/account/phone", phone=NEW_PHONE)

        answers = [wanderer.post("/account/phone/verify", code=f"{n:06}") for n in range(3)]

        (told,) = inbox.all()
        assert (told["to"], told["code"], told["purpose"]) == (NEW_PHONE, "", "notice")
        assert {answer.status_code for answer in answers} == {403}


def test_recent_activity_lists_failures(wanderer, browser):
    browser("198.51.100.1").post("/sign-in", username="wanderer", password="not the password")

    page = wanderer.get("/account/security").text

    assert "198.51.100.*" in page
    assert "Refused" in page


def test_preferences_are_kept_and_lead_back(browser):
    visitor = browser()

    answer = visitor.post("/preferences", large_text="1", return_to="/sign-in?next=/account")

    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/account")
    assert 'class="large-text"' in visitor.get("/").text
    assert visitor.post("/preferences", return_to="//evil.example").location == "/"


def enter_sites(app):
    """Let every living session enter one site."""
    living = rows(app, "SELECT session_id, person_id FROM sso_session WHERE ended_at IS NULL")
    with app.app_context(), house.database().write() as tx:
        for session_id, person_id in living:
            session = sessions.Session(session_id, person_id, 0, "pwd", 1, 1, 0, 0, 0)
            tx.run(Statement(sessions.ENTER), **sessions.entering(session, "site-1"))
