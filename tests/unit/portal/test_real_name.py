"""A citizen proves a name: every result ends in a page with a way on, and none proves too much."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.accounts import lifecycle
from idp.db import Statement
from idp.registry.results import Result
from idp.web import house
from tests.people import PASSWORD, errors, rows
from tests.unit.portal.citizens import (
    at_once,
    enrol,
    expire,
    follow,
    leads_on,
    level,
    mark,
    own_mark,
    step,
    turn,
)
from tests.unit.portal.registers import plug_in

PATH = "/account/real-name"
NUMBER, OTHER_NUMBER = "11010519491231002X", "110101200002290026"
PHONE, OTHER_PHONE = "+8613800138000", "+8613900139000"
NAME = "张三丰"


@pytest.fixture
def register(app):
    """The authority, as this test wants it."""
    return plug_in(app)


@pytest.fixture
def citizen(register, person, browser):
    """Somebody signed in at level 1."""
    return enrol(person, browser, username="citizen", phone=PHONE)


def walk_to_form(visitor, query=""):
    visitor.get(f"{PATH}{query}")
    visitor.post(PATH, way="name_id")
    return visitor.post(f"{PATH}/notice", agree="1")


def prove(visitor, name=NAME, number=NUMBER, query=""):
    walk_to_form(visitor, query)
    return visitor.post(f"{PATH}/enter", real_name=name, id_number=number)


class TestTheRoad:
    """Choose, agree, enter, be told."""

    def test_from_level_one_to_two(self, app, citizen, inbox):
        answer = prove(citizen)

        assert answer.location == f"{PATH}/proven"
        page = citizen.get(answer.location).text
        assert "Your real name is verified" in page
        assert NUMBER not in page
        assert level(app, citizen) == 2
        assert "real name is now verified" in inbox.all()[-1]["text"]
        assert inbox.all()[-1]["to"] == PHONE

    def test_what_is_proven_is_kept(self, app, citizen):
        prove(citizen, name="阿依古丽•买买提", number=" 1101 0519 4912 3100 2x ")

        with app.app_context(), house.database().read() as tx:
            found = tx.one(Statement("SELECT verified_at FROM identifier WHERE kind = 'id_number'"))
        assert found.verified_at
        profile = citizen.get("/account/profile").text
        assert "1****************X" in profile
        assert "not verified yet" not in profile
        assert rows(app, "SELECT entry_sealed FROM real_name_attempt") == [(None,)]
        assert rows(app, "SELECT method, result, ial, source FROM verification") == [
            ("name_id", "MATCH", 2, "local")
        ]

    def test_the_question_is_normalised(self, register, citizen):
        prove(citizen, name="阿依古丽•买买提", number="１１０１０５１９４９１２３１００２ｘ")

        (query,) = register.questions
        assert (query.name, query.id_number) == ("阿依古丽\u00b7买买提", NUMBER)

    def test_no_transaction_waits_for_the_authority(self, register, citizen):
        register.result = Result.SOURCE_DOWN
        prove(citizen)
        citizen.post(f"{PATH}/review")

        assert len(register.questions) == 2
        assert not register.within_transaction

    def test_a_rare_character_is_entered_by_its_number(self, register, citizen):
        prove(citizen, name="李U+2CC56")

        assert register.questions[0].name == "李\U0002cc56"

    def test_no_step_can_be_left_out(self, app, register, citizen):
        """TRUST §2: step skipping; a form posted at the wrong step changes nothing."""
        citizen.get(PATH)

        for path, form in (
            ("enter", {"real_name": NAME, "id_number": NUMBER}),
            ("review", {}),
            ("notice", {"agree": "1"}),
            ("move", {"move": "match", "at": "1"}),
        ):
            answer = citizen.post(f"{PATH}/{path}", **form)
            assert answer.location == PATH, path
        for path in ("notice", "enter", "review", "checking", "elsewhere", "proven", "booked"):
            assert citizen.get(f"{PATH}/{path}").location == PATH, path
        assert register.questions == []
        assert level(app, citizen) == 1

    def test_an_empty_form_is_refused_field_by_field(self, register, citizen):
        walk_to_form(citizen)

        answer = citizen.post(f"{PATH}/enter", real_name="", id_number="110105194912310021")

        assert answer.status_code == 400
        assert set(errors(answer)) == {"real_name", "id_number"}
        assert register.questions == []

    def test_back_leads_where_one_was(self, app, citizen):
        walk_to_form(citizen)

        for expected in ("notice", "ways"):
            turn(citizen, "back")
            assert step(app, citizen) == expected

    def test_a_second_click_on_back_goes_back_once(self, app, citizen):
        walk_to_form(citizen)
        at = re.search(r'name="at" value="([\w-]+)"', citizen.get(f"{PATH}/enter").text)[1]

        for _ in range(2):
            citizen.post(f"{PATH}/move", move="back", at=at)

        assert step(app, citizen) == "notice"

    def test_another_way_forgets_what_was_typed(self, app, register, citizen):
        register.result = Result.SOURCE_DOWN
        prove(citizen)

        turn(citizen, "another_way")

        assert rows(app, "SELECT step, entry_sealed FROM real_name_attempt") == [("ways", None)]

    def test_consent_is_on_the_trail(self, app, citizen):
        walk_to_form(citizen)

        assert rows(app, "SELECT count(*) FROM audit_event WHERE event = 'identity:agree'") == [
            (1,)
        ]

    def test_nothing_personal_lies_in_clear(self, app, register, citizen):
        register.result = Result.SOURCE_DOWN
        prove(citizen)

        tables = ("real_name_attempt", "audit_event", "verification", "throttle", "job")
        dump = "".join(repr(rows(app, f"SELECT * FROM {table}")) for table in tables)
        for secret in (NUMBER, NAME, PHONE):
            assert secret not in dump
            assert secret.encode().hex() not in dump
            assert repr(secret.encode())[2:-1] not in dump


RESULTS = [
    (Result.MISMATCH, 403, "identity_mismatch", "enter"),
    (Result.BAD_INPUT, 400, "identity_unreadable", "enter"),
    (Result.NO_RECORD, 409, "identity_not_checkable", "elsewhere"),
    (Result.NO_PHOTO, 409, "identity_not_checkable", "elsewhere"),
    (Result.FACE_GREY, 409, "identity_not_checkable", "elsewhere"),
    (Result.SOURCE_DOWN, 503, "authority_unavailable", "review"),
    (Result.RATE_LIMITED, 503, "authority_unavailable", "review"),
]


class TestRefusals:
    """Every result ends in a page with a code and a way on."""

    @pytest.mark.parametrize(("result", "status", "code", "expected"), RESULTS)
    def test_a_page_with_a_way_on(self, app, register, citizen, result, status, code, expected):
        register.result = result

        answer = prove(citizen)

        assert answer.status_code == status
        assert f'id="error-code">{code}<' in answer.text
        assert leads_on(answer)
        assert step(app, citizen) == expected
        assert level(app, citizen) == 1
        assert not rows(app, "SELECT * FROM identifier WHERE kind = 'id_number'")
        again = follow(citizen, PATH)
        assert code in again.text
        assert leads_on(again)

    @pytest.mark.parametrize("reason", ["deceased", "cancelled", "name_rare", "no_such_number"])
    def test_nobody_is_told_why_there_is_no_record(self, register, citizen, reason):
        register.result, register.reason = Result.NO_RECORD, reason

        page = prove(citizen).text

        assert reason not in page

    def test_a_mismatch_does_not_say_what_differs(self, register, citizen):
        register.result = Result.MISMATCH

        answer = prove(citizen)

        assert errors(answer) == {}
        assert NAME in answer.text  # the form keeps what was typed

    @pytest.mark.parametrize("result", [Result.SOURCE_DOWN, Result.RATE_LIMITED])
    def test_an_authority_that_is_away_is_asked_later(self, app, register, citizen, result):
        register.result = result
        answer = prove(citizen)
        assert answer.headers["Retry-After"] == "60"
        assert "A verification is waiting" in citizen.get("/account").text

        register.result = Result.MATCH
        answer = citizen.post(f"{PATH}/review")

        assert answer.location == f"{PATH}/proven"
        assert level(app, citizen) == 2
        assert register.questions[0] == register.questions[1]

    def test_silence_is_no_record_of_verification(self, app, register, citizen):
        register.result = Result.SOURCE_DOWN
        prove(citizen)

        assert rows(app, "SELECT * FROM verification") == []

    def test_failures_are_records_that_prove_nothing(self, app, register, citizen):
        register.result = Result.MISMATCH
        prove(citizen)

        assert rows(app, "SELECT result, ial FROM verification") == [("MISMATCH", 1)]
        assert "Not confirmed" in citizen.get(f"{PATH}/history").text

    def test_try_again_after_no_record(self, app, register, citizen):
        register.result = Result.NO_RECORD
        prove(citizen)
        turn(citizen, "retry")
        register.result = Result.MATCH

        citizen.post(f"{PATH}/enter", real_name=NAME, id_number=NUMBER)

        assert level(app, citizen) == 2


class TestFreshness:
    """L10: who proves a name has just shown a factor, and loses nothing by showing it again."""

    def test_a_stale_session_confirms_first_and_comes_back(self, app, clock, register, citizen):
        walk_to_form(citizen)
        clock.advance(601)

        answer = citizen.post(f"{PATH}/enter", real_name=NAME, id_number=NUMBER)
        assert answer.location == f"{PATH}/review"
        answer = citizen.get(answer.location)
        assert answer.location == "/confirm?next=%2Faccount%2Freal-name%2Freview"
        assert register.questions == []
        answer = citizen.post(answer.location, password=PASSWORD)

        assert answer.location == f"{PATH}/review"
        page = citizen.get(answer.location).text
        assert NAME in page
        assert NUMBER not in page
        assert citizen.post(f"{PATH}/review").location == f"{PATH}/proven"

    @pytest.mark.parametrize("page", ["notice", "enter", "review"])
    def test_no_stale_session_asks(self, clock, register, citizen, page):
        register.result = Result.SOURCE_DOWN
        prove(citizen)
        clock.advance(601)

        answer = citizen.post(f"{PATH}/{page}", real_name=NAME, id_number=NUMBER)

        assert answer.status_code == 303
        assert len(register.questions) == 1

    def test_an_attempt_is_forgotten_after_its_day(self, clock, register, citizen):
        register.result = Result.SOURCE_DOWN
        prove(citizen)
        clock.advance(86_401)
        citizen.post("/sign-in", username="citizen", password=PASSWORD)

        assert "A verification is waiting" not in citizen.get("/account").text
        assert citizen.get(f"{PATH}/review").location.startswith((PATH, "/confirm"))


class TestWhoseNumber:
    """TRUST F4 and decision 6: proven owners win over claimants, and never change hands."""

    def test_a_claimant_loses_everything(self, app, register, person, browser, inbox):
        thief = enrol(
            person,
            browser,
            username="claimant",
            phone=OTHER_PHONE,
            id_number=NUMBER,
            real_name=NAME,
        )
        owner = enrol(person, browser, username="rightful", phone=PHONE)

        assert prove(owner).location == f"{PATH}/proven"

        assert not thief.is_signed_in()
        assert browser().post("/sign-in", username=NUMBER, password="x").status_code == 403
        assert owner.is_signed_in()
        told = {message["to"]: message["text"] for message in inbox.all()}
        assert "no longer belongs" in told[OTHER_PHONE]
        assert "now verified" in told[PHONE]
        parts = rows(app, "SELECT person_id FROM audit_event WHERE event = 'identity:take_over'")
        assert {row[0] for row in parts} == {thief.person_id, owner.person_id}

    def test_a_proven_number_stays(self, app, register, person, browser):
        owner = enrol(person, browser, username="rightful", phone=PHONE)
        prove(owner)
        late = enrol(person, browser, username="latecomer", phone=OTHER_PHONE)

        answer = prove(late)

        assert answer.status_code == 409
        assert 'id="error-code">identity_already_proven<' in answer.text
        assert "/sign-in" in answer.text
        assert level(app, late) == 1
        assert level(app, owner) == 2
        assert owner.is_signed_in()
        assert step(app, late) == "elsewhere"
        assert rows(app, "SELECT person_id FROM identifier WHERE kind = 'id_number'") == [
            (owner.person_id,)
        ]

    def test_a_refused_match_takes_nothing_from_the_loser(self, app, register, person, browser):
        owner = enrol(person, browser, username="rightful", phone=PHONE)
        prove(owner)
        late = enrol(
            person, browser, username="latecomer", phone=OTHER_PHONE, id_number=OTHER_NUMBER
        )

        prove(late)

        kinds = rows(
            app, f"SELECT kind FROM identifier WHERE person_id = '{late.person_id}' ORDER BY kind"
        )
        assert kinds == [("id_number",), ("phone",), ("username",)]

    def test_nobody_becomes_another(self, app, register, citizen):
        prove(citizen)
        expire(app)
        walk_to_form(citizen)

        answer = citizen.post(f"{PATH}/enter", real_name=NAME, id_number=OTHER_NUMBER)

        assert answer.status_code == 409
        assert 'id="error-code">identity_differs<' in answer.text
        assert len(register.questions) == 1

    def test_what_one_typed_is_not_checked_as_anothers(self, app, register, person, browser):
        """Two people, one browser: a form left open by the first is no form of the second."""
        shared = enrol(person, browser, username="first")
        walk_to_form(shared)
        left_open = mark(shared.get(f"{PATH}/enter").text)
        shared.post("/sign-out")
        shared.person_id = person(username="second")
        shared.post("/sign-in", username="second", password=PASSWORD)
        walk_to_form(shared)

        answer = shared.post(f"{PATH}/enter", real_name=NAME, id_number=NUMBER, at=left_open)

        assert answer.location == f"{PATH}/enter"
        assert not register.questions
        assert rows(app, "SELECT entry_sealed FROM real_name_attempt") == [(None,), (None,)]
        own = mark(shared.get(f"{PATH}/enter").text)
        shared.post(f"{PATH}/enter", real_name=NAME, id_number=NUMBER, at=own)
        assert level(app, shared) == 2

    def test_a_browser_left_open_does_not_tell_whose_number_is_proven(self, app, clock, citizen):
        prove(citizen)
        expire(app)
        walk_to_form(citizen)
        clock.advance(601)

        for number in (NUMBER, OTHER_NUMBER):
            answer = citizen.post(f"{PATH}/enter", real_name=NAME, id_number=number)
            assert (answer.status_code, answer.location) == (303, f"{PATH}/review")
            assert citizen.get(f"{PATH}/review").location.startswith("/confirm")
            citizen.post(f"{PATH}/move", move="back", at=own_mark(app, citizen))

    def test_a_new_legal_name_takes_the_place_of_the_old(self, app, register, citizen):
        prove(citizen)
        expire(app)

        prove(citizen, name="张四")

        assert level(app, citizen) == 2
        assert "张*" in citizen.get("/account/profile").text

    def test_two_accounts_race_for_one_number(self, app, register, person, browser):
        """One is proven; the other is told, and keeps what it had."""
        racers = [
            enrol(person, browser, username=f"racer{n}", phone=phone)
            for n, phone in enumerate((PHONE, OTHER_PHONE))
        ]
        for racer in racers:
            walk_to_form(racer)
        register.gate = threading.Barrier(2)

        answers = at_once(
            lambda racer: racer.post(f"{PATH}/enter", real_name=NAME, id_number=NUMBER), racers
        )

        assert sorted(answer.status_code for answer in answers) == [303, 409]
        assert sorted(level(app, racer) for racer in racers) == [1, 2]


class TestBudgets:
    """Tries are counted before the authority is asked."""

    def test_an_account_has_five_a_day(self, register, citizen):
        register.result = Result.MISMATCH
        walk_to_form(citizen)
        for _ in range(5):
            answer = citizen.post(f"{PATH}/enter", real_name=NAME, id_number=NUMBER)
            assert answer.status_code == 403

        answer = citizen.post(f"{PATH}/enter", real_name=NAME, id_number=NUMBER)

        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        assert leads_on(answer)
        assert len(register.questions) == 5

    def test_silence_costs_nothing(self, register, citizen):
        register.result = Result.SOURCE_DOWN
        prove(citizen)
        for _ in range(8):
            assert citizen.post(f"{PATH}/review").status_code == 503

        assert len(register.questions) == 9

    def test_no_record_costs_the_account_and_not_the_number(self, app, register, person, browser):
        """Else one account could find out which numbers exist; but it is no sign of fraud."""
        register.result = Result.NO_RECORD
        first = enrol(person, browser, username="pioneer")
        prove(first)
        for _ in range(4):
            turn(first, "retry")
            first.post(f"{PATH}/enter", real_name=NAME, id_number=NUMBER)
        turn(first, "retry")

        answer = first.post(f"{PATH}/enter", real_name=NAME, id_number=NUMBER)

        assert answer.status_code == 429
        for n in range(3):
            prove(enrol(person, browser, username=f"another{n}"))
        assert len(register.questions) == 8

    def test_twenty_accounts_racing_at_one_number_ask_ten_times(self, register, person, browser):
        register.result = Result.MISMATCH
        racers = [enrol(person, browser, username=f"racer{n}") for n in range(20)]
        for racer in racers:
            walk_to_form(racer)

        answers = at_once(
            lambda racer: racer.post(f"{PATH}/enter", real_name=NAME, id_number=NUMBER), racers
        )

        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [403] * 10 + [429] * 10
        assert len(register.questions) == 10

    def test_two_windows_ask_once(self, app, register, citizen):
        """Claim before use: of two windows that send the same attempt one asks."""
        register.result = Result.SOURCE_DOWN
        prove(citizen)
        register.result, register.questions = Result.MATCH, []
        windows = [twin(citizen) for _ in range(6)]

        answers = at_once(lambda window: window.post(f"{PATH}/review"), windows)

        assert {answer.status_code for answer in answers} == {303}
        assert len(register.questions) == 1
        assert level(app, citizen) == 2

    @pytest.mark.parametrize("close", [lifecycle.disable, lifecycle.erase])
    def test_an_account_closed_meanwhile_is_not_proven(self, app, register, citizen, close):
        walk_to_form(citizen)
        register.gate = threading.Barrier(2)
        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(citizen.post, f"{PATH}/enter", real_name=NAME, id_number=NUMBER)
            while not register.questions:
                time.sleep(0.01)
            with app.app_context(), house.database().write() as tx:
                close(tx, citizen.person_id, actor="operator")
            register.gate.wait(10)

            assert asking.result().status_code == 303

        assert rows(app, "SELECT 1 FROM verification") == []
        assert rows(app, "SELECT 1 FROM identifier WHERE kind = 'id_number'") == []

    def test_an_answer_that_comes_too_late_proves_nothing(self, app, clock, register, citizen):
        """Whoever asks is fenced: the attempt was given up, and went another way."""
        walk_to_form(citizen)
        register.gate = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(citizen.post, f"{PATH}/enter", real_name=NAME, id_number=NUMBER)
            other = twin(citizen)
            while not register.questions:
                pass
            assert "The authority is being asked" in follow(other, PATH).text
            clock.advance(61)
            assert "Not checked yet" in follow(other, PATH).text
            turn(other, "another_way")
            register.gate.set()
            answer = slow.result(20)

        assert answer.location == PATH
        assert level(app, citizen) == 1
        assert rows(app, "SELECT count(*) FROM verification") == [(0,)]


def twin(visitor):
    """Return another window of the same browser."""
    other = type(visitor)(visitor.client.application, visitor.address)
    for name in ("__Host-manyou-session", "__Host-manyou-browser"):
        other.client.set_cookie(
            name, visitor.cookie(name), domain="id.example", secure=True, path="/"
        )
    return other


class TestTheSiteThatWaits:
    """`next` and `level` go along, and nobody is sent away from the house."""

    def test_a_page_of_the_house_is_come_back_to(self, citizen):
        answer = prove(citizen, query="?level=2&next=/account/security")

        assert answer.location == "/account/security"

    @pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "/\\evil"])
    def test_nobody_is_sent_away(self, citizen, evil):
        assert prove(citizen, query=f"?level=2&next={evil}").location == f"{PATH}/proven"

    def test_who_has_the_level_goes_straight_on(self, citizen):
        prove(citizen)

        answer = citizen.get(f"{PATH}?level=2&next=/account/sites")

        assert answer.location == "/account/sites"

    def test_a_higher_level_is_asked_for_openly(self, citizen):
        page = citizen.get(f"{PATH}?level=4").text

        assert "Reaches level 2 only" in page

    def test_what_is_reached_may_not_be_enough(self, citizen):
        prove(citizen, query="?level=3&next=/account/sites")

        page = follow(citizen, f"{PATH}/proven").text
        assert "More is asked for" in page
        assert 'id="raise"' in page

    def test_a_request_that_expired_waits_no_more(self, citizen):
        answer = prove(citizen, query="?level=2&next=/authorize/resume/nothing")

        assert answer.location == f"{PATH}/proven"
        assert 'id="continue"' not in citizen.get(answer.location).text


class TestCounter:
    """Appointments: chosen, confirmed, given back."""

    def seat(self, visitor):
        visitor.get(PATH)
        visitor.post(PATH, way="counter")
        page = follow(visitor, PATH).text
        return re.search(r'name="seat" value="([^"]+)"', page)[1]

    def test_book_see_and_cancel(self, app, citizen, inbox):
        seat = self.seat(citizen)

        answer = citizen.post(f"{PATH}/counter", seat=seat)

        assert answer.location == f"{PATH}/booked"
        page = citizen.get(answer.location).text
        code = re.search(r'id="appointment-code">([^<]+)<', page)[1]
        assert code in inbox.all()[-1]["text"]
        assert code in citizen.get("/account").text
        citizen.post(f"{PATH}/appointment", cancel="1")
        assert code not in citizen.get("/account").text
        assert rows(app, "SELECT state, seat FROM counter_appointment") == [("cancelled", None)]

    def test_after_no_record_a_counter_helps(self, register, citizen):
        register.result = Result.NO_RECORD
        prove(citizen)
        turn(citizen, "visit")

        assert "Appointment at a counter" in follow(citizen, PATH).text

    @pytest.mark.parametrize("seat", ["", "nowhere/2030-01-01 09:00", "qinghe-centre/x", "/"])
    def test_a_seat_that_is_not_offered(self, citizen, seat):
        self.seat(citizen)

        answer = citizen.post(f"{PATH}/counter", seat=seat)

        assert answer.status_code == 409
        assert 'id="error-code">appointment_full<' in answer.text

    def test_the_last_seat_is_given_once(self, app, register, person, browser):
        racers = [enrol(person, browser, username=f"racer{n}") for n in range(8)]
        seats = [self.seat(racer) for racer in racers]

        answers = at_once(lambda racer: racer.post(f"{PATH}/counter", seat=seats[0]), racers)

        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [303] * 2 + [409] * 6
        assert rows(app, "SELECT count(*) FROM counter_appointment") == [(2,)]


def test_an_erased_person_leaves_nothing(app, register, citizen):
    from idp.accounts import lifecycle

    prove(citizen)
    TestCounter().seat(citizen)
    with app.app_context(), house.database().write() as tx:
        lifecycle.erase(tx, citizen.person_id, actor="test")

    for table in ("real_name_attempt", "counter_appointment", "verification"):
        assert rows(app, f"SELECT * FROM {table}") == []


@pytest.mark.parametrize(
    "page", ["", "/notice", "/enter", "/review", "/checking", "/proven", "/counter", "/history"]
)
def test_strangers_sign_in_first(browser, page):
    assert browser().get(f"{PATH}{page}").location.startswith("/sign-in?next=")
