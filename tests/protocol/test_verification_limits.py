"""How often a department may ask: quotas, budgets of identities, guessing."""

import secrets
from concurrent.futures import ThreadPoolExecutor

from tests.departments import department, question, resident

from .office import CROWD, PEOPLE, rows


def test_a_quota_is_never_exceeded(office):
    """Whatever is asked at once: so many are answered, and not one more."""
    bureau = department(office, per_minute=7)
    bureau.bearer()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: bureau.ask(question(CROWD[n])), range(20)))

    assert sorted(a.status for a in answers) == [200] * 7 + [429] * 13
    refused = next(a for a in answers if a.status == 429)
    assert refused.error == "check_quota_exceeded"
    assert 0 < int(refused.header("Retry-After")) <= 60


def test_what_was_answered_is_answered_again_beyond_the_quota(office):
    bureau, key = department(office, per_day=1), secrets.token_hex(16)
    first = bureau.ask(question(PEOPLE[0]), key=key)

    assert bureau.ask(question(PEOPLE[1])).error == "check_quota_exceeded"
    assert bureau.ask(question(PEOPLE[0]), key=key).json == first.json


def test_a_number_is_tried_so_often_and_no_more(office):
    """The budget of an identity counts over all callers, and holds against tries at once."""
    limit = office.desk.settings.proofing.per_identity
    callers = [department(office) for _ in range(3)]
    for caller in callers:
        caller.bearer()
    about = CROWD[299]

    def guess(n):
        return callers[n % 3].ask(question(about, name=f"王{chr(0x4E00 + n)}"))

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(guess, range(limit + 10)))

    told = [a for a in answers if a.status == 200]
    assert len(told) == limit
    assert {a.json["result"] for a in told} == {"MISMATCH"}
    assert {a.error for a in answers if a.status == 429} == {"identity_tried_too_often"}
    assert callers[0].ask(question(about)).status == 429  # not even the right name any more


def test_what_is_so_uses_up_no_tries(office, bureau):
    limit = office.desk.settings.proofing.per_identity

    answers = [bureau.ask(question(CROWD[298])) for _ in range(limit + 2)]

    assert {a.status for a in answers} == {200}


def _guess(bureau, people):
    return [bureau.ask(question(one, name="司马相如")) for one in people]


def test_a_guessing_caller_is_stopped(office, later):
    """Above a share of failures the verdict is not even told; it stays stopped for a time."""
    bureau, settings = department(office), office.desk.settings.verification

    answers = _guess(bureau, CROWD[60 : 60 + settings.suspicious_least + 1])

    assert [a.status for a in answers] == [200] * (settings.suspicious_least - 1) + [429] * 2
    assert answers[-1].error == "guessing_suspected"
    assert "result" not in answers[-1].json
    assert bureau.ask(question(PEOPLE[0])).error == "guessing_suspected"
    refusals = rows(
        office,
        "SELECT reason FROM audit_event WHERE event = 'check:refuse' AND client_id = :client_id",
        client_id=bureau.site.client_id,
    )
    assert {"reason": "guessing_suspected"} in refusals
    later(settings.stop + 1)
    bureau.token = ""
    assert bureau.ask(question(PEOPLE[0])).status == 200


def test_trying_out_numbers_that_belong_to_nobody_is_guessing(office):
    """NO_RECORD is never held against a number; a caller that meets little else is stopped."""
    bureau, settings = department(office), office.desk.settings.verification
    nobody = [resident(n) for n in range(600, 600 + settings.suspicious_least)]

    answers = [bureau.ask(question(one)) for one in nobody]

    assert answers[0].json["result"] == "NO_RECORD"
    assert answers[-1].error == "guessing_suspected"


def test_a_busy_department_may_meet_some_failures(office):
    """Below the share it goes on."""
    bureau, least = department(office), office.desk.settings.verification.suspicious_least
    for n in range(3 * least):
        assert bureau.ask(question(CROWD[100 + n % 100])).status == 200

    assert {a.status for a in _guess(bureau, CROWD[200 : 200 + least])} == {200}


def test_asking_for_one_known_name_hides_no_guessing(office):
    """A share is one of people: a thousand times the same MATCH is one person."""
    bureau, least = department(office), office.desk.settings.verification.suspicious_least
    for _ in range(4 * least):
        assert bureau.ask(question(PEOPLE[3])).status == 200

    answers = _guess(bureau, CROWD[230 : 230 + least])

    assert answers[-1].error == "guessing_suspected"


# Many at once.
