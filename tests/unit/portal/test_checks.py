"""Who checked me: what departments asked, in plain words, and an objection."""

import html
import re

import pytest

from idp.accounts import identifiers
from idp.clients.verification import Permission
from idp.db import Statement
from idp.oidc import mount
from idp.proofing.checks import asking, claims, questions
from idp.proofing.checks.office import Caller
from idp.web.house import KEY as HOUSE
from tests import departments
from tests.people import PASSWORD, rows
from tests.protocol.site import Deployment

MAY = Permission(frozenset({"vehicle"}), frozenset({"statutory_duty"}))


@pytest.fixture
def someone():
    return departments.resident(7)


@pytest.fixture
def bureau(app, settings, tmp_path, someone):
    """A department, and the register behind it."""
    house = app.extensions[HOUSE]
    departments.fill(settings.registry_database, house.vault, tmp_path, [someone])
    return departments.department(Deployment(app, None))


@pytest.fixture
def check(app, bureau, someone):
    """Let the department ask, and return the check's id."""

    def ask(key="k" * 16, **changes):
        client_id = bureau.site.client_id
        asked = questions.read(
            departments.question(
                someone, purpose="vehicle", legal_basis="statutory_duty", **changes
            )
        )
        office = app.extensions[mount.KEY].office
        return asking.ask(
            office, Caller(client_id, MAY), claims.fingerprint(client_id, key), asked
        ).check_id

    return ask


@pytest.fixture
def citizen(app, person, browser, someone):
    """A signed-in browser of somebody whose number is verified."""
    person_id = person(username="chenjing")
    house = app.extensions[HOUSE]
    with house.database.write() as tx:
        kind = identifiers.ID_NUMBER
        identifiers.add(tx, house.vault, person_id, kind, someone.id_number, verified=True)
    return _enter(browser, "chenjing")


def _enter(browser, username):
    opened = browser()
    opened.post("/sign-in", username=username, password=PASSWORD)
    assert opened.is_signed_in()
    return opened


def _words(response):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text)))


def test_each_check_is_told_in_plain_words(check, citizen):
    """Who, for what, why the law lets it, what was compared, and what was answered."""
    check()

    words = _words(citizen.get("/account/checks"))

    for told in (
        "Social Security Bureau",
        "Vehicles and driving licences",
        "It is the authority's duty by law",
        "Real name, ID number",
        "All of it is right",
    ):
        assert told in words


def test_checks_from_before_the_account_are_found(check, citizen):
    """The blind index of the number leads to them; the number itself is on no page."""
    check()

    assert "Social Security Bureau" in citizen.get("/account/checks").text


def test_a_check_is_bound_to_whoever_has_proven_the_number(app, citizen, check):
    check()

    (row,) = rows(app, "SELECT person_id FROM audit_event WHERE event = 'check:answer'")
    (known,) = rows(app, "SELECT person_id FROM identifier WHERE kind = 'id_number'")

    assert row == known


def test_a_claimed_number_shows_nothing(app, check, person, browser, someone):
    """Whoever merely says that a number is theirs does not learn who asked about it."""
    check()
    person(username="impostor", id_number=someone.id_number)

    page = _enter(browser, "impostor").get("/account/checks")

    assert "Social Security Bureau" not in page.text
    assert "once your real name is verified" in page.text


def test_nobody_sees_anothers_check(check, person, browser, citizen):
    person(username="stranger")

    answer = _enter(browser, "stranger").get(f"/account/checks/{check()}")

    assert answer.status_code == 404
    assert "check_unknown" in answer.text


def test_an_objection_is_recorded_once(app, check, citizen):
    """The page says what follows; the trail and the operators' list know of it."""
    path = f"/account/checks/{check()}"
    assert "Was this not you?" in citizen.get(path).text

    for _ in range(2):
        assert citizen.post(path, dispute="1").status_code == 303

    assert "Your objection is recorded" in citizen.get(path).text
    told = rows(app, "SELECT client_id FROM audit_event WHERE event = 'check:dispute'")
    assert len(told) == 1
    assert len(rows(app, "SELECT 1 FROM department_check WHERE disputed_at IS NOT NULL")) == 1


def test_an_objection_needs_a_fresh_factor(clock, check, citizen):
    """Somebody at an open screen cannot object in another's name."""
    path = f"/account/checks/{check()}"
    clock.advance(601)

    answer = citizen.client.get(path, base_url="https://id.example")

    assert "/confirm" in answer.headers["Location"]


def test_an_erased_person_is_loosened_from_checks(app, check, citizen):
    from idp.accounts import lifecycle

    check()
    ((person_id,),) = rows(app, "SELECT person_id FROM identifier WHERE kind = 'id_number'")
    with app.app_context(), app.extensions[HOUSE].database.write() as tx:
        lifecycle.erase(tx, person_id, actor="operator")

    assert rows(app, "SELECT person_id FROM department_check") == [(None,)]


def test_old_checks_are_forgotten(app, clock, check):
    """By their ids, which begin with their moment."""
    from idp.proofing.checks import history

    check()
    with app.extensions[HOUSE].database.write() as tx:
        assert history.forget(tx, kept=3600) == 0
        clock.advance(3601)
        assert history.forget(tx, kept=3600) == 1
        assert tx.all(Statement("SELECT 1 AS one FROM department_check")) == []
