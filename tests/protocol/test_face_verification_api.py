"""POST /verifications/face: a department orders a scan for a citizen's browser."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.departments import department, question

from .face_scans import (
    FACE,
    ORIGIN,
    RETURN,
    SCOPES,
    face_department,
    order,
)
from .office import CROWD, PEOPLE

# The order.


def test_an_order_is_a_ticket_for_the_citizens_browser(office, faces):
    """The back end learns a name for the scan, a ticket, a page of ours and how long they hold."""
    answer = order(faces, question(PEOPLE[0], origin=ORIGIN))

    assert answer.status == 201, answer
    assert answer.json.keys() == {"scan_id", "ticket", "capture_url", "expires_in"}
    assert answer.json["ticket"].startswith(answer.json["scan_id"])
    assert answer.json["capture_url"].startswith(f"{office.issuer}/face/check/")
    assert 60 <= answer.json["expires_in"] <= 3600
    assert answer.header("Cache-Control") == "no-store"
    assert PEOPLE[0].id_number not in answer.text


def test_the_same_order_gets_the_same_scan(faces):
    """A repeated order with one key is one scan, also of many at once."""
    key, asked = secrets.token_hex(16), question(PEOPLE[1])
    faces.bearer()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: order(faces, asked, key=key), range(10)))

    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["scan_id"] for answer in answers}) == 1
    assert len({answer.json["ticket"] for answer in answers}) == 1
    assert sum(not answer.header("Idempotent-Replayed") for answer in answers) == 1
    other = order(faces, question(PEOPLE[2]), key=key)
    assert (other.status, other.error) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name": None}, "name", "missing"),
        ({"id_number": "110101199003070000"}, "id_number", "id_number_checksum"),
        ({"risk": "none"}, "risk", "unknown_word"),
        ({"risk": 1}, "risk", "not_a_string"),
        ({"origin": "https://evil.example"}, "origin", "not_registered"),
        ({"origin": f"{ORIGIN}.evil.example"}, "origin", "not_registered"),
        ({"origin": "null"}, "origin", "not_registered"),
        ({"return_uri": f"{RETURN}&next=evil"}, "return_uri", "not_registered"),
        ({"return_uri": ["https://evil.example"]}, "return_uri", "not_a_string"),
        ({"phone": "13800138000"}, "unknown", "unknown_member"),
        ({"portrait": "/9j/4AAQ"}, "unknown", "unknown_member"),
    ],
)
def test_a_malformed_order_says_where(faces, changes, field, code):
    """No portrait is ever sent by a department, and no page but a registered one comes in."""
    answer = order(faces, question(PEOPLE[0], **changes))

    assert (answer.status, answer.error) == (400, "check_input_invalid")
    assert field in answer.json["fields"]
    assert answer.json["fields"][field] == code or code == "id_number_checksum"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"name":"a","name":"b"}', b"\xff\xfe{}"])
def test_what_is_no_plain_object_is_refused(faces, body):
    answer = faces.send("POST", FACE, body)

    assert (answer.status, answer.error) == (400, "invalid_document")


def test_a_permission_of_its_own_is_needed(office, bureau):
    """To be allowed to check names is not to be allowed to scan faces."""
    without = department(office, scope=SCOPES)

    refused = order(without, question(PEOPLE[0]))
    scopeless = bureau.send("POST", FACE, b"{}")

    assert (refused.status, refused.error) == (403, "check_not_permitted")
    assert (scopeless.status, scopeless.error) == (403, "insufficient_scope")
    assert 'scope="verification:face"' in scopeless.header("WWW-Authenticate")


@pytest.mark.parametrize("change", [{"purpose": "vehicle"}, {"legal_basis": "contract"}])
def test_purpose_and_basis_are_permitted_for_faces_apart(faces, change):
    """`vehicle` is permitted to this department for names, and not for faces."""
    answer = order(faces, question(PEOPLE[0], **change))

    assert (answer.status, answer.error) == (403, "check_purpose_refused")


def test_a_token_for_names_orders_no_scan(office, faces):
    """The audience is the office, the scope the window (RFC 8707, RFC 6750)."""
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer nonsense"}):
        answer = faces.send("POST", FACE, json.dumps(question(PEOPLE[0])).encode(), **headers)
        assert (answer.status, answer.error) == (401, "invalid_token")


def test_a_quota_bounds_orders(office, authority):
    """An order costs a check's worth, whoever then performs the scan."""
    bureau = face_department(office, per_minute=3)
    bureau.bearer()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: order(bureau, question(CROWD[n])), range(8)))

    assert sorted(answer.status for answer in answers) == [201] * 3 + [429] * 5
    assert {answer.error for answer in answers if answer.status == 429} == {"check_quota_exceeded"}
