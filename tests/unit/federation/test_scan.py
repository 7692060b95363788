"""Scan here, confirm there: the road, and the ways in which somebody might be led astray on it."""

import re
from dataclasses import replace

import pytest

from federation.catalogue.catalogue import catalogue
from federation.linking import links
from federation.tickets import apps, errors
from idp.accounts import lifecycle
from idp.authentication.views import surroundings
from idp.web import house
from tests.people import rows
from tests.unit.federation.scanning import (
    answer,
    code_of,
    draw,
    phone_of,
    state_on,
    text_of,
)
from tests.unit.federation.upstream import somebody

PHONE = "+8613800138000"
SESSIONS = "SELECT person_id, amr, aal FROM sso_session WHERE ended_at IS NULL ORDER BY created_at"


@pytest.fixture
def ann(person):
    return person(username="ann_li", phone=PHONE)


@pytest.fixture
def phone(browser, ann):
    return phone_of(browser, "ann_li")


@pytest.fixture
def desktop(browser):
    return browser("198.51.100.20")


@pytest.fixture
def code(app, desktop):
    return draw(app, desktop)


def trail(app, event):
    return rows(
        app, f"SELECT outcome, reason FROM audit_event WHERE event = '{event}' ORDER BY sequence"
    )


class TestTheRoad:
    """new, scanned, confirmed, used; or refused."""

    def test_a_phone_signs_a_desktop_in_at_its_own_level(self, app, desktop, phone, code, ann):
        assert state_on(desktop, code) == "new"
        phone.get(f"/scan/{code.secret}")
        assert state_on(desktop, code) == "scanned"
        answer(phone, code)
        assert state_on(desktop, code) == "confirmed"

        entered = desktop.post(code.page)

        assert entered.headers["Location"].endswith("/account/sites")
        assert desktop.is_signed_in()
        assert rows(app, SESSIONS)[1] == (ann, "pwd qr mca", 1)
        assert trail(app, "scan:answer") == trail(app, "scan:use") == [("success", "")]

    def test_the_desktop_is_no_fresher_than_the_phone(self, app, clock, desktop, phone, code):
        clock.advance(100)
        answer(phone, code)
        desktop.post(code.page)

        times = rows(app, "SELECT auth_time, created_at FROM sso_session ORDER BY created_at")
        assert times[0][0] == times[1][0] == times[1][1] - 100

    def test_the_sign_in_page_offers_it(self, browser):
        assert 'id="method-scan"' in browser().get("/sign-in?next=/account/sites").text

    def test_it_can_be_switched_off(self, make_settings):
        assert make_settings(MANYOU_SCAN__ENABLED="no").scan.enabled is False

    def test_the_number_is_shown_only_after_the_scan_and_is_among_the_phones_three(
        self, desktop, phone, code
    ):
        assert 'id="scan-number"' not in desktop.get(code.page).text

        page = text_of(phone.get(f"/scan/{code.secret}"))

        shown = re.search(r'id="scan-number">(\d\d)<', desktop.get(code.page).text)[1]
        assert shown == code.number
        assert re.findall(r'id="scan-number-(\d\d)"', page) == list(code.numbers)

    def test_the_phone_sees_who_asks_for_what(self, phone, code):
        page = text_of(phone.get(f"/scan/{code.secret}"))

        assert "Your account at Manyou" in page
        assert "198.51.100.*" in page
        assert "198.51.100.20" not in page
        assert "Then refuse" in page
        assert "Same as this phone" not in page

    def test_a_refusal_ends_it_on_both_sides(self, app, desktop, phone, code):
        answer(phone, code, "refuse")

        assert "You refused" in phone.get(f"/scan/{code.secret}").text
        assert state_on(desktop, code) == "rejected"
        assert code_of(desktop.post(code.page)) == "scan_over"
        assert not desktop.is_signed_in()
        assert trail(app, "scan:use") == [("failure", "scan_over")]

    def test_whoever_is_not_signed_in_at_the_phone_signs_in_on_the_way(self, browser, ann, code):
        stranger = browser()
        there = stranger.get(f"/scan/{code.secret}")

        assert there.headers["Location"] == f"/sign-in?next=%2Fscan%2F{code.secret}"
        signed_in = stranger.post(
            f"/sign-in?next=/scan/{code.secret}",
            username="ann_li",
            password="a long and quiet river",
        )
        assert signed_in.headers["Location"].endswith(f"/scan/{code.secret}")
        assert code.number in stranger.get(f"/scan/{code.secret}").text

    def test_the_account_shows_how_the_desktop_came(self, desktop, phone, code):
        answer(phone, code)
        desktop.post(code.page)

        assert "Confirmed by scanning with a phone" in desktop.get("/account/sessions").text

    def test_a_stale_phone_shows_a_factor_first(self, clock, app, browser, phone, desktop):
        clock.advance(301)
        code = draw(app, desktop)
        page = phone.get(f"/scan/{code.secret}").text
        assert 'id="scan-confirm"' in page
        assert f'id="scan-number-{code.number}"' not in page

        phone.post("/scan", ticket=code.secret, answer=code.number)  # around the page

        assert state_on(desktop, code) == "scanned"
        phone.post(f"/confirm?next=/scan/{code.secret}", password="a long and quiet river")
        answer(phone, code)
        assert state_on(desktop, code) == "confirmed"

    def test_a_new_code_voids_the_one_before(self, app, desktop, phone, code):
        desktop.get(f"/sign-in/scan?replaces={code.ticket_id}")

        assert code_of(phone.get(f"/scan/{code.secret}")) == "scan_expired"

    def test_the_cookie_changes_with_the_scan(self, app, browser, ann, phone):
        """Session fixation (ASVS 7.2.4): no name of before opens what the scan opened."""
        desktop = phone_of(browser, "ann_li")
        before = desktop.cookie("__Host-manyou-session")
        code = draw(app, desktop)
        answer(phone, code)
        desktop.post(code.page)

        assert desktop.cookie("__Host-manyou-session") not in ("", None, before)
        thief = browser()
        thief.client.set_cookie("__Host-manyou-session", before, domain="id.example", secure=True)
        assert not thief.is_signed_in()

    def test_a_desktop_that_was_somebody_elses_is_theirs_no_longer(
        self, app, browser, person, phone, ann
    ):
        person(username="bob_wu")
        desktop = phone_of(browser, "bob_wu")
        code = draw(app, desktop)
        answer(phone, code)
        desktop.post(code.page)

        assert {row[0] for row in rows(app, SESSIONS)} == {ann}


class TestWhatTheSiteWants:
    """The phone shows what the site behind the desktop asks for, before it answers."""

    @pytest.fixture
    def demand(self, app):
        def set_to(**wanted):
            there = app.extensions[surroundings.KEY]
            app.extensions[surroundings.KEY] = replace(
                there, demand_for_next=lambda _path: surroundings.Demand(**wanted)
            )

        return set_to

    def test_two_factors_are_shown_at_the_phone(self, app, demand, desktop, phone, inbox):
        demand(aal=2)
        code = draw(app, desktop)
        page = text_of(phone.get(f"/scan/{code.secret}"))
        back = f"next=/scan/{code.secret}&factor=sms"
        assert f"/confirm?next=%2Fscan%2F{code.secret}&factor=sms" in page
        phone.post("/scan", ticket=code.secret, answer=code.number)  # around the page
        assert state_on(desktop, code) == "scanned"

        phone.post(f"/confirm/send?{back}", send="1")
        phone.post(f"/confirm/code?{back}", code=inbox.code(PHONE))
        answer(phone, code)
        desktop.post(code.page)

        found = rows(app, "SELECT amr, aal FROM sso_session ORDER BY created_at, session_id")
        assert found[-1] == ("pwd sms mfa qr mca", 2)

    def test_whoever_has_no_second_factor_answers_with_one(self, app, demand, browser, person):
        """The desktop is at level 1 then, and the site decides."""
        demand(aal=2)
        person(username="cai_yun")
        phone, desktop = phone_of(browser, "cai_yun"), browser()
        code = draw(app, desktop)
        answer(phone, code)
        desktop.post(code.page)

        assert rows(app, SESSIONS)[-1][2] == 1

    def test_a_fresh_sign_in_is_fresher_than_the_code(self, app, demand, clock, desktop, phone):
        demand(afresh=True)
        clock.advance(5)
        code = draw(app, desktop)
        assert 'id="scan-confirm"' in phone.get(f"/scan/{code.secret}").text

        phone.post(f"/confirm?next=/scan/{code.secret}", password="a long and quiet river")
        answer(phone, code)

        assert desktop.post(code.page).status_code == 303

    def test_a_chain_of_scans_gains_nothing(self, app, clock, browser, desktop, phone, code):
        """A desktop that came by a scan may answer for another, while its factor is fresh."""
        answer(phone, code)
        desktop.post(code.page)
        third = browser()
        next_code = draw(app, third)
        answer(desktop, next_code)
        third.post(next_code.page)
        assert {row[1] for row in rows(app, SESSIONS)} == {"pwd", "pwd qr mca"}

        clock.advance(301)
        late = draw(app, browser())
        assert 'id="scan-confirm"' in third.get(f"/scan/{late.secret}").text


class TestSwapReplayAndTime:
    """Each code is one desktop's, one phone's, and good once (TRUST: QR login)."""

    def test_only_the_browser_that_drew_it_sees_or_uses_it(
        self, app, browser, desktop, phone, code
    ):
        watcher = browser()
        answer(phone, code)

        for response in (watcher.get(code.page), watcher.post(code.page)):
            assert (response.status_code, code_of(response)) == (404, "scan_unknown")
        assert not watcher.is_signed_in()
        assert desktop.post(code.page).status_code == 303

    def test_a_confirmation_of_one_code_opens_no_other(self, app, browser, desktop, phone, code):
        watcher = browser()
        other = draw(app, watcher)
        answer(phone, code)

        assert code_of(watcher.post(other.page)) == "scan_over"
        assert code_of(watcher.post(code.page)) == "scan_unknown"

    def test_it_is_used_once(self, app, desktop, phone, code):
        answer(phone, code)
        desktop.post(code.page)

        again = desktop.post(code.page)

        assert (again.status_code, code_of(again)) == (409, "scan_over")
        assert len(rows(app, SESSIONS)) == 2

    def test_it_is_answered_once(self, desktop, phone, code):
        answer(phone, code)

        for said in (code.number, "refuse"):
            again = phone.post("/scan", ticket=code.secret, answer=said)
            assert code_of(again) == "scan_over"
        assert state_on(desktop, code) == "confirmed"

    @pytest.mark.parametrize("scanned", [False, True])
    def test_its_time_ends(self, clock, desktop, phone, code, scanned):
        if scanned:
            phone.get(f"/scan/{code.secret}")
        clock.advance(180)

        assert state_on(desktop, code) == "expired"
        late = phone.get(f"/scan/{code.secret}")
        assert (late.status_code, code_of(late)) == (410, "scan_expired")
        phone.post("/scan", ticket=code.secret, answer=code.number)
        assert code_of(desktop.post(code.page)) == "scan_expired"

    def test_a_confirmation_is_not_good_for_long(self, clock, desktop, phone, code):
        answer(phone, code)
        clock.advance(181)

        assert code_of(desktop.post(code.page)) == "scan_expired"

    def test_an_answer_in_the_last_moment_can_still_be_used(self, clock, desktop, phone, code):
        clock.advance(179)
        answer(phone, code)
        clock.advance(20)

        assert desktop.post(code.page).status_code == 303

    def test_whoever_scans_second_is_told_that_they_are(self, browser, person, phone, code):
        """Somebody in the room scanned over the shoulder: the owner learns of it."""
        person(username="bob_wu")
        phone.get(f"/scan/{code.secret}")
        bob = phone_of(browser, "bob_wu")

        late = bob.get(f"/scan/{code.secret}")

        assert (late.status_code, code_of(late)) == (409, "scan_taken")
        assert code_of(bob.post("/scan", ticket=code.secret, answer=code.number)) == "scan_taken"

    def test_nobody_answers_what_they_did_not_scan(self, phone, desktop, code):
        unseen = phone.post("/scan", ticket=code.secret, answer=code.number)

        assert code_of(unseen) == "scan_over"
        assert state_on(desktop, code) == "new"

    def test_a_wrong_number_ends_the_code(self, app, desktop, phone, code):
        wrong = answer(phone, code, code.wrong)

        assert (wrong.status_code, code_of(wrong)) == (403, "scan_mismatch")
        assert state_on(desktop, code) == "rejected"
        phone.post("/scan", ticket=code.secret, answer=code.number)
        assert not desktop.is_signed_in()
        assert trail(app, "scan:answer")[0] == ("failure", "scan_mismatch")

    def test_another_persons_page_cannot_answer(self, desktop, phone, code):
        """Without the token of the phone's own page nothing is confirmed."""
        phone.get(f"/scan/{code.secret}")
        forged = phone.client.post(
            "/scan",
            data={"ticket": code.secret, "answer": code.number},
            base_url="https://id.example",
            headers={"Accept": "text/html"},
        )

        assert code_of(forged) == "form_expired"
        assert state_on(desktop, code) == "scanned"


class TestWhoMayNot:
    """Disabled, signed out, too often."""

    def test_a_disabled_account_confirms_nothing(self, app, desktop, phone, code, ann):
        answer(phone, code)
        with app.app_context(), house.database().write() as tx:
            lifecycle.disable(tx, ann, actor="test")

        assert desktop.post(code.page).status_code in (403, 404)
        assert not desktop.is_signed_in()
        assert phone.get(f"/scan/{code.secret}").status_code in (303, 404)

    def test_a_phone_that_signed_out_meanwhile_vouches_for_nobody(
        self, app, browser, desktop, phone, code, ann
    ):
        answer(phone, code)
        other = phone_of(browser, "ann_li")
        mine = rows(app, "SELECT session_id FROM sso_session ORDER BY created_at, session_id")[0][0]
        other.post(f"/account/sessions/{mine}/end")

        refused = desktop.post(code.page)

        assert (refused.status_code, code_of(refused)) == (403, "scan_account_refused")
        assert not desktop.is_signed_in()

    @pytest.mark.parametrize(
        "limits", [{"MANYOU_SCAN__PER_BROWSER": "2", "MANYOU_SCAN__PER_ADDRESS": "2"}]
    )
    def test_codes_are_counted_per_browser_and_address(self, browser):
        one = browser()
        drawn = [one.get("/sign-in/scan").status_code for _ in range(3)]
        two = browser()
        drawn += [two.get("/sign-in/scan").status_code]

        assert drawn == [303, 303, 429, 429]

    @pytest.mark.parametrize("limits", [{"MANYOU_SCAN__WRONG_PER_BROWSER": "2"}])
    def test_unknown_codes_are_counted(self, browser, phone):
        for one in (browser(), phone):
            seen = [one.get(f"/scan/{n:032x}").status_code for n in range(3)]
            assert seen == [404, 404, 429]

    @pytest.mark.parametrize("odd", ["%00", "%ff", "a" * 3000, "..%2f..", "'%20or%20''='", "你好"])
    def test_odd_codes_do_no_harm(self, client, odd):
        answer = client.get(f"/scan/{odd}", headers={"Accept": "text/html"})

        assert answer.status_code in (400, 404)


class TestTheWaitingDesktop:
    """What the page's script asks, ahead of Flask."""

    @pytest.fixture
    def limits(self):
        return {"MANYOU_SCAN__WAIT": "0.6"}

    def drawn(self, client):
        return client.get("/sign-in/scan").headers["Location"].rpartition("/")[2]

    def test_it_is_told_at_once_when_something_happened(self, client):
        there = f"/sign-in/scan/{self.drawn(client)}/state"

        told = client.get(f"{there}?seen=scanned")

        assert told.json == {"state": "new", "again_in": 0.0}
        assert told.headers["Cache-Control"] == "no-store"

    def test_otherwise_its_answer_is_held_back_a_little(self, client):
        told = client.get(f"/sign-in/scan/{self.drawn(client)}/state?seen=new")

        assert told.json == {"state": "new", "again_in": 0.1}

    def test_no_other_browser_learns_anything(self, client, make_client):
        ticket_id = self.drawn(client)
        stranger = make_client()
        stranger.get("/sign-in")

        for one in (stranger, make_client()):
            told = one.get(f"/sign-in/scan/{ticket_id}/state")
            assert (told.status_code, told.json["error"]) == (404, "scan_unknown")

    def test_it_is_only_asked(self, client):
        assert client.post(f"/sign-in/scan/{self.drawn(client)}/state").status_code == 405


class TestApps:
    """The port for upstream apps: the app's word in place of a browser's session."""

    @pytest.fixture
    def north(self, app, offer, pages, ann):
        offer("north", trust={"aal": 2})
        with app.app_context():
            entry = catalogue().find("north").entry
            with house.database().write() as tx:
                links.add(tx, house.vault(), "north", somebody(), ann)
        return entry

    @pytest.fixture
    def using(self, app, north):
        def run(function, *further, who=None):
            with app.app_context(), app.test_request_context(), house.database().write() as tx:
                return function(tx, house.vault(), north, who or somebody(aal=2), *further)

        return run

    def test_an_app_lets_the_desktop_in_as_whom_it_is_linked_to(
        self, app, using, desktop, code, ann
    ):
        shown = using(apps.scan, code.secret)
        assert (shown.address, shown.numbers) == ("198.51.100.*", code.numbers)
        using(apps.confirm, code.secret, code.number)

        assert desktop.post(code.page).status_code == 303
        assert rows(app, SESSIONS) == [(ann, "fed mfa qr mca", 2)]

    def test_an_unlinked_person_lets_nobody_in(self, using, desktop, code):
        stranger = somebody("s2")
        using(apps.scan, code.secret, who=stranger)

        with pytest.raises(errors.ScanAccountError):
            using(apps.confirm, code.secret, code.number, who=stranger)
        assert state_on(desktop, code) == "scanned"

    def test_an_app_refuses_and_chooses_numbers_as_a_browser_does(self, app, using, desktop, code):
        using(apps.scan, code.secret)
        using(apps.reject, code.secret)
        assert state_on(desktop, code) == "rejected"

        other = draw(app, desktop)
        using(apps.scan, other.secret)
        with pytest.raises(errors.ScanMismatchError):
            using(apps.confirm, other.secret, other.wrong)
        assert state_on(desktop, other) == "rejected"

    def test_a_browser_and_an_app_do_not_answer_for_each_other(self, using, phone, code):
        using(apps.scan, code.secret)

        assert code_of(phone.get(f"/scan/{code.secret}")) == "scan_taken"
