"""A citizen proves a name by face: level 3 for the one claimed, and a way on for everybody else."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from idp.accounts import lifecycle
from idp.authentication.visitors import Visitor
from idp.proofing import proving
from idp.registry.results import Result, Verdict
from idp.web import house, throttle
from liveness import desk as faces
from liveness.permits import consents, notices, standing
from liveness.scans.errors import ScanOverError
from liveness.uses.proof import RESULT
from tests.people import PASSWORD, errors, rows
from tests.unit.liveness.uses.studios import Studio
from tests.unit.portal.citizens import enrol, expire, follow, leads_on, level, mark, step, turn

PATH = "/account/real-name"
FACE = f"{PATH}/face"
NUMBER, OTHER_NUMBER = "11010519491231002X", "110101200002290026"
CHILD = "11010120200101001X"
PHONE, OTHER_PHONE = "+8613800138000", "+8613900139000"
NAME = "张三丰"
DAY = 86_400


@pytest.fixture
def studio(app, tmp_path):
    return Studio(app, tmp_path)


@pytest.fixture
def citizen(studio, person, browser):
    """Somebody signed in at level 1."""
    return enrol(person, browser, username="citizen", phone=PHONE)


@pytest.fixture
def proven(citizen):
    """Somebody signed in at level 2."""
    citizen.get(PATH)
    citizen.post(PATH, way="name_id")
    citizen.post(f"{PATH}/notice", agree="1")
    citizen.post(f"{PATH}/enter", real_name=NAME, id_number=NUMBER)
    return citizen


def walk_to_camera(visitor, name=NAME, number=NUMBER, query=""):
    visitor.get(f"{PATH}{query}")
    visitor.post(PATH, way="face")
    visitor.post(FACE, agree="1")
    return visitor.post(f"{FACE}/enter", real_name=name, id_number=number)


def open_camera(visitor):
    return visitor.post(f"{FACE}/ready")


def attempt_of(app, visitor):
    (found,) = rows(
        app,
        "SELECT step, way, outcome, question_id FROM real_name_attempt"
        f" WHERE person_id = '{visitor.person_id}'",
    )
    return found


def asked_today(app, visitor):
    """Return how many tries the account's budget holds, and how many failed ones the number's."""
    with app.app_context():
        budgets = proving.budgets(house.vault(), visitor.person_id, NUMBER)
    found = {bytes(name): tries for name, tries in rows(app, "SELECT bucket, tries FROM throttle")}
    return tuple(found.get(throttle.key(bucket), 0) for bucket in budgets)


def suspicions(app, visitor):
    return asked_today(app, visitor)[1]


def lock(studio, subject, person_id):
    with studio.desk.database.write() as tx:
        standing.lock(tx, Visitor(b"b" * 32), subject, person_id)


def plain(page):
    """Return a page without what differs each time that it is shown."""
    return re.sub(r'[0-9a-f]{32}-\d+|value="[\w-]{43}"', "", page.text)


class TestTheRoad:
    """Choose, agree, enter, show the face, be told."""

    def test_from_level_one_to_three(self, app, studio, citizen, inbox):
        assert walk_to_camera(citizen).location == f"{FACE}/ready"
        page = citizen.get(f"{FACE}/ready").text
        assert NAME in page
        assert NUMBER not in page

        answer = open_camera(citizen)
        studio.end()

        assert answer.status_code == 200
        assert studio.scans()[0] in answer.text
        assert level(app, citizen) == 3
        page = follow(citizen, RESULT).text
        assert "You are now at level 3" in page
        assert NUMBER not in page
        assert inbox.all()[-1]["to"] == PHONE

    def test_what_is_written_down(self, app, studio, citizen):
        walk_to_camera(citizen)
        open_camera(citizen)
        studio.end()

        found = rows(app, "SELECT method, elements, result, ial, source FROM verification")
        assert found == [("face", "name id_number portrait", "MATCH", 3, "local")]
        assert "Face compared" in citizen.get(f"{PATH}/history").text
        assert rows(app, "SELECT entry_sealed FROM real_name_attempt") == [(None,)]

    def test_the_question_has_the_face(self, studio, citizen):
        walk_to_camera(citizen, number=" 1101 0519 4912 3100 2x ")
        open_camera(citizen)
        studio.end()

        (query,) = studio.register.questions
        assert (query.name, query.id_number, query.portrait) == (NAME, NUMBER, b"a jpeg")
        assert query.probe is not None
        assert not studio.register.within_transaction

    def test_who_has_proven_a_name_goes_straight_to_the_camera(self, app, studio, proven):
        answer = proven.get(f"{PATH}?level=3&next=/account/sites")
        assert answer.location == FACE
        assert proven.post(FACE, agree="1").location == f"{FACE}/ready"

        open_camera(proven)
        studio.end()

        assert level(app, proven) == 3
        assert proven.get(RESULT).location == "/account/sites"

    def test_a_proven_number_is_fixed_and_its_name_may_have_changed(self, app, studio, proven):
        proven.get(f"{PATH}?level=3")
        proven.post(FACE, agree="1")
        turn(proven, "back")
        page = proven.get(f"{FACE}/enter").text
        assert 'name="id_number"' not in page
        assert NUMBER not in page

        proven.post(f"{FACE}/enter", real_name="张四", id_number=OTHER_NUMBER)
        open_camera(proven)
        studio.end()

        assert studio.register.questions[-1].id_number == NUMBER
        assert studio.register.questions[-1].name == "张四"
        assert level(app, proven) == 3

    def test_no_step_can_be_left_out(self, app, studio, citizen):
        """TRUST §2: step skipping; a form posted at the wrong step changes nothing."""
        citizen.get(PATH)

        for path, form in (
            ("face", {"agree": "1"}),
            ("face/enter", {"real_name": NAME, "id_number": NUMBER}),
            ("face/ready", {}),
            ("move", {"move": "match", "at": "1"}),
        ):
            assert citizen.post(f"{PATH}/{path}", **form).location == PATH, path
        for path in ("", "/enter", "/ready", "/scan", "/elsewhere", "/result"):
            assert citizen.get(f"{FACE}{path}").location == PATH, path
        assert studio.scans() == []
        assert level(app, citizen) == 1

    def test_every_step_has_a_way_back_and_another_way(self, app, citizen):
        walk_to_camera(citizen)
        open_camera(citizen)

        for expected in ("face_ready", "face_enter", "face", "ways"):
            assert leads_on(follow(citizen, PATH))
            turn(citizen, "back")
            assert step(app, citizen) == expected

    @pytest.mark.parametrize("scanning", [False, True])
    def test_whoever_has_no_camera_goes_elsewhere_and_loses_nothing(self, app, citizen, scanning):
        walk_to_camera(citizen)
        if scanning:
            open_camera(citizen)

        turn(citizen, "unable")

        assert step(app, citizen) == "face_elsewhere"
        page = follow(citizen, PATH).text
        for way_on in ("move-visit", "move-another_way", "move-retry"):
            assert way_on in page
        assert rows(app, "SELECT 1 FROM verification") == []
        turn(citizen, "retry")
        assert NAME in citizen.get(f"{FACE}/ready").text

    def test_where_no_faces_are_looked_at_there_is_no_such_way(self, app, citizen, studio):
        app.extensions[faces.KEY] = replace(studio.desk, room=None)

        assert 'value="face"' not in citizen.get(PATH).text
        assert citizen.post(PATH, way="face").status_code == 400

    def test_a_wing_that_closed_meanwhile_leads_elsewhere(self, app, citizen, studio):
        walk_to_camera(citizen)
        app.extensions[faces.KEY] = replace(studio.desk, room=None)

        assert open_camera(citizen).location == f"{FACE}/elsewhere"

    def test_an_empty_form_is_refused_field_by_field(self, studio, citizen):
        answer = walk_to_camera(citizen, name="", number="110105194912310021")

        assert answer.status_code == 400
        assert set(errors(answer)) == {"real_name", "id_number"}

    def test_nothing_personal_lies_in_clear(self, app, studio, citizen):
        studio.register.result = Result.SOURCE_DOWN
        walk_to_camera(citizen)
        open_camera(citizen)
        studio.end()

        tables = ("real_name_attempt", "face_scan", "audit_event", "verification", "throttle")
        dump = "".join(repr(rows(app, f"SELECT * FROM {table}")) for table in tables)
        for secret in (NUMBER, NAME):
            assert secret not in dump
            assert secret.encode().hex() not in dump


# How each result ends: the code on the page, the step, whether the number's budget keeps it.
ENDS = [
    (Result.MISMATCH, "identity_mismatch", "face_enter", True),
    (Result.FACE_MISMATCH, "face_not_confirmed", "face_ready", False),
    (Result.LIVENESS_FAIL, "face_not_confirmed", "face_ready", False),
    (Result.FACE_GREY, "face_not_confirmed", "face_ready", False),
    (Result.NO_RECORD, "face_not_checkable", "face_elsewhere", False),
    (Result.NO_PHOTO, "face_not_checkable", "face_elsewhere", False),
    (Result.BAD_INPUT, "identity_unreadable", "face_enter", False),
    (Result.SOURCE_DOWN, "authority_unavailable", "face_ready", False),
    (Result.RATE_LIMITED, "authority_unavailable", "face_ready", False),
]


class TestRefusals:
    """Every result ends in a page with a code and a way on."""

    @pytest.mark.parametrize(("result", "code", "expected", "kept"), ENDS)
    def test_a_page_with_a_way_on(self, app, studio, citizen, result, code, expected, kept):
        studio.register.result = result
        walk_to_camera(citizen)
        open_camera(citizen)

        studio.end()

        assert step(app, citizen) == expected
        page = follow(citizen, RESULT)
        assert f'id="error-code">{code}<' in page.text
        assert leads_on(page)
        assert re.search('id="move-(another_way|unable)"', page.text)
        assert level(app, citizen) == 1
        assert not rows(app, "SELECT * FROM identifier WHERE kind = 'id_number'")
        assert suspicions(app, citizen) == int(kept)

    def test_what_is_not_alive_asks_nobody_and_is_on_record(self, app, studio, citizen):
        walk_to_camera(citizen)
        open_camera(citizen)

        studio.end(alive=False)

        assert studio.register.questions == []
        assert attempt_of(app, citizen)[:3] == ("face_ready", "face", "LIVENESS_FAIL")
        found = rows(app, "SELECT method, elements, result, ial, source FROM verification")
        assert found == [("face", "portrait", "LIVENESS_FAIL", 1, "liveness")]
        assert "Not confirmed" in citizen.get(f"{PATH}/history").text

    def test_an_imposter_is_told_what_a_mask_is_told(self, app, studio, citizen):
        """Which layer refused would teach whoever attacks: a mask, another face, one nearly like.

        Nor is it told by the list of what was checked, or by which budget is spent first.
        """
        pages, lists = [], []
        walk_to_camera(citizen)
        for alive, result in [
            (True, Result.FACE_MISMATCH),
            (True, Result.FACE_GREY),
            (False, None),
        ]:
            studio.register.result = result
            open_camera(citizen)
            studio.end(alive=alive)
            pages.append(plain(follow(citizen, RESULT)))
            listed = re.sub("<time.*?</time>", "", citizen.get(f"{PATH}/history").text)
            lists.append(re.findall(r'<li class="card">.*?</li>', listed, re.DOTALL)[0])

        assert pages[0] == pages[1] == pages[2]
        assert lists[0] == lists[1] == lists[2]
        assert "Checked by" in lists[0]
        assert asked_today(app, citizen) == (0, 0)

    @pytest.mark.parametrize("reason", ["given_up", "lapsed"])
    def test_a_scan_without_an_end_is_nobodys_fault(self, app, studio, citizen, reason):
        walk_to_camera(citizen)
        open_camera(citizen)
        scan_id = studio.scans()[0]
        verdict = Verdict(result=Result.SOURCE_DOWN, source="liveness", reason=reason)

        with studio.desk.database.write() as tx:
            studio.use.conclude(tx, scan_id, studio.order(scan_id), verdict)

        assert attempt_of(app, citizen)[:3] == ("face_scan", "face", "")
        page = follow(citizen, RESULT).text
        assert "Your scan is not finished" in page
        assert "error-code" not in page
        assert rows(app, "SELECT 1 FROM verification") == []

    def test_an_authority_that_is_away_is_asked_twice_and_then_later(self, app, studio, citizen):
        studio.register.result = Result.SOURCE_DOWN
        walk_to_camera(citizen)
        open_camera(citizen)
        studio.end()
        assert len(studio.register.questions) == 2
        assert NAME in citizen.get(f"{FACE}/ready").text
        assert rows(app, "SELECT 1 FROM verification") == []

        studio.register.result = Result.MATCH
        open_camera(citizen)
        studio.end()

        assert level(app, citizen) == 3

    def test_a_locked_face_opens_no_camera(self, app, studio, proven):
        (subject,) = {bytes(row[0]) for row in rows(app, "SELECT identity FROM verification")}
        lock(studio, subject, proven.person_id)
        proven.get(f"{PATH}?level=3")
        proven.post(FACE, agree="1")

        answer = open_camera(proven)

        assert answer.location == f"{FACE}/elsewhere"
        page = proven.get(answer.location).text
        assert 'id="error-code">face_locked<' in page
        assert "move-visit" in page
        assert studio.scans() == []

    def test_a_child_needs_a_guardian(self, studio, citizen):
        walk_to_camera(citizen, number=CHILD)

        answer = open_camera(citizen)

        assert answer.status_code == 403
        assert 'id="error-code">face_guardian_needed<' in answer.text
        assert 'href="/account/face"' in answer.text
        assert studio.scans() == []


class TestMeanwhile:
    """What changes between the beginning of a scan and its end counts."""

    @pytest.fixture
    def scanning(self, studio, citizen):
        walk_to_camera(citizen)
        open_camera(citizen)
        with studio.desk.database.write() as tx:
            consents.give(
                tx, Visitor(b""), citizen.person_id, "proof", version=notices.VERSION,
                locale="en", id_number=NUMBER,
            )  # fmt: skip
        return citizen

    def test_nothing_changed(self, app, studio, scanning):
        assert studio.finish(studio.newest()) == "passed"
        assert level(app, scanning) == 3

    @pytest.mark.parametrize("change", ["locked", "withdrawn", "disabled", "erased"])
    def test_nobody_is_proven_by_what_is_not_permitted_any_more(
        self, app, studio, scanning, change
    ):
        person_id, scan = scanning.person_id, studio.newest()
        with app.app_context(), studio.desk.database.write() as tx:
            if change == "locked":
                subject = standing.of_number(tx, studio.desk.vault, NUMBER)
                standing.lock(tx, Visitor(b""), subject, None)
            elif change == "withdrawn":
                consents.withdraw(tx, Visitor(b""), person_id, "proof")
            elif change == "disabled":
                lifecycle.disable(tx, person_id, actor="officer")
            else:
                lifecycle.erase(tx, person_id, actor="officer")

        if change == "erased":
            with pytest.raises(ScanOverError):
                studio.finish(scan)
        else:
            assert studio.finish(scan) == "face_not_confirmed"
        assert rows(app, "SELECT 1 FROM verification WHERE result = 'MATCH'") == []


class TestWhichScan:
    """A scan proves its own attempt, or nothing."""

    def test_an_older_scan_proves_nothing(self, app, studio, citizen):
        walk_to_camera(citizen)
        open_camera(citizen)
        open_camera(citizen)
        first, second = studio.scans()

        studio.end(first)
        assert level(app, citizen) == 1
        assert step(app, citizen) == "face_scan"
        studio.end(second)

        assert level(app, citizen) == 3

    @pytest.mark.parametrize("move", ["another_way", "back", "unable"])
    def test_a_scan_that_was_left_proves_nothing(self, app, studio, citizen, move):
        walk_to_camera(citizen)
        open_camera(citizen)
        turn(citizen, move)

        studio.end()

        assert level(app, citizen) == 1
        assert rows(app, "SELECT 1 FROM verification") == []
        assert suspicions(app, citizen) == 0

    def test_another_persons_scan_proves_nothing(self, app, studio, citizen, person, browser):
        other = enrol(person, browser, username="other", phone=OTHER_PHONE)
        for visitor in (citizen, other):
            walk_to_camera(visitor)
            open_camera(visitor)
        first, second = studio.scans()
        order = replace(studio.order(first), person_id=other.person_id)

        with studio.desk.database.write() as tx:
            studio.use.conclude(tx, first, order, Verdict(result=Result.MATCH, source="local"))

        assert level(app, citizen) == level(app, other) == 1
        studio.end(second)
        assert level(app, other) == 3

    def test_a_scan_proves_once(self, app, studio, citizen):
        walk_to_camera(citizen)
        open_camera(citizen)
        (scan_id,) = studio.scans()

        studio.end(scan_id)
        studio.end(scan_id)

        assert rows(app, "SELECT COUNT(*) FROM verification") == [(1,)]

    def test_two_windows_open_one_scan_each_and_one_counts(self, app, studio, citizen):
        walk_to_camera(citizen)
        page = citizen.get(f"{FACE}/ready").text

        answers = [citizen.post(f"{FACE}/ready", at=mark(page)) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [200, 303]
        assert len(studio.scans()) == 1

    @pytest.mark.parametrize("close", [lifecycle.disable, lifecycle.erase])
    def test_an_account_closed_meanwhile_is_not_proven(self, app, studio, citizen, close):
        walk_to_camera(citizen)
        open_camera(citizen)
        studio.hold()
        with ThreadPoolExecutor(1) as pool:
            ending = pool.submit(studio.end)
            while not studio.register.questions:
                threading.Event().wait(0.01)
            with app.app_context(), house.database().write() as tx:
                close(tx, citizen.person_id, actor="operator")
            studio.register.gate.wait(10)
            ending.result()

        assert rows(app, "SELECT 1 FROM verification") == []
        assert not rows(app, "SELECT 1 FROM identifier WHERE kind = 'id_number'")


class TestWhoseNumber:
    """TRUST F4 and decision 6: proven owners win over claimants, and never change hands."""

    def test_a_claimant_loses_everything(self, app, studio, person, browser):
        thief = enrol(person, browser, username="claimant", phone=OTHER_PHONE, id_number=NUMBER)
        owner = enrol(person, browser, username="rightful", phone=PHONE)
        walk_to_camera(owner)
        open_camera(owner)

        studio.end()

        assert level(app, owner) == 3
        assert not thief.is_signed_in()

    def test_a_proven_number_stays(self, app, studio, proven, person, browser):
        late = enrol(person, browser, username="latecomer", phone=OTHER_PHONE)
        walk_to_camera(late)
        open_camera(late)

        studio.end()

        assert level(app, late) == 1
        assert level(app, proven) == 2
        page = follow(late, RESULT).text
        assert 'id="error-code">identity_already_proven<' in page
        assert "other-account" in page

    def test_nobody_becomes_another(self, app, studio, proven):
        expire(app)
        walk_to_camera(proven, number=OTHER_NUMBER)
        open_camera(proven)

        assert studio.order(studio.scans()[0]).claimed.id_number == NUMBER


class TestBudgets:
    """A face asks in the same budgets as a name: it is no second way to guess."""

    def test_an_account_has_five_a_day(self, studio, citizen):
        studio.register.result = Result.MISMATCH
        walk_to_camera(citizen)
        for _ in range(5):
            assert open_camera(citizen).status_code == 200
            studio.end()
            citizen.post(f"{FACE}/enter", real_name=NAME, id_number=NUMBER)

        answer = open_camera(citizen)

        assert answer.status_code == 429
        assert leads_on(answer)
        assert len(studio.register.questions) == 5

    def test_scans_that_race_ask_no_more_than_are_free(self, studio, person, browser):
        """Ten questions about one number a day, however many scans are open.

        Whose question was one too many is told what a mask is told.
        """
        studio.register.result = Result.MISMATCH
        racers = [enrol(person, browser, username=f"racer{n}") for n in range(14)]
        for racer in racers:
            walk_to_camera(racer)
            assert open_camera(racer).status_code == 200

        with ThreadPoolExecutor(7) as pool:
            verdicts = list(pool.map(studio.end, studio.scans()))

        spent = [one for one in verdicts if one.result is Result.LIVENESS_FAIL]
        assert len(spent) == 4
        assert len(studio.register.questions) == 10

    def test_silence_costs_nothing(self, studio, citizen):
        studio.register.result = Result.SOURCE_DOWN
        walk_to_camera(citizen)
        for _ in range(7):
            assert open_camera(citizen).status_code == 200
            studio.end()


class TestFreshness:
    """L10: who shows a face has just shown a factor, and loses nothing by showing it again."""

    @pytest.mark.parametrize("page", ["", "/enter", "/ready"])
    def test_a_stale_session_confirms_first(self, clock, studio, citizen, page):
        walk_to_camera(citizen)
        clock.advance(601)

        answer = citizen.post(f"{FACE}{page}", real_name=NAME, id_number=NUMBER)

        assert answer.status_code == 303
        assert studio.scans() == []

    def test_what_was_entered_waits_for_the_factor(self, clock, studio, citizen):
        citizen.get(PATH)
        citizen.post(PATH, way="face")
        citizen.post(FACE, agree="1")
        clock.advance(601)

        answer = citizen.post(f"{FACE}/enter", real_name=NAME, id_number=NUMBER)
        answer = citizen.get(answer.location)
        assert answer.location.startswith("/confirm")
        answer = citizen.post(answer.location, password=PASSWORD)

        assert answer.location == f"{FACE}/ready"
        assert NAME in citizen.get(answer.location).text
        assert open_camera(citizen).status_code == 200
