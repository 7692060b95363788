"""A face proves a name that another account has proven: the two may be joined, and no other way."""

import re

import pytest

from federation.linking import merging
from idp import clock
from idp.proofing import attempts, face_proving, joining, proving
from idp.proofing.attempts import Entry
from idp.proofing.graph import Step
from idp.registry.results import Result, Verdict
from idp.web import house
from tests.people import rows
from tests.unit.federation.test_sign_in import (
    NUMBER,
    PHONE,
    come_back,
    level,
    north,
    open_account,
    prove,
    sign_in,
    visit,
    who,
)
from tests.unit.federation.upstream import somebody

__all__ = ["level", "north", "prove"]  # fixtures
ENTRY = Entry("张三", NUMBER)
MATCH = Verdict(result=Result.MATCH, source="local")
JOIN = "/account/links/join"


@pytest.fixture
def owner(person, prove):
    """Somebody whose name is proven, with a phone to be told by."""
    person_id = person(username="zhang_san", phone=PHONE)
    prove(person_id)
    return person_id


@pytest.fixture
def newcomer(app, north, owner, browser):
    """The same person, who came from an upstream and opened a second account."""
    north.says = [somebody(display_name="Ann")]
    one = browser()
    open_account(one, visit(one))
    one.person_id = who(app)[0]
    return one


@pytest.fixture
def scan(app):
    """Let an account's person prove a name by face, as far as the authority's answer."""

    def scanned(person_id, verdict=MATCH, entry=ENTRY, next_path=None):
        vault = app.extensions[house.KEY].vault
        with app.app_context(), app.test_request_context(), house.database().write() as tx:
            settings = house.settings().proofing
            attempt = attempts.begin(tx, vault, settings, person_id, next_path=next_path)
            attempt = attempts.move(tx, vault, attempt, "show", way="face")
            attempt = attempts.move(tx, vault, attempt, "agree")
            attempt = attempts.move(tx, vault, attempt, "enter", entry=entry)
            attempt = face_proving.begin(tx, vault, settings, attempt)
            face_proving.conclude(
                tx, vault, settings, person_id=person_id, matter=attempt.question_id,
                entry=entry, verdict=verdict,
            )  # fmt: skip
            return attempts.current(tx, vault, person_id)

    return scanned


def join(browser):
    page = browser.get(JOIN)
    assert page.status_code == 200, page.headers.get("Location")
    return browser.post(JOIN, at=re.search(r'name="at" value="([^"]+)"', page.text)[1])


def is_offered(browser):
    return 'id="join-link"' in browser.get("/account/real-name/face/elsewhere").text


class TestJoining:
    """By face, confirmed, told."""

    def test_the_upstream_opens_the_proven_account_from_now_on(
        self, app, newcomer, owner, scan, inbox, browser
    ):
        attempt = scan(newcomer.person_id, next_path="/account/sites")
        assert (attempt.step, attempt.outcome) == (Step.FACELESS, "identity_already_proven")
        assert is_offered(newcomer)

        done = join(newcomer)

        assert done.headers["Location"].endswith("/account/sites")
        assert who(app) == [owner]
        assert newcomer.is_signed_in()
        found = rows(app, f"SELECT status FROM person WHERE person_id = '{newcomer.person_id}'")
        assert found == [("erased",)]
        assert any("joined to this one" in m["text"] and m["to"] == PHONE for m in inbox.all())
        another = browser()
        visit(another)
        assert set(who(app)) == {owner}

    def test_the_trail_tells_of_it_on_both_sides(self, app, newcomer, owner, scan):
        scan(newcomer.person_id)
        join(newcomer)

        told = rows(
            app,
            "SELECT event, person_id FROM audit_event WHERE event IN "
            "('link:remove', 'person:erase') ORDER BY event",
        )
        assert told == [("link:remove", newcomer.person_id), ("person:erase", newcomer.person_id)]
        added = rows(app, "SELECT person_id FROM audit_event WHERE event = 'link:add'")
        assert (owner,) in added

    def test_the_page_tells_no_more_than_a_bystander_may_read(self, newcomer, scan):
        scan(newcomer.person_id)
        page = newcomer.get(JOIN).text

        assert "North" in page
        assert NUMBER not in page
        assert "张三" not in page

    def test_it_happens_once(self, app, newcomer, owner, scan):
        scan(newcomer.person_id)
        at = re.search(r'name="at" value="([^"]+)"', newcomer.get(JOIN).text)[1]
        newcomer.post(JOIN, at=at)

        newcomer.post(JOIN, at=at)

        assert rows(app, "SELECT COUNT(*) FROM federated_identity") == [(1,)]
        assert who(app) == [owner]


class TestRefusals:
    """Everything else leaves both accounts as they are."""

    @pytest.fixture
    def nothing_moves(self, app, newcomer, owner):
        def same():
            assert not is_offered(newcomer)
            newcomer.post(JOIN, at="x")
            page = newcomer.get(JOIN)
            assert page.status_code == 303
            found = rows(app, "SELECT person_id FROM federated_identity")
            assert found == [(newcomer.person_id,)]
            assert owner not in who(app)

        return same

    @pytest.mark.parametrize(
        "result", [Result.FACE_MISMATCH, Result.LIVENESS_FAIL, Result.NO_PHOTO, Result.SOURCE_DOWN]
    )
    def test_another_face_joins_nothing(self, newcomer, scan, nothing_moves, result):
        scan(newcomer.person_id, Verdict(result=result, source="local"))

        nothing_moves()

    def test_name_and_number_join_nothing(self, app, newcomer, nothing_moves):
        """Level 2: whoever knows them is not who they are of."""
        vault = app.extensions[house.KEY].vault
        with app.app_context(), app.test_request_context(), house.database().write() as tx:
            settings, person_id = house.settings().proofing, newcomer.person_id
            attempt = attempts.begin(tx, vault, settings, person_id)
            attempt = attempts.move(tx, vault, attempt, "choose", way="name_id")
            attempt = attempts.move(tx, vault, attempt, "agree")
            attempt = attempts.move(tx, vault, attempt, "enter", entry=ENTRY)
            question = proving.begin(tx, vault, settings, attempt)
            with pytest.raises(proving.AlreadyProvenError):
                proving.conclude(tx, vault, settings, question, MATCH)
            attempt = attempts.current(tx, vault, person_id)
            assert (attempt.step, attempt.outcome) == (Step.ELSEWHERE, "identity_already_proven")
            assert merging.possible(tx, vault, attempt) is None

        nothing_moves()

    def test_a_scan_is_good_for_some_minutes(self, newcomer, scan, nothing_moves, monkeypatch):
        scan(newcomer.person_id)
        later = clock.epoch() + joining.GOOD_FOR + 1
        with monkeypatch.context() as patch:
            patch.setattr("idp.proofing.joining.clock.epoch", lambda: later)
            assert not is_offered(newcomer)
        assert is_offered(newcomer)

    def test_a_form_of_another_scan_joins_nothing(self, app, newcomer, owner, scan):
        scan(newcomer.person_id)

        newcomer.post(JOIN, at="0" * 32 + "-1")

        assert owner not in who(app)

    def test_who_went_another_way_since_joins_nothing(self, app, newcomer, scan, nothing_moves):
        attempt = scan(newcomer.person_id)
        newcomer.post("/account/real-name/move", move="another_way", at=attempt.mark)

        nothing_moves()

    def test_an_account_with_a_way_in_of_its_own_is_no_temporary_one(
        self, app, north, owner, person, browser, scan
    ):
        """Somebody may have it for reasons; its password would open nothing any more."""
        own = person(username="li_si")
        one = browser()
        sign_in(one, "li_si")
        there = one.post("/account/links/add/north")
        north.says = [somebody()]
        come_back(one, re.search(r"state=([0-9a-f]+)", there.headers["Location"])[1])
        scan(own)

        assert not is_offered(one)

    def test_a_disabled_owner_is_joined_by_nobody(self, app, newcomer, owner, scan):
        from idp.accounts import lifecycle

        with app.app_context(), house.database().write() as tx:
            lifecycle.disable(tx, owner, actor="test")
        scan(newcomer.person_id)

        assert not is_offered(newcomer)

    def test_a_stale_session_confirms_first(self, app, newcomer, scan):
        scan(newcomer.person_id)
        with app.app_context(), house.database().write() as tx:
            from idp.db import Statement

            tx.run(Statement("UPDATE sso_session SET auth_time = auth_time - 36000"))

        assert "/confirm?" in newcomer.get(JOIN).headers["Location"]


def test_the_session_after_joining_knows_its_upstream(app, north, owner, browser, scan):
    """A logout there still reaches it."""
    north.says = [somebody(session={"sid": "n1", "issuer": "https://up.example"})]
    one = browser()
    open_account(one, visit(one))
    scan(who(app)[0])
    join(one)

    found = rows(
        app,
        "SELECT u.chain, s.person_id FROM upstream_session u "
        "JOIN sso_session s ON s.session_id = u.session_id",
    )
    assert found == [("https://up.example", owner)]
