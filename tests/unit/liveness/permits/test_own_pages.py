"""The citizen's own page: consents by purpose, the lock, guardians, what was scanned."""

import re

import pytest

from idp.accounts import lifecycle
from idp.audit import events, trail
from liveness.permits import consents, notices, standing
from liveness.permits.errors import FaceConsentMissingError, GuardianNeededError
from tests.people import rows
from tests.unit.liveness.permits.conftest import (
    ADULT,
    CHILD,
    VISITOR,
    phone_number,
    subject_of,
)

FACE = "/account/face"
OTHER_ADULT = "11010119950101002X"
VERSION = notices.VERSION


def given(database, visitor, purpose):
    with database.read() as tx:
        return consents.given(tx, visitor.person_id, purpose)


def test_each_purpose_is_agreed_to_and_withdrawn_by_itself(account, database, app):
    """Order 19 of 2025: separate consent, as easily withdrawn as given."""
    citizen = account(ADULT)

    agreed = citizen.post(f"{FACE}/agree/sign_in", notice=VERSION)

    assert agreed.headers["Location"] == f"{FACE}?done=agreed"
    assert given(database, citizen, "sign_in")
    assert given(database, citizen, "step_up")
    assert not given(database, citizen, "alive")
    assert not given(database, citizen, "department")

    citizen.post(FACE, action="withdraw", purpose="sign_in")

    assert not given(database, citizen, "sign_in")
    told = rows(app, "SELECT event FROM audit_event ORDER BY sequence DESC LIMIT 2")
    assert told == [("face:withdraw",), ("face:consent",)]


def test_what_was_not_read_is_not_agreed_to(account, database):
    """A page from before the notice changed shows the new one."""
    citizen = account(ADULT)

    answer = citizen.post(f"{FACE}/agree/alive", notice="2020-01-1")

    assert answer.status_code == 403
    assert not given(database, citizen, "alive")


def test_a_new_edition_of_the_notice_is_agreed_to_anew(account, database, monkeypatch, app):
    """PIPL §14: who agreed to the former one agreed to something else; its record stays."""
    citizen = account(ADULT)
    citizen.post(f"{FACE}/agree/alive", notice=VERSION)
    monkeypatch.setattr(notices, "VERSION", "2099-01-1")
    before = given(database, citizen, "alive")

    citizen.post(f"{FACE}/agree/alive", notice="2099-01-1")

    assert not before
    assert given(database, citizen, "alive")
    editions = rows(app, "SELECT notice, withdrawn_at IS NULL FROM face_consent ORDER BY notice")
    assert [(edition, bool(stands)) for edition, stands in editions] == [
        (VERSION, False),
        ("2099-01-1", True),
    ]


def test_without_a_proven_name_there_is_nothing_to_sign_in_with(account, database):
    citizen = account()

    answer = citizen.post(f"{FACE}/agree/sign_in", notice=VERSION)

    assert answer.headers["Location"] == "/account/real-name"
    assert not given(database, citizen, "sign_in")
    assert "verify your real name" in citizen.get(f"{FACE}/agree/sign_in").text


def test_no_such_purpose_has_a_page(account):
    assert account(ADULT).get(f"{FACE}/agree/marketing").status_code == 404


def test_locking_needs_no_factor_and_unlocking_a_fresh_one(account, desk, database, clock):
    citizen, subject = account(ADULT), subject_of(desk, ADULT)
    clock.advance(601)

    locked = citizen.post(FACE, action="lock")
    early = citizen.post(FACE, action="unlock")
    with database.read() as tx:
        still = standing.read(tx, subject).off

    assert locked.headers["Location"] == f"{FACE}?done=locked"
    assert early.headers["Location"] == f"/confirm?next={FACE}"
    assert still
    assert "Locked by you" in citizen.get(FACE).text

    citizen.post("/confirm", password="a long and quiet river")
    citizen.post(FACE, action="unlock")

    with database.read() as tx:
        assert not standing.read(tx, subject).off


def test_a_session_with_a_face_in_it_unlocks_nothing(account, desk, database):
    citizen = account(ADULT)
    citizen.post(FACE, action="lock")
    with database.write() as tx:
        tx.run(consents.Statement("UPDATE sso_session SET amr = 'face sms mfa', aal = 2"))

    answer = citizen.post(FACE, action="unlock")

    assert answer.status_code == 403
    assert "Please sign out" in answer.text
    with database.read() as tx:
        assert standing.read(tx, subject_of(desk, ADULT)).off


@pytest.mark.parametrize("form", [{"action": "lock"}, {"action": "unlock"}, {"action": "erase"}])
def test_nobody_locks_a_face_that_is_not_known_to_be_theirs(account, app, form):
    citizen = account(id_number=ADULT, real_name="张三丰")

    assert citizen.post(FACE, **form).status_code == 400
    assert rows(app, "SELECT COUNT(*) FROM face_standing") == [(0,)]


def test_scans_are_listed_with_their_outcome_and_nothing_else(account, database):
    """When, what for, passed or not: a score would teach whoever reads along."""
    citizen = account(ADULT)
    with database.write() as tx:
        for outcome in ("success", "failure"):
            data = {"purpose": "alive", "why": "no_match", "evidence": "e" * 64, "score": 0.43}
            trail.record(
                tx, events.FACE_SCAN, person_id=citizen.person_id, outcome=outcome, data=data
            )

    page = citizen.get(FACE).text

    assert page.count("Shown that you are alive") == 2
    assert "Refused" in page
    assert not re.search(r"no_match|0\.43|eeee", page)


class TestChildren:
    """PIPL §31: under 14, a parent or guardian decides."""

    def ask(self, child, phone, purpose="sign_in"):
        return child.post(f"{FACE}/guardian/{purpose}", phone=phone[3:], notice=VERSION)

    def test_a_child_does_not_agree(self, account, database):
        child = account(CHILD)

        answer = child.post(f"{FACE}/agree/sign_in", notice=VERSION)

        assert answer.status_code == 403
        assert "guardian" in child.get(f"{FACE}/agree/sign_in").text
        assert not given(database, child, "sign_in")

    def test_a_guardian_agrees_with_a_code_and_is_recorded(self, account, database, inbox, app):
        child, parent = account(CHILD), account(ADULT)

        asked = self.ask(child, parent.phone)
        child.post(f"{FACE}/code", code=inbox.code(parent.phone))

        assert asked.headers["Location"] == f"{FACE}/code"
        assert given(database, child, "sign_in")
        assert rows(app, "SELECT person_id, guardian_id FROM face_consent") == [
            (child.person_id, parent.person_id)
        ]
        assert "as a parent or guardian" in inbox.all()[-1]["text"]

    def test_a_guardian_withdraws_in_their_own_account(self, account, database, inbox):
        child, parent = account(CHILD), account(ADULT)
        self.ask(child, parent.phone)
        child.post(f"{FACE}/code", code=inbox.code(parent.phone))
        consent = re.search(r'name="consent" value="([0-9a-f]{32})"', parent.get(FACE).text)

        account(OTHER_ADULT).post(FACE, action="withdraw_ward", consent=consent[1])
        untouched = given(database, child, "sign_in")
        parent.post(FACE, action="withdraw_ward", consent=consent[1])

        assert untouched
        assert not given(database, child, "sign_in")

    @pytest.mark.parametrize("kind", ["nobody", "unproven", "child", "self"])
    def test_who_may_not_agree_gets_no_code_and_nobody_learns_why(self, kind, account, inbox):
        """The page is the same: it does not tell whose numbers are proven."""
        child, parent = account(CHILD), account(ADULT)
        numbers = {
            "nobody": phone_number,
            "unproven": lambda: account().phone,
            "child": lambda: account("110101201901010037").phone,
            "self": lambda: child.phone,
        }
        fit = self.ask(child, parent.phone)
        fit_page = child.get(f"{FACE}/code").text.replace(parent.phone[-4:], "")
        phone = numbers[kind]()

        unfit = self.ask(child, phone)
        unfit_page = child.get(f"{FACE}/code").text.replace(phone[-4:], "")

        assert (fit.status_code, fit.headers["Location"]) == (
            unfit.status_code,
            unfit.headers["Location"],
        )
        assert len(fit_page) == len(unfit_page)
        assert not [m for m in inbox.all() if m["to"] == phone]

    def test_a_wrong_code_agrees_to_nothing(self, account, database, inbox):
        child, parent = account(CHILD), account(ADULT)
        self.ask(child, parent.phone)
        wrong = f"{(int(inbox.code(parent.phone)) + 1) % 10**6:06d}"

        answer = child.post(f"{FACE}/code", code=wrong)

        assert answer.status_code == 403
        assert not given(database, child, "sign_in")

    def test_the_code_of_one_child_is_none_of_another(self, account, database, inbox):
        child, parent, other = account(CHILD), account(ADULT), account("110101201901010037")
        self.ask(child, parent.phone)

        other.post(f"{FACE}/code", code=inbox.code(parent.phone))

        assert not given(database, other, "sign_in")

    def test_an_erased_guardian_agrees_to_nothing_any_more(self, account, database, inbox, app):
        child, parent = account(CHILD), account(ADULT)
        self.ask(child, parent.phone)
        child.post(f"{FACE}/code", code=inbox.code(parent.phone))

        with app.app_context(), database.write() as tx:
            lifecycle.erase(tx, parent.person_id, actor="operator")

        assert not given(database, child, "sign_in")


class TestMeeting:
    """What stands between a ticket and the camera."""

    def meet(self, database, purpose, *, person_id=None, version=VERSION, number=ADULT):
        with database.write() as tx:
            consents.meet(
                tx,
                VISITOR,
                person_id=person_id,
                purpose=purpose,
                version=version,
                locale="en",
                id_number=number,
            )

    def test_a_proof_is_agreed_to_as_it_begins(self, account, database):
        citizen = account()

        self.meet(database, "proof", person_id=citizen.person_id)

        assert given(database, citizen, "proof")

    @pytest.mark.parametrize("purpose", ["sign_in", "step_up"])
    def test_whoever_knocks_agrees_to_nothing_in_a_persons_name(self, purpose, account, database):
        citizen = account(ADULT)

        with pytest.raises(FaceConsentMissingError):
            self.meet(database, purpose, person_id=citizen.person_id)

        assert not given(database, citizen, purpose)

    def test_an_agreement_from_before_the_age_was_known_is_none_for_a_child(
        self, account, database, desk
    ):
        child = account()
        child.post(f"{FACE}/agree/proof", notice=VERSION)
        assert given(database, child, "proof")

        with pytest.raises(GuardianNeededError):
            self.meet(database, "proof", person_id=child.person_id, number=CHILD)

    def test_a_department_asks_adults_each_time(self, database, app):
        self.meet(database, "department")

        with pytest.raises(FaceConsentMissingError):
            self.meet(database, "department", version="2020-01-1")
        with pytest.raises(GuardianNeededError):
            self.meet(database, "department", number=CHILD)
        assert rows(app, "SELECT COUNT(*) FROM face_consent") == [(0,)]

    def test_a_number_tells_the_age_and_a_passport_none(self):
        """Whose age nobody knows decides themselves, as a grown-up does."""
        assert consents.age_of("E12345678") is None
        assert consents.age_of(ADULT) >= 76


def test_an_erased_persons_agreements_are_gone(account, app, database):
    citizen = account(ADULT)
    citizen.post(f"{FACE}/agree/alive", notice=VERSION)

    with app.app_context(), database.write() as tx:
        lifecycle.erase(tx, citizen.person_id, actor="operator")

    assert rows(app, "SELECT COUNT(*) FROM face_consent") == [(0,)]
