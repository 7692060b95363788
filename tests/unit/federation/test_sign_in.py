"""Come from an upstream: the second time straight in; nobody takes an account over on the way."""

import re
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest

from federation.connectors import errors
from federation.linking import links
from federation.linking.errors import LastWayInError
from idp.accounts import identifiers, lifecycle
from idp.db import Database
from idp.proofing import verifications
from idp.web import house
from tests.people import PASSWORD, rows
from tests.unit.federation.upstream import come_back, leave, somebody, visit

NUMBER, OTHER_NUMBER = "11010119900307002X", "110101200002290026"
PHONE = "+8613800138000"
TRUSTED = {"ial": 3, "aal": 2, "claims": ["display_name", "phone", "identity"]}


def code_of(response):
    found = re.search(r'id="error-code">([a-z_]+)<', response.text)
    return found[1] if found else ""


def handle_of(response):
    assert response.status_code == 303, response.text
    found = re.search(r"/federation/first-visit/([A-Za-z0-9_-]+)$", response.headers["Location"])
    assert found, response.headers["Location"]
    return found[1]


def open_account(browser, response):
    there = f"/federation/first-visit/{handle_of(response)}"
    return browser.post(there, register="1")


@pytest.fixture
def north(offer, pages):
    """An upstream that is believed in nothing but that it knows its own people again."""
    offer("north")
    return pages


@pytest.fixture
def trusted(offer, pages):
    offer("north", trust=TRUSTED)
    return pages


@pytest.fixture
def prove(app):
    """Prove that a person is called and numbered so, without any page."""

    def proven(person_id, name="张三", number=NUMBER):
        from idp.proofing import ownership

        with app.app_context(), house.database().write() as tx:
            ownership.take(tx, house.vault(), person_id, name=name, id_number=number)
            evidence = verifications.Evidence(
                method="face", source="local", elements=("name", "id_number", "portrait"),
                document="citizen", id_number=number,
            )  # fmt: skip
            verifications.record(tx, house.vault(), house.settings().proofing, person_id, evidence)

    return proven


@pytest.fixture
def level(app):
    def of(person_id):
        with app.app_context(), house.database().read() as tx:
            return verifications.level_of(tx, person_id)

    return of


def who(app):
    """Return whose the living sessions are."""
    return [r[0] for r in rows(app, "SELECT person_id FROM sso_session WHERE ended_at IS NULL")]


def sign_in(browser, username):
    page = browser.post("/sign-in?next=/account", username=username, password=PASSWORD)
    assert page.status_code == 303


class TestTheRoad:
    """First time, second time, and with an account of before."""

    def test_the_first_visit_opens_an_account_and_the_second_leads_straight_in(
        self, app, north, browser
    ):
        north.says = [somebody()]
        first = browser()
        assert (
            open_account(first, visit(first, following="/account/sites"))
            .headers["Location"]
            .endswith("/account/sites")
        )

        second = browser()
        assert (
            visit(second, following="/account/sites").headers["Location"].endswith("/account/sites")
        )

        assert len(set(who(app))) == 1
        assert second.is_signed_in()

    def test_whoever_has_an_account_signs_in_to_it_and_confirms(
        self, app, north, browser, person, inbox
    ):
        owner = person(username="zhang_san", phone=PHONE)
        north.says = [somebody()]
        one = browser()
        handle = handle_of(visit(one))
        assert one.get(f"/account/links/first-visit/{handle}").status_code == 303  # sign in first
        sign_in(one, "zhang_san")
        assert "Link North to your account?" in one.get(f"/account/links/first-visit/{handle}").text
        one.post(f"/account/links/first-visit/{handle}")

        another = browser()
        visit(another)

        assert set(who(app)) == {owner}
        assert any("North" in m["text"] or "north" in m["text"] for m in inbox.all())

    def test_an_upstream_is_an_authentication_of_one_factor_unless_trusted_with_more(
        self, app, offer, pages, browser
    ):
        offer("north")
        offer("south", trust={"aal": 2})
        pages.says = [somebody(aal=2)]
        for key in ("north", "south"):
            one = browser()
            open_account(one, visit(one, key))
        found = rows(app, "SELECT amr, aal FROM sso_session ORDER BY aal")

        assert found == [("fed", 1), ("fed mfa", 2)]

    def test_the_sign_in_page_offers_what_is_switched_on(self, app, north, browser):
        assert 'id="upstream-north"' in browser().get("/sign-in?next=/account").text

    def test_a_link_can_be_added_and_taken_away_by_whoever_showed_a_factor(
        self, north, browser, person, inbox
    ):
        person(username="zhang_san", phone=PHONE)
        north.says = [somebody(display_name="Ann")]
        one = browser()
        sign_in(one, "zhang_san")
        there = one.post("/account/links/add/north")
        state = re.search(r"state=([0-9a-f]+)", there.headers["Location"])[1]
        assert come_back(one, state).headers["Location"].endswith("/account/links?linked=1")
        page = one.get("/account/links").text
        assert "Ann" in page
        mark = re.search(r"/account/links/remove/north/([0-9a-f]+)", page)[1]

        assert one.post(f"/account/links/remove/north/{mark}").status_code == 303
        assert "Ann" not in one.get("/account/links").text
        assert len([m for m in inbox.all() if "orth" in m["text"]]) == 2

    def test_the_last_way_in_is_not_taken_away(self, north, browser):
        north.says = [somebody()]
        one = browser()
        open_account(one, visit(one))
        mark = re.search(r"remove/north/([0-9a-f]+)", one.get("/account/links").text)[1]

        refused = one.post(f"/account/links/remove/north/{mark}")

        assert (refused.status_code, code_of(refused)) == (409, "link_last_way_in")

    def test_of_the_last_two_ways_taken_away_at_once_one_stays(self, app, offer, pages, person):
        offer("north")
        offer("south")
        ways = ("north", "south")
        for turn in range(10):
            someone = person(username=f"wanderer{turn}", password=None)
            with app.app_context(), house.database().write() as tx:
                for key in ways:
                    links.add(tx, house.vault(), key, somebody(f"s{turn}"), someone)
                marks = {
                    link.connector: link.mark
                    for link in links.of_person(tx, house.vault(), someone)
                }
            start = threading.Barrier(len(ways))

            def remove(key, someone=someone, marks=marks, start=start):
                with app.app_context():
                    start.wait(10)
                    try:
                        with house.database().write() as tx:
                            links.remove(tx, someone, key, marks[key])
                    except LastWayInError:
                        return False
                return True

            with ThreadPoolExecutor(len(ways)) as lanes:
                assert sorted(lanes.map(remove, ways)) == [False, True]


class TestLevels:
    """What an upstream vouches for counts as far as it is trusted."""

    def test_a_trusted_upstream_proves_a_name(self, app, trusted, browser, level):
        trusted.says = [somebody(real_name="张三", id_number=NUMBER, ial=4)]
        one = browser()
        open_account(one, visit(one))

        assert level(who(app)[0]) == 3  # not 4: beyond its trust

    def test_an_untrusted_one_proves_nothing(self, app, north, browser, level):
        north.says = [somebody(real_name="张三", id_number=NUMBER, ial=4)]
        one = browser()
        open_account(one, visit(one))

        assert level(who(app)[0]) == 1
        assert rows(app, "SELECT COUNT(*) FROM identifier") == [(0,)]

    def test_whoever_proved_the_number_already_is_entered_straight_at_level_3(
        self, app, trusted, browser, person, prove
    ):
        owner = person(username="zhang_san")
        prove(owner)
        trusted.says = [somebody(real_name="张三", id_number=NUMBER, ial=3)]
        visit(browser())

        assert who(app) == [owner]

    def test_at_level_2_the_owner_signs_in_first_and_no_second_account_is_opened(
        self, app, trusted, browser, person, prove
    ):
        """Name and number can be found out: they open nobody's account."""
        prove(person(username="zhang_san"))
        trusted.says = [somebody(real_name="张三", id_number=NUMBER, ial=2)]
        one = browser()

        refused = open_account(one, visit(one))

        assert (refused.status_code, code_of(refused)) == (409, "link_needs_sign_in")
        assert who(app) == []

    def test_what_is_proven_here_stays_whatever_an_upstream_says(
        self, app, trusted, browser, person, prove
    ):
        owner = person(username="zhang_san")
        prove(owner)
        trusted.says = [somebody(real_name="李四", id_number=OTHER_NUMBER, ial=3)]
        one = browser()
        handle = handle_of(visit(one))
        sign_in(one, "zhang_san")
        one.post(f"/account/links/first-visit/{handle}")

        with app.app_context(), house.database().read() as tx:
            value = identifiers.value_of(tx, house.vault(), owner, identifiers.ID_NUMBER)
        assert value.text == NUMBER


class TestTakeOver:
    """Ways in which somebody might get into an account that is not theirs."""

    def test_the_phone_that_an_upstream_tells_opens_nobodys_account(
        self, app, trusted, browser, person
    ):
        """Recycled, or never verified there: a phone changes hands."""
        person(username="zhang_san", phone=PHONE)
        for verified in (True, False):
            trusted.says = [somebody(f"s-{verified}", phone=PHONE, phone_verified=verified)]
            one = browser()
            handle_of(visit(one))
            assert not one.is_signed_in()

    def test_one_name_at_two_upstreams_is_two_people(self, app, offer, pages, browser):
        offer("north")
        offer("south")
        pages.says = [somebody("s1")]
        for key in ("north", "south"):
            one = browser()
            open_account(one, visit(one, key))

        assert len(set(who(app))) == 2

    @pytest.mark.parametrize(
        ("one", "other"),
        [("Ann", "ann"), ("ﬁ", "fi"), ("é", unicodedata.normalize("NFD", "é")), ("1", "１")],
        ids=["case", "ligature", "composed", "width"],
    )
    def test_names_that_look_alike_are_two_people(self, app, north, browser, one, other):
        for subject in (one, other):
            north.says = [somebody(subject)]
            there = browser()
            open_account(there, visit(there))

        assert len(set(who(app))) == 2

    @pytest.mark.parametrize("subject", ["", " s1", "s1 ", "s\x001", "s\n1", "\u200bs1", "x" * 256])
    def test_a_name_that_cannot_be_told_from_another_is_none(self, app, north, browser, subject):
        north.says = [somebody(subject)]

        refused = visit(browser())

        assert (refused.status_code, code_of(refused)) == (400, "upstream_subject_unfit")
        assert who(app) == []

    def test_a_claimed_number_is_nobodys_and_its_claimant_is_dropped(
        self, app, trusted, browser, person
    ):
        """Somebody waits with the victim's number; the victim comes from a trusted upstream."""
        attacker = person(username="attacker", id_number=NUMBER, real_name="张三")
        waiting = browser()
        sign_in(waiting, "attacker")
        trusted.says = [somebody(real_name="张三", id_number=NUMBER, ial=3)]
        victim = browser()
        open_account(victim, visit(victim))

        assert not waiting.is_signed_in()
        assert who(app) != [attacker]
        assert len(who(app)) == 1

    def test_a_callback_is_good_in_the_browser_that_left_alone(self, app, north, browser):
        north.says = [somebody()]
        state = leave(browser())

        refused = come_back(browser(), state)

        assert (refused.status_code, code_of(refused)) == (400, "federation_flow_lost")
        assert north.asked == 0

    def test_a_callback_is_good_at_its_own_connector_alone(self, app, offer, pages, browser):
        offer("north")
        offer("south")
        one = browser()
        state = leave(one, "north")

        refused = come_back(one, state, "south")

        assert code_of(refused) == "federation_flow_lost"
        assert pages.asked == 0

    def test_a_callback_is_good_once(self, app, north, browser):
        north.says = [somebody()]
        one = browser()
        state = leave(one)
        handle_of(come_back(one, state))

        assert code_of(come_back(one, state)) == "federation_flow_lost"
        assert north.asked == 1

    @pytest.mark.parametrize(
        ("limits", "fresh"),
        [
            ({"MANYOU_THROTTLE__UPSTREAM_PER_BROWSER": "2"}, False),
            ({"MANYOU_THROTTLE__UPSTREAM_PER_ADDRESS": "2"}, True),
        ],
    )
    def test_whoever_sets_out_again_and_again_is_held_up(self, app, north, browser, fresh):
        """Each way out keeps a row, and may ask the upstream first."""
        one = browser()
        for _ in range(2):
            assert leave(browser() if fresh else one)

        third = (browser() if fresh else one).get("/federation/north")

        assert (third.status_code, code_of(third)) == (429, "too_many_requests")
        assert int(third.headers["Retry-After"]) > 0
        assert len(rows(app, "SELECT state FROM federation_flow")) == 2

    def test_of_twenty_callbacks_at_once_one_asks_the_upstream(self, app, north, browser):
        north.says = [somebody()]
        first = browser()
        state = leave(first)
        name = "__Host-manyou-browser"
        cookie = first.cookie(name)
        seen = []

        def again():
            one = browser()
            one.client.set_cookie(name, cookie, domain="id.example", path="/", secure=True)
            seen.append(come_back(one, state).status_code)

        threads = [threading.Thread(target=again) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(seen) == [303, *[400] * 19]
        assert north.asked == 1

    def test_nobody_is_linked_to_the_account_of_whoever_is_signed_in_by_a_callback(
        self, app, north, browser, person
    ):
        """Link CSRF: the attacker's own callback, opened in the victim's browser."""
        person(username="zhang_san")
        victim = browser()
        sign_in(victim, "zhang_san")
        north.says = [somebody("attacker")]
        state = leave(browser())

        come_back(victim, state)

        assert rows(app, "SELECT COUNT(*) FROM federated_identity") == [(0,)]
        assert "attacker" not in victim.get("/account/links").text

    def test_a_link_is_added_to_the_account_that_set_out(self, app, north, browser, person):
        """Somebody else signed in, in the same browser, while the first was at the upstream."""
        person(username="zhang_san")
        person(username="li_si")
        one = browser()
        sign_in(one, "zhang_san")
        there = one.post("/account/links/add/north")
        state = re.search(r"state=([0-9a-f]+)", there.headers["Location"])[1]
        sign_in(one, "li_si")
        north.says = [somebody()]

        assert code_of(come_back(one, state)) == "federation_flow_lost"
        assert rows(app, "SELECT COUNT(*) FROM federated_identity") == [(0,)]

    def test_a_first_visit_is_decided_once_and_in_its_own_browser(self, app, north, browser):
        north.says = [somebody()]
        one = browser()
        handle = handle_of(visit(one))
        stranger = browser().post(f"/federation/first-visit/{handle}", register="1")
        assert code_of(stranger) == "federation_parked_lost"

        one.post(f"/federation/first-visit/{handle}", register="1")
        again = one.post(f"/federation/first-visit/{handle}", register="1")
        assert code_of(again) == "federation_parked_lost"
        assert len(set(who(app))) == 1

    def test_whom_another_account_is_linked_to_is_not_moved(self, app, north, browser, person):
        north.says = [somebody()]
        first = browser()
        open_account(first, visit(first))
        person(username="li_si")
        second = browser()
        sign_in(second, "li_si")
        there = second.post("/account/links/add/north")
        state = re.search(r"state=([0-9a-f]+)", there.headers["Location"])[1]

        refused = come_back(second, state)

        assert (refused.status_code, code_of(refused)) == (409, "link_taken")

    def test_a_disabled_person_is_not_let_in(self, app, north, browser):
        north.says = [somebody()]
        first = browser()
        open_account(first, visit(first))
        (person_id,) = who(app)
        with app.app_context(), house.database().write() as tx:
            lifecycle.disable(tx, person_id, actor="test")
        second = browser()
        response = visit(second)

        assert not second.is_signed_in()
        assert (response.status_code, code_of(response)) == (403, "link_account_closed")


class TestFailures:
    """Whatever the upstream does, a person reads a coded page and is nobody."""

    @pytest.mark.parametrize(
        "refusal",
        [errors.UpstreamDeniedError, errors.UpstreamCodeError, errors.UpstreamAwayError,
         errors.UpstreamAnswerError, errors.UpstreamAccountError, errors.UpstreamSetupError],
    )  # fmt: skip
    def test_a_refusal_is_a_coded_page_with_ways_on(self, app, north, browser, refusal):
        north.says = [refusal(detail="private")]
        one = browser()

        page = visit(one, following="/account/sites")

        assert (page.status_code, code_of(page)) == (refusal.status, refusal.code)
        assert "next=%2Faccount%2Fsites" in page.text
        assert "private" not in page.text
        assert not one.is_signed_in()

    @pytest.mark.parametrize("query", ["state=a&state=b", "x=" + "y" * 20_000, "&".join(
        f"p{n}=1" for n in range(30)
    )])  # fmt: skip
    def test_a_callback_that_cannot_be_read_is_refused(self, app, north, browser, query):
        refused = browser().get(f"/federation/north/callback?{query}")

        assert refused.status_code == 400
        assert north.asked == 0

    def test_an_upstream_that_is_switched_off_is_there_no_longer(self, clock, app, north, browser):
        from federation.catalogue import entries

        state = leave(one := browser())
        with app.app_context(), house.database().write() as tx:
            entries.switch(tx, "north", enabled=False, actor="test")
        clock.advance(2)

        assert come_back(one, state).status_code == 404
        assert browser().get("/federation/north").status_code == 404
        assert "upstream-north" not in browser().get("/sign-in?next=/account").text

    def test_an_expired_journey_is_over(self, clock, app, north, browser):
        state = leave(one := browser())
        clock.advance(601)

        assert code_of(come_back(one, state)) == "federation_flow_lost"


def test_what_is_kept_of_an_upstream_and_its_people_is_sealed(app, offer, pages, browser):
    """No secret, subject or name stands in clear in any table."""
    offer("north", trust=TRUSTED)
    pages.says = [somebody("subject-in-clear", real_name="张三", id_number=NUMBER, ial=3)]
    one = browser()
    open_account(one, visit(one))
    opened: Database = app.extensions[house.KEY].database
    with opened.engine.connect() as connection:
        for table in ("connector", "federation_flow", "federated_identity", "parked_identity"):
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}"):
                text = b"|".join(
                    bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row
                )
                assert b"subject-in-clear" not in text
                assert NUMBER.encode() not in text
                assert "张三".encode() not in text
