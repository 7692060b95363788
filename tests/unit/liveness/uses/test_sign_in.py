"""Sign in, and confirm, by face: something held first, the scan once, and nobody learns more."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.accounts import lifecycle
from idp.authentication import possessions
from idp.authentication.errors import PossessionGoneError
from idp.authentication.visitors import Visitor
from idp.db import Database
from idp.proofing import verifications
from idp.proofing.verifications import Evidence
from idp.registry.results import Result, Verdict
from idp.web import house
from liveness.desk import KEY as DESK
from liveness.permits import consents, notices, standing
from liveness.scans import finishing, handling, records
from liveness.scans.finishing import Facts
from liveness.scans.handling import Handling
from tests.devices import Device
from tests.people import PASSWORD, rows

PHONE, OTHER = "+8613800138000", "+8613900139000"
NAME, NUMBER, OTHER_NUMBER = "李晓明", "110101199003070011", "110101199001010015"
FACE, CONFIRM = "/sign-in/face", "/confirm/face"
WHO = Visitor(b"b" * 32)


@pytest.fixture
def limits(tmp_path):
    """A room of vision is named, so faces are offered; nobody looks at pictures here."""
    return {"MANYOU_LIVENESS__SOCKET": str(tmp_path / "nobody.sock")}


@pytest.fixture
def desk(app):
    return app.extensions[DESK]


@pytest.fixture
def write(app, desk):
    """Run something in a transaction of its own."""

    def run(act, *args, **kwargs):
        with app.test_request_context(), desk.database.write() as tx:
            return act(tx, *args, **kwargs)

    return run


@pytest.fixture
def agree(write):
    def agreed(person_id, number=NUMBER):
        return write(
            consents.give,
            WHO,
            person_id,
            notices.SIGN_IN,
            version=notices.VERSION,
            locale="en",
            id_number=number,
        )

    return agreed


@pytest.fixture
def proven(app, person, write):
    """Open an account with a proven name."""

    def create(number=NUMBER, phone=PHONE, **given):
        given = {"username": f"u{number[-5:]}", "real_name": NAME, **given}
        person_id = person(id_number=number, identity_verified=True, phone=phone, **given)
        evidence = Evidence(
            method="name_id",
            source="local",
            elements=("name", "id_number"),
            document="resident",
            id_number=number,
        )
        with app.app_context():
            vault, settings = house.vault(), house.settings().proofing
        write(verifications.record, vault, settings, person_id, evidence)
        return person_id

    return create


@pytest.fixture
def citizen(proven, agree):
    """Somebody whose name is proven, and who agreed to sign in by face."""
    person_id = proven()
    agree(person_id)
    return person_id


@pytest.fixture
def scanned(app, desk):
    """End the newest scan as the capture interface does, with what the register said."""

    def end(result=Result.MATCH):
        (scan_id,) = rows(app, "SELECT MAX(scan_id) FROM face_scan")[0]
        with desk.database.read() as tx:
            scan = records.find(tx, desk.vault, scan_id)
        with app.app_context():
            handled = Handling(desk, handling.uses(), WHO)
            return finishing.finish(handled, scan, Verdict(result=result, source="local"), Facts())

    return end


@pytest.fixture
def by_code(browser, inbox):
    """Walk to the camera with a code by SMS, and return the browser."""

    def walk(visitor=None, typed="13800138000", query="?next=/account/sites", phone=PHONE):
        visitor = visitor or browser()
        asked = visitor.post(f"{FACE}{query}", identifier=typed)
        answer = visitor.post(asked.location, code=inbox.code(phone))
        assert answer.location.startswith(f"{FACE}/scan"), answer.text
        page = visitor.get(answer.location)
        return visitor, page

    return walk


def enter_with_password(visitor, username):
    assert visitor.post("/sign-in", username=username, password=PASSWORD).status_code == 303


def leave(visitor):
    """Lose the session's cookie, and keep the browser's."""
    visitor.client.delete_cookie("__Host-manyou-session", domain="id.example")


def session_of(app):
    return rows(app, "SELECT amr, aal FROM sso_session WHERE ended_at IS NULL")


def register_device(visitor, inbox, username="u70011"):
    """Register a device, in a session of two fresh factors."""
    enter_with_password(visitor, username)
    asked = visitor.get("/account/devices/new")
    assert "factor=sms" in asked.location
    sent = visitor.post("/confirm/send?next=/account/devices/new&factor=sms")
    visitor.post(sent.location, code=inbox.code(PHONE))
    page, device = visitor.get("/account/devices/new").text, Device()
    message = re.search(r'data-device-register="([^"]+)"', page)[1]
    answer = visitor.post(
        "/account/devices/new", public_key=device.public_key, signature=device.sign(message)
    )
    assert answer.location == "/account/devices?done=registered", answer.text
    return device


def by_device(visitor, device, typed="u70011"):
    asked = visitor.post(f"{FACE}?next=/account/sites", identifier=typed, device="1")
    return visitor.post(asked.location, answers=device.answer(visitor.get(asked.location).text))


def finish(visitor):
    """Go where the scan leads, and on."""
    answer = visitor.get(f"{FACE}/finish")
    return visitor.get(answer.location) if "/finish?" in (answer.location or "") else answer


def code_of(page):
    found = re.search(r'id="refusal" role="alert"|data-code="(\w*)"', page.text)
    return found[1] if found else None


class TestSigningIn:
    def test_a_code_and_a_face_make_two_factors(self, app, citizen, by_code, scanned):
        visitor, page = by_code()
        assert re.search(r'ticket="[0-9a-f]{32}\.', page.text)
        assert not visitor.is_signed_in()

        told = scanned()
        answer = finish(visitor)

        assert (told.passed, told.onward) == (True, f"{FACE}/finish")
        assert answer.location == "/account/sites"
        assert session_of(app) == [("sms face mfa", 2)]

    def test_a_registered_device_and_a_face_need_no_message(
        self, app, citizen, browser, inbox, scanned
    ):
        visitor = browser()
        device = register_device(visitor, inbox)
        leave(visitor)
        sent = len(inbox.all())

        answer = by_device(visitor, device)
        visitor.get(answer.location)
        scanned()

        assert finish(visitor).location == "/account/sites"
        assert session_of(app)[-1] == ("swk face mfa", 2)
        assert len(inbox.all()) == sent

    def test_a_scan_signs_in_once(self, app, citizen, by_code, scanned):
        visitor, _ = by_code()
        scanned()

        first, second = finish(visitor), finish(visitor)

        assert first.location == "/account/sites"
        assert second.location.startswith("/sign-in")
        assert len(session_of(app)) == 1

    def test_without_its_scan_nobody_goes_on(self, app, citizen, by_code, scanned):
        visitor, _ = by_code()
        assert code_of(finish(visitor)) == "face_not_confirmed"

        scanned(Result.FACE_MISMATCH)

        assert code_of(finish(visitor)) == "face_not_confirmed"
        assert session_of(app) == []
        (reason,) = rows(app, "SELECT reason FROM audit_event WHERE event = 'person:sign_in'")[-1]
        assert reason == "face_not_confirmed"

    def test_a_silent_register_is_no_refused_sign_in(self, app, citizen, by_code, scanned):
        """Nobody said no: the trail does not say so either."""
        visitor, _ = by_code()

        scanned(Result.SOURCE_DOWN)

        assert code_of(finish(visitor)) == "face_not_confirmed"
        tried = rows(app, "SELECT outcome FROM audit_event WHERE event = 'person:sign_in'")
        assert ("failure",) not in tried

    def test_the_cookie_is_new(self, app, citizen, browser, by_code, scanned, person):
        """Fixation: whoever was signed in before has ended, and their cookie opens nothing."""
        person(username="stranger")
        visitor = browser()
        enter_with_password(visitor, "stranger")
        before = visitor.cookie("__Host-manyou-session")

        by_code(visitor)
        scanned()
        finish(visitor)

        assert before
        assert visitor.cookie("__Host-manyou-session") != before
        assert session_of(app) == [("sms face mfa", 2)]

    def test_the_code_alone_leads_on_at_level_one(self, app, citizen, by_code):
        visitor, _ = by_code()
        assert 'id="without"' in visitor.get(f"{FACE}/other?next=/account/sites").text

        answer = visitor.post(f"{FACE}/without?next=/account/sites")

        assert answer.location == "/account/sites"
        assert session_of(app) == [("sms", 1)]
        assert visitor.post(f"{FACE}/without").location == "/sign-in"

    def test_a_device_alone_signs_nobody_in(self, citizen, browser, inbox):
        visitor = browser()
        device = register_device(visitor, inbox)
        leave(visitor)
        by_device(visitor, device)

        answer = visitor.post(f"{FACE}/without")

        assert answer.location == "/sign-in"
        assert not visitor.is_signed_in()


class TestSwapping:
    """A scan, a code, a challenge: each is good in one browser, for one person and purpose."""

    def test_another_browser_has_nothing_to_finish(self, citizen, browser, by_code, scanned):
        by_code()
        scanned()

        answer = finish(browser())

        assert answer.location.startswith("/sign-in")

    def test_a_scan_of_one_browser_serves_no_other(self, app, citizen, by_code, scanned):
        first, _ = by_code()
        second, _ = by_code()
        scanned()  # the second one's

        assert code_of(finish(first)) == "face_not_confirmed"
        assert finish(second).location == "/account/sites"

    def test_a_scan_to_sign_in_confirms_nothing(self, app, citizen, by_code, browser, scanned):
        visitor, _ = by_code()
        scanned()
        enter_with_password(visitor, "u70011")

        answer = visitor.get(f"{CONFIRM}/finish")

        assert answer.location == "/confirm"
        assert session_of(app) == [("pwd", 1)]

    def test_a_code_to_sign_in_opens_no_face_sign_in(self, citizen, browser, inbox):
        visitor = browser()
        visitor.post("/sign-in/code", phone="13800138000")
        visitor.get(f"{FACE}/code")

        answer = visitor.post(f"{FACE}/code", code=inbox.code(PHONE))

        assert answer.status_code == 403
        assert visitor.get(f"{FACE}/scan").location == FACE

    def test_somebody_elses_device_opens_nothing(self, citizen, proven, browser, inbox):
        visitor = browser()
        device = register_device(visitor, inbox)
        proven(OTHER_NUMBER, OTHER)
        leave(visitor)

        answer = by_device(visitor, device, typed="u10015")

        assert answer.status_code == 403
        assert "not registered for this account" in answer.text

    def test_a_challenge_is_answered_once(self, citizen, browser, inbox):
        visitor = browser()
        device = register_device(visitor, inbox)
        asked = visitor.post(FACE, identifier="u70011", device="1")
        answers = device.answer(visitor.get(asked.location).text)

        first = visitor.post(f"{FACE}/device", answers=answers)
        again = visitor.post(f"{FACE}/device", answers=answers)

        assert (first.status_code, again.status_code) == (303, 403)


class TestMeanwhile:
    """What changed between the scan and its end counts."""

    @pytest.fixture
    def ready(self, by_code, scanned, citizen):
        visitor, _ = by_code()
        scanned()
        return visitor

    def test_the_account_was_disabled(self, ready, citizen, write):
        write(lifecycle.disable, citizen, actor="officer")

        assert finish(ready).location.startswith("/sign-in")
        assert not ready.is_signed_in()

    def test_the_name_was_withdrawn(self, app, ready, citizen, write):
        write(verifications.withdraw_all, citizen, "objection")

        assert code_of(finish(ready)) == "face_name_unproven"
        assert session_of(app) == []

    def test_the_consent_was_taken_back(self, app, ready, citizen, write):
        write(consents.withdraw, WHO, citizen, notices.SIGN_IN)

        assert code_of(finish(ready)) == "face_consent_missing"
        assert session_of(app) == []

    def test_the_face_was_locked(self, app, desk, ready, citizen, write):
        subject = desk.vault.index(NUMBER, kind="identity")
        write(standing.lock, WHO, subject, citizen)

        assert code_of(finish(ready)) == "face_locked"
        assert session_of(app) == []


class TestStrangers:
    """Before something held was shown, nothing tells one account from another, or from none."""

    def test_known_unknown_unproven_locked_and_unagreed_look_alike(
        self, desk, citizen, proven, person, write, browser, agree
    ):
        locked = proven(OTHER_NUMBER, OTHER, username="locked")
        agree(locked, OTHER_NUMBER)
        write(standing.lock, WHO, desk.vault.index(OTHER_NUMBER, kind="identity"), locked)
        person(username="unproven", phone="+8613700137000")
        disabled = person(username="disabled", phone="+8613600136000")
        write(lifecycle.disable, disabled, actor="officer")

        seen = {
            name: self.knock(browser(), name)
            for name in ("u70011", "locked", "unproven", "disabled", "nobody-at-all")
        }

        assert len({tuple(pages) for pages in seen.values()}) == 1, seen

    @staticmethod
    def knock(visitor, typed):
        asked = visitor.post(FACE, identifier=typed)
        pages = [asked, visitor.get(asked.location), visitor.post(asked.location, code="000000")]
        pages.append(visitor.get(f"{FACE}/scan"))
        asked = visitor.post(FACE, identifier=typed, device="1")
        pages += [asked, visitor.get(asked.location)]
        answers = Device().answer(pages[-1].text)
        pages.append(visitor.post(asked.location, answers=answers, identifier="x"))
        varying = r'name="csrf_token" value="[^"]*"|data-device-answer="[^"]*"|value="[\w-]+"'
        return [(p.status_code, p.location, re.sub(varying, "", p.text)) for p in pages]

    @pytest.mark.parametrize("why", ["face_name_unproven", "face_consent_missing", "face_locked"])
    def test_who_holds_the_phone_is_told_with_a_way_on(
        self, desk, person, proven, write, agree, by_code, why
    ):
        if why == "face_name_unproven":
            person(username="plain", phone=PHONE)
        else:
            person_id = proven()
        if why == "face_locked":
            agree(person_id)
            write(standing.lock, WHO, desk.vault.index(NUMBER, kind="identity"), person_id)

        visitor, page = by_code()

        assert (page.status_code, code_of(page)) == (403, why)
        assert 'id="without"' in page.text
        assert visitor.post(f"{FACE}/without").location == "/account"

    def test_strangers_spend_no_scan(self, app, citizen, browser):
        """Possession first: nothing of the person's face budget is counted."""
        for _ in range(5):
            visitor = browser()
            visitor.post(FACE, identifier="u70011")
            visitor.get(f"{FACE}/scan")

        assert rows(app, "SELECT COUNT(*) FROM face_scan") == [(0,)]
        assert rows(app, "SELECT COUNT(*) FROM face_standing") == [(0,)]


class TestConfirming:
    def test_a_face_beside_a_code_lifts_but_makes_nothing_fresh(
        self, app, citizen, browser, inbox, scanned, clock
    ):
        visitor = browser()
        sent = visitor.post("/sign-in/code", phone="13800138000")
        visitor.post(sent.location, code=inbox.code(PHONE))
        (before,) = rows(app, "SELECT auth_time FROM sso_session")
        cookie = visitor.cookie("__Host-manyou-session")
        clock.advance(900)
        page = visitor.get("/confirm?factor=password&next=/account/sites")
        assert 'id="method-face"' in page.text

        scan = visitor.get(f"{CONFIRM}?factor=face&next=/account/sites")
        visitor.get(scan.location)
        scanned()
        answer = visitor.get(visitor.get(f"{CONFIRM}/finish").location)

        assert answer.location == "/account/sites"
        assert session_of(app) == [("sms face mfa", 2)]
        assert rows(app, "SELECT auth_time FROM sso_session") == [before]
        assert visitor.cookie("__Host-manyou-session") != cookie
        assert visitor.get("/account/phone").location.startswith("/confirm")

    def test_a_face_and_something_held_make_a_session_fresh(
        self, app, citizen, browser, inbox, scanned, clock
    ):
        visitor = browser()
        enter_with_password(visitor, "u70011")
        clock.advance(900)
        assert 'id="method-face"' in visitor.get("/confirm?next=/account/phone").text
        assert visitor.get(f"{CONFIRM}?next=/account/phone").status_code == 200

        sent = visitor.post(f"{CONFIRM}?next=/account/phone")
        scan = visitor.post(sent.location, code=inbox.code(PHONE))
        visitor.get(scan.location)
        scanned()
        answer = visitor.get(visitor.get(f"{CONFIRM}/finish").location)

        assert answer.location == "/account/phone"
        assert session_of(app) == [("pwd sms face mfa", 2)]
        assert visitor.get("/account/phone").status_code == 200

    def test_a_password_and_a_face_are_not_offered_as_two(self, citizen, browser):
        visitor = browser()
        enter_with_password(visitor, "u70011")

        page = visitor.get("/confirm?factor=sms&next=/account/sites").text

        assert 'id="send-code"' in page
        assert 'id="method-face"' not in page
        assert visitor.get(f"{CONFIRM}?factor=face").status_code == 200  # asks for what is held


class TestDevices:
    def test_registering_needs_two_fresh_factors(self, citizen, browser, inbox, clock):
        visitor = browser()
        enter_with_password(visitor, "u70011")
        assert visitor.get("/account/devices/new").location.startswith("/confirm?factor=sms")
        register_device(visitor, inbox)
        clock.advance(601)

        visitor.post("/confirm", password=PASSWORD)

        assert visitor.get("/account/devices/new").location.startswith("/confirm?factor=sms")

    def test_its_owner_is_told_and_may_forget_it(self, app, citizen, browser, inbox):
        visitor = browser()
        device = register_device(visitor, inbox)

        assert "A device was registered" in inbox.all()[-1]["text"]
        assert device.id in visitor.get("/account/devices").text
        visitor.post(f"/account/devices/{device.id}/forget")
        assert rows(app, "SELECT COUNT(*) FROM device_key") == [(0,)]
        assert by_device(visitor, device).status_code == 403

    def test_a_key_that_did_not_sign_is_refused(self, app, citizen, browser, inbox):
        visitor = browser()
        register_device(visitor, inbox)
        visitor.get("/account/devices/new")
        device = Device()

        answer = visitor.post(
            "/account/devices/new", public_key=device.public_key, signature=device.sign("else")
        )

        assert answer.status_code == 400
        assert rows(app, "SELECT COUNT(*) FROM device_key") == [(1,)]

    def test_signing_out_everywhere_forgets_it(self, app, citizen, browser, inbox):
        visitor = browser()
        register_device(visitor, inbox)

        visitor.post("/account/sessions/end-all")

        assert rows(app, "SELECT COUNT(*) FROM device_key") == [(0,)]

    def test_a_device_lifts_a_password_session_and_makes_nothing_fresh(
        self, app, citizen, browser, inbox, clock
    ):
        visitor = browser()
        device = register_device(visitor, inbox)
        leave(visitor)
        enter_with_password(visitor, "u70011")
        clock.advance(900)
        page = visitor.get("/confirm/device?next=/account/sites").text

        visitor.post("/confirm/device?next=/account/sites", answers=device.answer(page))

        assert session_of(app)[-1] == ("pwd swk mfa", 2)
        assert visitor.get("/account/phone").location.startswith("/confirm")


def test_of_twenty_racing_for_one_possession_one_goes_on(settings, citizen, by_code, app):
    by_code()
    ((possession_id,),) = rows(app, "SELECT possession_id FROM possession")

    def attempt(_):
        road = Database(settings.database, threads=1)
        try:
            with road.write() as tx:
                possessions.spend(tx, possession_id)
        except PossessionGoneError:
            return False
        finally:
            road.close()
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(attempt, range(20))) == 1
