"""POST /verifications/face/{scan_id}: the verdict of a scan, fetched exactly once."""

import json
import secrets
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from jsonschema import Draft202012Validator

from idp.proofing.verifications import identity_index
from idp.registry.results import Result
from tests.departments import question, resident

from .face_scans import (
    FACE,
    RETURN,
    face_department,
    fetch,
    give_up,
    order,
    scan,
)
from .office import CROWD, PEOPLE, read_receipt, rows, set_client, statement


def _told(office, faces, about=PEOPLE[0], **how):
    """Order, scan and fetch."""
    made = order(faces, question(about)).json
    scan(office, made["scan_id"], **how)
    return fetch(faces, made["scan_id"])


# The verdict.


def test_a_verdict_has_the_form_of_every_verdict(office, faces):
    """Name, number and portrait compared; yes or no, a receipt, and no picture."""
    answer = _told(office, faces)

    assert answer.status == 200, answer
    assert answer.json["result"] == "MATCH"
    assert answer.json["elements"] == ["name", "id_number", "portrait"]
    assert answer.json["source"] == "population_register"
    assert "jpeg" not in answer.text
    assert b"not looked at" not in answer.body
    assert PEOPLE[0].name not in answer.text


def test_a_receipt_proves_the_verdict(office, faces):
    """Signed by the published keys, for this department; the nonce opens what was asked."""
    told = _told(office, faces, PEOPLE[1]).json

    header, said = read_receipt(office, told["receipt"])

    assert header["typ"] == "verification-receipt+jwt"
    assert (said["aud"], said["jti"]) == (faces.site.client_id, told["check_id"])
    assert (said["result"], said["elements"]) == (told["result"], told["elements"])
    about = {"id_number": PEOPLE[1].id_number, "name": PEOPLE[1].name}
    canonical = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
    digest = sha256(urlsafe_b64decode(told["nonce"] + "=") + canonical.encode()).digest()
    assert said["commitment"] == urlsafe_b64encode(digest).decode().rstrip("=")


def test_a_verdict_is_fetched_once(office, faces):
    made = order(faces, question(PEOPLE[0])).json
    scan(office, made["scan_id"])

    first, second = fetch(faces, made["scan_id"]), fetch(faces, made["scan_id"])

    assert (first.status, first.json["result"]) == (200, "MATCH")
    assert (second.status, second.error) == (410, "face_verdict_fetched")


@pytest.mark.parametrize("alive", [True, False])
def test_of_racing_fetches_one_is_told(office, faces, alive):
    """Twenty at once, without a key: one verdict, and nobody meets our own fault."""
    made = order(faces, question(CROWD[281])).json
    scan(office, made["scan_id"], alive=alive)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: fetch(faces, made["scan_id"]), range(20)))

    assert [answer.status for answer in answers].count(200) == 1
    assert {answer.status for answer in answers} <= {200, 409, 410}
    (row,) = rows(
        office,
        "SELECT COUNT(*) AS checks FROM department_check WHERE client_id = :client_id",
        client_id=faces.site.client_id,
    )
    assert row["checks"] == 1


def test_a_lost_answer_may_be_fetched_again_with_its_key(office, faces):
    """An Idempotency-Key makes a fetch repeatable, for whoever sent the first one alone."""
    made, key = order(faces, question(PEOPLE[0])).json, secrets.token_hex(16)
    scan(office, made["scan_id"])

    first, again = (fetch(faces, made["scan_id"], key=key) for _ in range(2))
    other = fetch(faces, made["scan_id"], key=secrets.token_hex(16))

    assert again.json == first.json
    assert again.header("Idempotent-Replayed") == "true"
    assert (other.status, other.error) == (410, "face_verdict_fetched")


def test_a_scan_under_way_is_waited_for(faces):
    made = order(faces, question(PEOPLE[0])).json

    answer = fetch(faces, made["scan_id"])

    assert (answer.status, answer.error) == (409, "face_scan_running")
    assert int(answer.header("Retry-After")) > 0


def test_a_scan_that_nobody_performed_expires(office, faces, later):
    made = order(faces, question(PEOPLE[0])).json
    later(3600)
    faces.token = ""

    answer = fetch(faces, made["scan_id"])

    assert (answer.status, answer.error) == (410, "face_scan_expired")


def test_a_scan_that_was_given_up_is_over(office, faces):
    """Whoever takes another way is not compared; the department hears that there is no verdict."""
    made = order(faces, question(PEOPLE[0])).json
    give_up(office, made["scan_id"])

    answer = fetch(faces, made["scan_id"])

    assert (answer.status, answer.error) == (410, "face_scan_expired")
    assert not rows(
        office,
        "SELECT check_id FROM department_check WHERE client_id = :client_id",
        client_id=faces.site.client_id,
    )


def test_another_departments_scan_is_nobodys(office, faces):
    made = order(faces, question(PEOPLE[0])).json
    scan(office, made["scan_id"])
    stranger = face_department(office)

    for scan_id in (made["scan_id"], "0" * 32, "%20", "x" * 4000):
        answer = fetch(stranger, scan_id)
        assert (answer.status, answer.error) == (404, "face_scan_unknown")
    assert fetch(faces, made["scan_id"]).status == 200


def test_who_is_not_alive_is_not_compared(office, faces, authority):
    """LIVENESS_FAIL concludes the check without a question to the authority."""
    asked = authority.asked

    answer = _told(office, faces, CROWD[282], alive=False)

    assert (answer.status, answer.json["result"]) == (200, "LIVENESS_FAIL")
    assert authority.asked == asked
    assert "no_blink" not in answer.text
    _, said = read_receipt(office, answer.json["receipt"])
    assert said["result"] == "LIVENESS_FAIL"
    assert "no_blink" not in json.dumps(said)


@pytest.mark.parametrize("says", [Result.FACE_MISMATCH, Result.NO_PHOTO, Result.NO_RECORD])
def test_what_the_authority_says_is_told(office, faces, authority, says):
    authority.says = says

    assert _told(office, faces, CROWD[283]).json["result"] == says.value


def test_nearly_is_no(office, faces, authority):
    """An authority's "perhaps" would show whoever tries pictures out which way to go."""
    authority.says = Result.FACE_GREY

    assert _told(office, faces, CROWD[287]).json["result"] == "FACE_MISMATCH"


def test_an_authority_that_is_away_is_asked_twice_and_then_given_up(office, faces, authority):
    """No picture is kept to ask with later: another scan is needed, and no try is counted."""
    authority.says = Result.SOURCE_DOWN
    made = order(faces, question(CROWD[284])).json
    asked = authority.asked

    outcome = scan(office, made["scan_id"])
    answer = fetch(faces, made["scan_id"])

    assert outcome == "authority_unavailable"
    assert authority.asked == asked + 2
    assert (answer.status, answer.error) == (410, "face_scan_unanswered")


def test_a_locked_face_answers_no_photo(office, faces, authority):
    """Whoever asks does not learn that its owner locked it; the authority is not asked."""
    about, asked = CROWD[285], authority.asked
    subject = identity_index(office.desk.vault, about.id_number)
    made = order(faces, question(about)).json
    sentence = """
        INSERT INTO face_standing (subject, failures, in_a_row, era, today, today_until,
                                   locked_at, changed_at)
        VALUES (:subject, 0, 0, 0, 0, 0, 1, 1)
    """
    with office.desk.database.write() as tx:
        tx.run(statement(sentence), subject=subject)

    answer = fetch(faces, made["scan_id"])

    assert (answer.status, answer.json["result"]) == (200, "NO_PHOTO")
    assert authority.asked == asked
    assert "lock" not in answer.text
    (kept,) = rows(
        office,
        "SELECT reason FROM department_check WHERE check_id = :check_id",
        check_id=answer.json["check_id"],
    )
    assert kept["reason"] == "face_off"


def test_no_transaction_is_open_while_the_face_is_compared(office, faces, authority):
    """An authority that hangs holds no lock: meanwhile another department orders a scan."""
    made = order(faces, question(PEOPLE[0])).json
    other = face_department(office)
    other.bearer()
    held, before = threading.Event(), authority.asked
    authority.waits = held
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(scan, office, made["scan_id"])
        while authority.asked == before:
            assert not slow.done()
        quick = order(other, question(PEOPLE[1]))
        running = fetch(faces, made["scan_id"])
        held.set()
        assert slow.result() == "passed"
    authority.waits = None

    assert (quick.status, running.error) == (201, "face_scan_running")
    assert fetch(faces, made["scan_id"]).json["result"] == "MATCH"


def test_failed_faces_count_against_the_number_and_the_caller(office, faces, authority):
    """The budgets are those of names: so often a number may fail, whoever asks."""
    authority.says = Result.FACE_MISMATCH
    limit, about = office.desk.settings.proofing.per_identity, CROWD[286]

    told = [_told(office, faces, about) for _ in range(limit)]
    answer = order(face_department(office), question(about))

    assert {one.json["result"] for one in told} == {"FACE_MISMATCH"}
    assert (answer.status, answer.error) == (429, "identity_tried_too_often")


def test_a_department_that_lost_its_permission_fetches_nothing(office, faces):
    made = order(faces, question(PEOPLE[0])).json
    scan(office, made["scan_id"])
    metadata = {name: v for name, v in faces.site.metadata.items() if name != "verification"}
    set_client(office, faces, "metadata_json", json.dumps(metadata))

    answer = fetch(faces, made["scan_id"])

    assert (answer.status, answer.error) == (403, "check_not_permitted")


def test_what_was_asked_is_sealed_and_then_erased(office, faces):
    """Neither table of the order holds a name or number in clear; after the fetch, nothing."""
    made = order(faces, question(PEOPLE[2])).json
    for table in ("face_check", "face_scan"):
        text = str(rows(office, f"SELECT * FROM {table}"))
        assert PEOPLE[2].id_number not in text
        assert PEOPLE[2].name not in text
    scan(office, made["scan_id"])
    fetch(faces, made["scan_id"])

    (kept,) = rows(
        office,
        "SELECT asked_sealed, ticket_sealed FROM face_check WHERE scan_id = :scan_id",
        scan_id=made["scan_id"],
    )
    assert kept == {"asked_sealed": None, "ticket_sealed": None}


# Our own page, and the description.


def test_our_own_page_leads_back_to_the_registered_address(office, faces):
    """For sites that embed nothing: there and back by browser; the verdict goes by the back end."""
    made = order(faces, question(PEOPLE[0], return_uri=RETURN)).json
    citizen = office.agent()

    page = citizen.get(made["capture_url"])
    scan(office, made["scan_id"])
    done = citizen.get(f"{made['capture_url']}/done")

    assert page.status == 200, page
    assert made["ticket"] in page.text
    assert "Social Security Bureau" in page.text
    assert PEOPLE[0].name not in page.text
    assert done.status == 303
    assert done.location == f"{RETURN}&scan_id={made['scan_id']}&scan=done"
    assert citizen.get(made["capture_url"]).status == 410
    assert citizen.get(f"{office.issuer}/face/check/{'0' * 32}").status == 410


def test_who_will_not_be_scanned_is_led_back_too(office, faces):
    made = order(faces, question(PEOPLE[0])).json
    citizen = office.agent()

    left = citizen.get(f"{made['capture_url']}/leave")

    assert left.status == 200
    assert "another way" in left.text


def test_answers_are_what_the_description_says(office, faces, description):
    made = order(faces, question(PEOPLE[0]))
    running = fetch(faces, made.json["scan_id"])
    scan(office, made.json["scan_id"])
    path = f"{FACE}/{{scan_id}}"
    answers = [
        (FACE, made),
        (FACE, order(faces, question(PEOPLE[0], name=None))),
        (path, running),
        (path, fetch(faces, made.json["scan_id"])),
        (path, fetch(faces, made.json["scan_id"])),
    ]

    assert [answer.status for _, answer in answers] == [201, 400, 409, 200, 410]
    for place, answer in answers:
        told = description["paths"][place]["post"]["responses"][str(answer.status)]
        schema = told["content"]["application/json"]["schema"]
        whole = {**schema, "components": description["components"]}
        Draft202012Validator(whole).validate(answer.json)


def test_strangers_learn_nothing_of_numbers(office, faces):
    """An order says the same of a number in the register and of one that belongs to nobody."""
    known, unknown = (order(faces, question(one)) for one in (PEOPLE[0], resident(998)))

    assert (known.status, unknown.status) == (201, 201)
    assert known.json.keys() == unknown.json.keys()
