"""Sign in with a password: one box for three names, one answer for every failure."""

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from tests.people import PASSWORD, errors, rows

ID_NUMBER = "11010519491231002X"
NAMES = {"username": "wanderer", "phone": "+8613800138000", "id_number": ID_NUMBER}


@pytest.mark.parametrize(
    "typed",
    ["wanderer", " Wanderer ", "13800138000", "+86 138-0013-8000", "11010519491231002x"],
)
def test_one_box_takes_user_name_phone_and_id_number(person, browser, typed):
    """Each spelling that people use finds the same account."""
    person(**NAMES)
    visitor = browser()

    answer = visitor.post("/sign-in", username=typed, password=PASSWORD)

    assert (answer.status_code, answer.location) == (303, "/account")
    assert visitor.is_signed_in()


def test_unknown_wrong_and_disabled_get_one_answer(app, person, browser):
    """ASVS 6.3.8: status, headers and body are the same, but for the form's own token."""
    person(username="wanderer")
    person(username="sleeper")
    person(username="phoneonly", phone="+8613800138001", password=None)
    with app.app_context():
        from idp.accounts import lifecycle
        from idp.web import house

        with house.database().write() as tx:
            (sleeper,) = rows_of(tx, "sleeper")
            lifecycle.disable(tx, sleeper, actor="test")

    answers = [
        browser().post("/sign-in", username=name, password=password)
        for name, password in (
            ("wanderer", "not the password"),
            ("stranger", PASSWORD),
            ("sleeper", PASSWORD),
            ("phoneonly", PASSWORD),
            ("13900139000", PASSWORD),
            ("", PASSWORD),
        )
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert len({neutral(answer) for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1


def test_the_session_id_changes_at_sign_in(person, browser):
    """ASVS 7.2.4: what somebody planted before is worth nothing after."""
    person(username="wanderer")
    visitor = browser()
    visitor.client.set_cookie("__Host-manyou-session", "planted", domain="id.example", secure=True)

    visitor.post("/sign-in", username="wanderer", password=PASSWORD)
    first = visitor.cookie("__Host-manyou-session")
    visitor.post("/sign-in", username="wanderer", password=PASSWORD)
    second = visitor.cookie("__Host-manyou-session")

    assert len({"planted", first, second}) == 3


def test_a_form_without_its_token_is_refused(person, browser):
    """Nobody is signed in to somebody else's account by a foreign page."""
    person(username="wanderer")
    visitor = browser()

    answer = visitor.client.post(
        "/sign-in",
        data={"username": "wanderer", "password": PASSWORD},
        base_url="https://id.example",
    )

    assert answer.status_code == 403
    assert not visitor.is_signed_in()


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "/sign-out", "/account\r\nX: y"],
)
def test_next_never_leaves_the_site(person, browser, target):
    person(username="wanderer")

    answer = browser().post(
        f"/sign-in?next={quote(target)}", username="wanderer", password=PASSWORD
    )

    assert answer.location == "/account"


def test_next_survives_a_failure_and_a_change_of_method(person, browser):
    person(username="wanderer")
    visitor = browser()

    page = visitor.post("/sign-in?next=/account/sites", username="wanderer", password="wrong one")
    links = re.findall(r'(?:href|action)="(/(?:sign-in|sign-up|reset)[^"]*)"', page.text)

    assert len(links) >= 4
    assert all("next=%2Faccount%2Fsites" in link for link in links)


def test_strangers_lock_only_themselves_out(person, browser):
    """TRUST L3: after ten wrong guesses from elsewhere, the owner's own browser still opens."""
    person(username="wanderer")
    own, stranger, elsewhere = browser(), browser("198.51.100.1"), browser("192.0.2.5")
    own.post("/sign-in", username="wanderer", password=PASSWORD)
    own.client.delete_cookie("__Host-manyou-session", domain="id.example")

    guesses = [
        stranger.post("/sign-in", username="wanderer", password=f"guess number {n}").status_code
        for n in range(11)
    ]

    assert guesses == [403] * 10 + [429]
    refused = elsewhere.post("/sign-in", username="wanderer", password=PASSWORD)
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    assert own.post("/sign-in", username="wanderer", password=PASSWORD).status_code == 303


def test_the_owner_enters_by_sms_while_strangers_are_locked_out(person, browser, inbox):
    person(username="wanderer", phone="+8613800138000")
    stranger, owner = browser("198.51.100.1"), browser()
    for n in range(11):
        stranger.post("/sign-in", username="wanderer", password=f"guess number {n}")

    owner.post("/sign-in/code", phone="13800138000")
    answer = owner.post("/sign-in/code/enter", code=inbox.code("+8613800138000"))

    assert answer.status_code == 303
    assert owner.is_signed_in()


def test_an_account_has_one_budget_whatever_it_is_called(person, browser):
    """Ten tries in all; and the answer does not tell that two names lead to one person."""
    person(**NAMES)
    stranger = browser()
    for n in range(5):
        stranger.post("/sign-in", username="wanderer", password=f"guess number {n}")
        stranger.post("/sign-in", username="13800138000", password=f"guess number {n}")

    right = browser("192.0.2.5").post("/sign-in", username=ID_NUMBER, password=PASSWORD)

    assert right.status_code == 403


def test_a_success_forgives_what_came_before(person, browser):
    person(username="wanderer")
    for _ in range(3):
        visitor = browser()
        for n in range(6):
            visitor.post("/sign-in", username="wanderer", password=f"guess number {n}")
        assert visitor.post("/sign-in", username="wanderer", password=PASSWORD).status_code == 303


def test_no_more_than_a_hundred_guesses_a_day(app, person, browser, clock):
    """Patience does not help: the day's budget is counted apart."""
    person(username="wanderer")
    stranger, evaluated = browser(), 0
    for round_ in range(12):
        clock.advance(601)
        for n in range(10):
            answer = stranger.post("/sign-in", username="wanderer", password=f"no {round_} {n}")
            evaluated += answer.status_code == 403

    assert evaluated == 100


def test_raced_guesses_do_not_slip_past_the_budget(app, person, browser):
    """Forty at once: no more than ten are compared."""
    person(username="wanderer")
    visitors = [browser() for _ in range(8)]
    for visitor in visitors:
        visitor.get("/sign-in")

    def guess(n):
        return (
            visitors[n % 8]
            .post("/sign-in", username="wanderer", password=f"guess number {n}")
            .status_code
        )

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(40)))

    assert answers.count(403) == 10
    assert set(answers) <= {403, 429, 503}


def test_every_try_leaves_one_event_and_no_personal_data(app, person, browser):
    person(username="wanderer", phone="+8613800138000")

    browser().post("/sign-in", username="13800138000", password="not the password")
    browser().post("/sign-in", username="13800138000", password=PASSWORD)

    events = rows(
        app,
        "SELECT outcome, reason, address, data FROM audit_event "
        "WHERE event = 'person:sign_in' ORDER BY sequence",
    )
    assert [event[:3] for event in events] == [
        ("failure", "credentials_wrong", "203.0.113.*"),
        ("success", "", "203.0.113.*"),
    ]
    assert "138" not in "".join(event[3] for event in events)


def test_a_busy_hasher_says_so(app, person, browser, monkeypatch):
    """A flood of guesses is answered with 503, not with waiting threads."""
    from idp.crypto.hashing import HashingBusyError, LocalHasher

    def busy(self, password, stored):
        raise HashingBusyError

    monkeypatch.setattr(LocalHasher, "verify", busy)

    answer = browser().post("/sign-in", username="wanderer", password=PASSWORD)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


def test_an_empty_box_says_nothing_special(browser):
    answer = browser().post("/sign-in")

    assert answer.status_code == 403
    assert set(errors(answer)) == {"password"}


def rows_of(tx, username):
    from idp.accounts import identifiers
    from idp.web import house

    return [identifiers.find(tx, house.vault(), identifiers.USERNAME, username)]


def neutral(answer):
    """Return a page without what differs between any two pages: token and what was typed."""
    text = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)
    return re.sub(r'(id="username"[^>]*) value="[^"]*"', r"\1", text)
