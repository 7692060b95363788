"""Officers and operators: `manyou proofing`, on both databases."""

import json
from datetime import timedelta

import pytest

from idp import clock as idp_clock
from idp.db import Statement
from idp.proofing import appointments, points, verifications
from idp.proofing.cli import cli
from idp.proofing.errors import AppointmentUnknownError
from idp.registry.results import Result
from idp.web import house
from tests.people import PASSWORD, Browser, rows
from tests.unit.portal.registers import plug_in

NUMBER, OTHER_NUMBER = "11010519491231002X", "110101200002290026"
NAME, PHONE = "张三丰", "+8613800138000"


@pytest.fixture
def register(app):
    return plug_in(app)


@pytest.fixture
def manyou(app, register):
    def run(*words, stdin=""):
        with app.app_context():
            return app.test_cli_runner().invoke(cli, words, input=stdin)

    return run


@pytest.fixture
def visit(app, person):
    """Somebody with an appointment tomorrow."""
    person_id = person(username="visitor", phone=PHONE)
    with app.app_context(), house.database().write() as tx:
        return appointments.book(
            tx,
            house.settings(),
            person_id,
            point="linxi-hall",
            when=f"{points.days(house.settings())[0]} 10:00",
            level=4,
        )


def attest(manyou, *words, name=NAME, number=NUMBER):
    return manyou(
        *("attest", "--officer", "o-17", "--document", "citizen_card"),
        *("--name", name, "--id-number", number, *words),
    )


def level(app, person_id):
    with app.app_context(), house.database().read() as tx:
        return verifications.level_of(tx, person_id)


def test_an_officer_attests_level_four(app, manyou, visit, inbox):
    result = attest(manyou, "--appointment", visit.shown_code.lower())

    answer = json.loads(result.stdout)
    assert (answer["ial"], answer["source"], answer["result"]) == (4, "local", "MATCH")
    assert level(app, visit.person_id) == 4
    assert rows(app, "SELECT method, officer, document FROM verification") == [
        ("counter", "o-17", "citizen_card")
    ]
    assert rows(app, "SELECT state, seat FROM counter_appointment") == [("done", None)]
    assert inbox.all()[-1]["to"] == PHONE
    again = attest(manyou, "--appointment", visit.code)
    assert "appointment_unknown" in again.stderr
    assert again.exit_code == 1


def test_the_name_is_asked_for_when_it_is_not_given(app, manyou, visit):
    """So that it need not stand in the shell's history."""
    result = manyou(
        *("attest", "--officer", "o-17", "--document", "passport", "--appointment", visit.code),
        stdin=f"{NAME}\n{NUMBER}\n",
    )

    assert result.exit_code == 0, result.stderr
    assert level(app, visit.person_id) == 4


def test_without_an_appointment(app, manyou, person):
    person_id = person(username="walked-in")

    assert attest(manyou, "--person", person_id).exit_code == 0
    assert level(app, person_id) == 4


@pytest.mark.parametrize(
    ("result", "reason", "words", "passes"),
    [
        (Result.MISMATCH, "", (), False),
        (Result.MISMATCH, "", ("--paper-only", "--reason", "lost file"), False),
        (Result.SOURCE_DOWN, "", ("--paper-only", "--reason", "lost file"), False),
        (Result.NO_RECORD, "", (), False),
        (Result.NO_RECORD, "", ("--paper-only",), False),
        (Result.NO_RECORD, "deceased", ("--paper-only", "--reason", "lost file"), False),
        (Result.NO_RECORD, "cancelled", ("--paper-only", "--reason", "lost file"), False),
        (Result.NO_RECORD, "", ("--paper-only", "--reason", "lost file"), True),
        (Result.NO_RECORD, "name_rare", ("--paper-only", "--reason", "rare name"), True),
    ],
)
def test_paper_helps_only_whom_the_registers_do_not_know(
    app, manyou, register, visit, result, reason, words, passes
):
    register.result, register.reason = result, reason

    answer = attest(manyou, "--appointment", visit.code, *words)

    assert (answer.exit_code == 0) == passes
    assert level(app, visit.person_id) == (4 if passes else 1)
    if passes:
        assert rows(app, "SELECT source FROM verification") == [("counter",)]


def test_bad_input_is_said_and_nothing_asked(manyou, register, visit):
    answer = attest(manyou, "--appointment", visit.code, number="110105194912310021")

    assert "id_number_checksum" in answer.stderr
    assert register.questions == []


def test_withdrawing_frees_the_number(app, manyou, visit, person):
    attest(manyou, "--appointment", visit.code)
    other = person(username="another")
    refused = attest(manyou, "--person", other)
    assert "identity_already_proven" in refused.stderr

    answer = json.loads(manyou("withdraw", visit.person_id, "--because", "mistaken").stdout)

    assert answer["withdrawn"] == 1
    assert level(app, visit.person_id) == 1
    assert attest(manyou, "--person", other).exit_code == 0
    assert level(app, other) == 4


def test_the_owner_at_the_counter_wins_over_who_proved_the_number_online(
    app, manyou, visit, person
):
    """Name and number can be known to others; a person seen with the card stands above them."""
    thief = person(username="thief", id_number=NUMBER, real_name=NAME, identity_verified=True)
    browser = Browser(app)
    browser.post("/sign-in", username="thief", password=PASSWORD)
    assert browser.is_signed_in()
    refused = attest(manyou, "--appointment", visit.code)
    assert "identity_already_proven" in refused.stderr

    taken = attest(manyou, "--appointment", visit.code, "--dispossess")

    assert taken.exit_code == 0
    assert (level(app, visit.person_id), level(app, thief)) == (4, 1)
    assert not browser.is_signed_in()


def test_whom_an_officer_saw_is_not_dispossessed_by_another(manyou, visit, person):
    attest(manyou, "--appointment", visit.code)

    refused = attest(manyou, "--person", person(username="rival"), "--dispossess")

    assert "identity_already_proven" in refused.stderr


def test_a_changed_number_is_changed_at_the_counter(app, manyou, visit):
    attest(manyou, "--appointment", visit.code)
    assert (
        "identity_differs"
        in attest(manyou, "--person", visit.person_id, number=OTHER_NUMBER).stderr
    )

    manyou("withdraw", visit.person_id, "--because", "number corrected")

    assert attest(manyou, "--person", visit.person_id, number=OTHER_NUMBER).exit_code == 0


def test_the_list_of_a_day_masks_names(manyou, visit):
    listed = manyou("appointments", "--day", visit.day)

    (line,) = map(json.loads, listed.stdout.splitlines())
    assert (line["appointment"], line["slot"], line["state"]) == (
        *(visit.shown_code, "10:00", "booked"),
    )
    assert manyou("appointments", "--day", visit.day, "--point", "elsewhere").stdout == ""
    assert PHONE not in listed.stdout


def test_the_counters_are_listed(manyou):
    found = [json.loads(line)["code"] for line in manyou("points").stdout.splitlines()]

    assert found == [point.code for point in points.INVENTED]


class TestSeats:
    """Given once, given back, and missed."""

    def test_one_person_has_one_appointment(self, app, visit):
        with app.app_context(), house.database().write() as tx:
            again = appointments.book(
                tx, house.settings(), visit.person_id, point="linxi-hall", when="x", level=4
            )
        assert again == visit

    def test_a_cancelled_seat_is_free_again(self, app, visit):
        with app.app_context(), house.database().write() as tx:
            day = visit.date
            appointments.end(tx, visit, "cancelled")
            assert visit.slot in appointments.free(tx, house.settings(), visit.point)[day]
            with pytest.raises(AppointmentUnknownError):
                appointments.end(tx, visit, "cancelled")

    def test_who_did_not_come_may_book_again(self, app, clock, visit):
        clock.advance(3 * 86_400)
        with app.app_context(), house.database().write() as tx:
            assert appointments.standing(tx, visit.person_id) is None
            day = points.days(house.settings())[0]
            again = appointments.book(
                tx,
                house.settings(),
                visit.person_id,
                point="linxi-hall",
                when=f"{day} 09:00",
                level=4,
            )
            states = tx.all(Statement("SELECT state FROM counter_appointment ORDER BY state"))
        assert again.code != visit.code
        assert [row.state for row in states] == ["booked", "missed"]

    def test_no_sunday_and_nothing_today(self, app):
        with app.app_context():
            days = points.days(house.settings())

        assert len(days) == 6
        assert min(days) >= idp_clock.today() + timedelta(days=1)
        assert 6 not in {day.weekday() for day in days}


def test_a_counters_verification_shows_in_the_account(app, manyou, person):
    person_id = person(username="walked-in", password="a long and quiet river")
    attest(manyou, "--person", person_id)
    browser = Browser(app)
    browser.post("/sign-in", username="walked-in", password="a long and quiet river")

    page = browser.get("/account").text

    assert "Verified in person at a counter" in page
    assert "an officer" not in page  # the register confirmed it
    assert "the national population register" in page
    assert 'id="raise-level"' not in page
