"""POST /verifications/alive: has somebody shown since a day that they are alive?"""

import json
import secrets
from datetime import timedelta
from functools import partial

import pytest
from jsonschema import Draft202012Validator

import wsgi
from idp import clock
from idp.authentication.visitors import Visitor
from idp.registry.results import Result, Verdict
from liveness.alive_cli import SIGN
from liveness.desk import KEY as FACES
from liveness.permits import consents, notices
from liveness.scans import handling, opening
from liveness.scans.orders import Purpose
from liveness.uses import alive, alive_proofs, reminders
from liveness.uses.alive_proofs import Sight
from tests.departments import department, question, resident

from .face_scans import ALIVE, SCOPES, face_department, scan
from .office import CROWD, GONE, PEOPLE, read_receipt, rows

DAY = 86_400


@pytest.fixture
def pensions(office):
    """A bureau that may ask for proofs of being alive."""
    return face_department(office)


def _ask(pensions, about, *, key="", **changes):
    body = json.dumps(question(about, **changes)).encode()
    return pensions.send("POST", ALIVE, body, key=key)


def _prove(office, about, *, person_id=None, method=alive_proofs.COUNTER):
    desk = office.desk
    sight = Sight(method=method, source="counter", officer="officer:7", document="citizen_card")
    office.desk.ring.signer()
    with desk.database.write() as tx:
        return alive_proofs.record(
            tx,
            desk.vault,
            office.app.extensions[SIGN],
            desk.issuer,
            id_number=about.id_number,
            person_id=person_id,
            sight=sight,
            validity=desk.settings.liveness.alive_validity,
        )


def _proven(office, about):
    """Return a citizen who has proven to be *about*."""
    from idp.accounts import identifiers

    citizen = office.add_citizen()
    with office.desk.database.write() as tx:
        identifiers.add(
            tx,
            office.desk.vault,
            citizen.person_id,
            identifiers.ID_NUMBER,
            about.id_number,
            verified=True,
        )
    return citizen


@pytest.fixture
def restored():
    """Put a part in the place of another, for one test."""
    undone = []

    def put(whole, name, part):
        undone.append((whole, name, getattr(whole, name)))
        object.__setattr__(whole, name, part)

    yield put
    for whole, name, part in undone:
        object.__setattr__(whole, name, part)


def _remind(office):
    send = partial(reminders.send, vault=office.desk.vault, find_client=lambda _: None)
    with office.desk.database.write() as tx:
        return send(tx)


def test_without_a_proof_there_is_no_record(pensions):
    answer = _ask(pensions, PEOPLE[0], within_days=365)

    assert (answer.status, answer.json["result"]) == (200, "NO_RECORD")
    assert answer.json["elements"] == ["name", "id_number", "alive"]


@pytest.mark.parametrize(
    ("how", "result"),
    [
        ({}, "MATCH"),
        ({"within_days": 30}, "MATCH"),
        ({"since": "today"}, "MATCH"),
        ({"within_days": 30, "name": "陈静静"}, "MISMATCH"),
    ],
)
def test_a_proof_answers_since_its_day(office, pensions, how, result):
    """The register first: the name must be that of the number, whoever was seen."""
    _prove(office, PEOPLE[1])
    if how.get("since"):
        how = {"since": clock.today().isoformat()}
    asked = _ask(pensions, PEOPLE[1], **how)

    assert (asked.status, asked.json["result"]) == (200, result), asked


def test_a_proof_grows_old(office, pensions, later):
    """What holds for us may be too old for a bureau, and ends for everybody."""
    _prove(office, CROWD[20])
    later(31 * DAY)
    pensions.token = ""

    recent, lasting = _ask(pensions, CROWD[20], within_days=30), _ask(pensions, CROWD[20])
    later(365 * DAY)
    pensions.token = ""
    ended = _ask(pensions, CROWD[20])

    assert [a.json["result"] for a in (recent, lasting, ended)] == [
        "NO_RECORD",
        "MATCH",
        "NO_RECORD",
    ]


def test_a_proof_that_was_withdrawn_counts_no_more(office, pensions):
    proof_id = _prove(office, CROWD[21])
    with office.desk.database.write() as tx:
        alive_proofs.withdraw(tx, proof_id, because="another person", officer="officer:8")

    assert _ask(pensions, CROWD[21]).json["result"] == "NO_RECORD"


def test_who_died_after_the_proof_is_no_match(office, pensions):
    """The register outweighs what was seen before."""
    _prove(office, GONE)

    assert _ask(pensions, GONE).json["result"] == "NO_RECORD"


def test_asking_for_those_who_prove_nothing_is_no_guessing(office):
    """A bureau asks for all its pensioners: their names are right, so nobody is tried out."""
    pensions = face_department(office)
    least = office.desk.settings.verification.suspicious_least

    answers = [_ask(pensions, one) for one in CROWD[30 : 30 + 2 * least]]

    assert {(a.status, a.json["result"]) for a in answers} == {(200, "NO_RECORD")}


def test_a_receipt_commits_to_the_day_that_was_asked(office, pensions):
    told = _ask(pensions, PEOPLE[2], within_days=90).json

    _, said = read_receipt(office, told["receipt"])

    assert said["elements"] == ["name", "id_number", "alive"]
    assert (said["result"], said["jti"]) == (told["result"], told["check_id"])


def test_the_same_question_gets_the_same_answer(office, pensions):
    key = secrets.token_hex(16)
    first = _ask(pensions, CROWD[22], key=key)
    _prove(office, CROWD[22])

    again = _ask(pensions, CROWD[22], key=key)

    assert again.json == first.json
    assert again.header("Idempotent-Replayed") == "true"
    assert _ask(pensions, CROWD[22], key=key, within_days=3).error == "idempotency_key_reused"
    assert _ask(pensions, CROWD[22]).json["result"] == "MATCH"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"since": "2026-02-30"}, "since"),
        ({"since": "2026-W01-1"}, "since"),
        ({"since": "1900-01-01"}, "since"),
        ({"since": "2999-01-01"}, "since"),
        ({"since": 20260101}, "since"),
        ({"within_days": 0}, "within_days"),
        ({"within_days": True}, "within_days"),
        ({"within_days": "30"}, "within_days"),
        ({"within_days": 1 << 80}, "within_days"),
        ({"remind": "yes"}, "remind"),
        ({"portrait": "x"}, "unknown"),
        ({"within_days": 3, "since": "today"}, "within_days"),
    ],
)
def test_a_malformed_question_says_where(pensions, changes, field):
    if changes.get("since") == "today":
        changes = {**changes, "since": (clock.today() - timedelta(days=1)).isoformat()}

    answer = _ask(pensions, PEOPLE[0], **changes)

    assert (answer.status, answer.error) == (400, "check_input_invalid")
    assert field in answer.json["fields"]


def test_a_permission_of_its_own_is_needed(office, bureau):
    without = department(office, scope=SCOPES)

    refused, scopeless = _ask(without, PEOPLE[0]), bureau.send("POST", ALIVE, b"{}")

    assert (refused.status, refused.error) == (403, "check_not_permitted")
    assert (scopeless.status, scopeless.error) == (403, "insufficient_scope")
    assert _ask(face_department(office), PEOPLE[0], purpose="vehicle").error == (
        "check_purpose_refused"
    )


def test_answers_are_what_the_description_says(pensions, description):
    for answer in (_ask(pensions, PEOPLE[0]), _ask(pensions, PEOPLE[0], since="never")):
        told = description["paths"][ALIVE]["post"]["responses"][str(answer.status)]
        schema = told["content"]["application/json"]["schema"]
        whole = {**schema, "components": description["components"]}
        Draft202012Validator(whole).validate(answer.json)


# The scan, the reminders, the pages.


def test_a_scan_leaves_a_proof_with_a_receipt(office, pensions, authority, restored):
    """Name and number proven, a face that matches: alive, for as long as is set."""
    citizen, about = _proven(office, CROWD[23]), CROWD[23]
    desk = office.app.extensions[FACES]
    order = alive.order_for(
        desk,
        person_id=citizen.person_id,
        name=about.name,
        id_number=about.id_number,
        matter="m",
        browser=b"b" * 32,
    )
    authority.says = Result.MATCH
    restored(desk, "population", authority)
    with desk.database.write() as tx:
        ticket = opening.open_scan(tx, desk, order)
        consents.give(
            tx,
            Visitor(b""),
            citizen.person_id,
            "alive",
            version=notices.VERSION,
            locale="en",
            id_number=about.id_number,
        )

    assert scan(office, ticket.scan_id) == "passed"

    (kept,) = rows(
        office,
        "SELECT * FROM alive_proof WHERE person_id = :person_id",
        person_id=citizen.person_id,
    )
    _, said = read_receipt(office, kept["receipt"])
    assert (kept["method"], kept["evidence"]) == ("face", "ab" * 32)
    assert said["jti"] == kept["proof_id"]
    assert said["exp"] - said["iat"] == office.desk.settings.liveness.alive_validity
    assert about.id_number not in str(kept)
    assert _ask(pensions, about, within_days=1).json["result"] == "MATCH"


@pytest.mark.parametrize("says", [Result.FACE_MISMATCH, Result.NO_PHOTO, Result.SOURCE_DOWN])
def test_a_scan_that_matches_nobody_leaves_no_proof(office, authority, says):
    use = office.app.extensions[handling.KEY][Purpose.ALIVE]
    desk, citizen = office.app.extensions[FACES], _proven(office, resident(700 + len(says.value)))
    order = alive.order_for(
        desk, person_id=citizen.person_id, name="王芳", id_number=CROWD[24].id_number,
        matter="m", browser=b"b" * 32,
    )  # fmt: skip

    with desk.database.write() as tx:
        use.conclude(tx, "0" * 32, order, Verdict(result=says, source="test"))

    assert not rows(
        office,
        "SELECT * FROM alive_proof WHERE person_id = :person_id",
        person_id=citizen.person_id,
    )


def test_people_are_reminded_twice_and_no_more(office, later):
    """Thirty days and seven days before the end, once each, whichever worker comes first."""
    about = resident(701)
    citizen = _proven(office, about)
    _prove(office, about, person_id=citizen.person_id)
    _remind(office)  # of other tests' people
    validity = office.desk.settings.liveness.alive_validity
    later(validity - 29 * DAY)
    first = [_remind(office) for _ in range(2)]
    later(23 * DAY)
    second = [_remind(office) for _ in range(2)]
    (kept,) = rows(
        office,
        "SELECT reminders FROM alive_proof WHERE person_id = :person_id",
        person_id=citizen.person_id,
    )

    assert first[0] >= 1
    assert (first[1], second[1]) == (0, 0)
    assert second[0] >= 1
    assert kept["reminders"] == 2


def test_who_gave_a_new_proof_is_not_reminded_of_the_old(office, later):
    about = resident(702)
    citizen = _proven(office, about)
    _prove(office, about, person_id=citizen.person_id)
    later(office.desk.settings.liveness.alive_validity - 29 * DAY)
    _prove(office, about, person_id=citizen.person_id)
    _remind(office)

    kept = rows(
        office,
        "SELECT reminders FROM alive_proof WHERE person_id = :person_id",
        person_id=citizen.person_id,
    )
    assert [row["reminders"] for row in kept] == [0, 0]


def test_a_department_may_have_people_reminded(office, pensions):
    """`remind` puts the department on the citizen's page, and tells them once."""
    citizen = _proven(office, CROWD[25])
    _ask(pensions, CROWD[25], remind=True)
    _ask(pensions, CROWD[25], remind=True)

    sent = [_remind(office) for _ in range(2)]

    wanted = rows(
        office,
        "SELECT client_id, told_at FROM alive_request WHERE person_id = :person_id",
        person_id=citizen.person_id,
    )
    assert [row["client_id"] for row in wanted] == [pensions.site.client_id]
    assert wanted[0]["told_at"]
    assert sent[0] >= 1
    assert sent[1] == 0


def test_the_worker_keeps_these_timers(office):
    """Reminders, and the erasing of what was asked, are part of the worker's round."""
    worker = wsgi.create_worker(office.app)

    functions = {getattr(run, "func", run) for _, run in worker._timers}

    assert reminders.send in functions
