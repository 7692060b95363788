"""Receipts of checks, and what is kept of a check: proofs that reveal nobody."""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

import orjson

from tests.departments import question

from .office import PEOPLE, read_receipt, rows


def test_a_receipt_proves_what_was_asked(office, bureau):
    """A JWS by the published keys; the nonce opens its commitment to the question."""
    asked = question(PEOPLE[2], phone="13800138000")
    told = bureau.ask(asked).json

    header, said = read_receipt(office, told["receipt"])

    assert header["typ"] == "verification-receipt+jwt"
    assert said["iss"] == office.issuer
    assert said["aud"] == bureau.site.client_id
    assert said["jti"] == told["check_id"]
    assert said["log"].endswith(told["check_id"])
    for name in ("result", "elements", "purpose", "legal_basis"):
        assert said[name] == told[name]
    about = {name: asked[name] for name in ("name", "id_number", "phone")}
    opened = urlsafe_b64decode(told["nonce"] + "=")
    canonical = json.dumps(about, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = sha256(opened + canonical.encode()).digest()
    assert said["commitment"] == urlsafe_b64encode(digest).decode().rstrip("=")


def test_a_receipt_alone_reveals_nobody(office, bureau):
    """Neither the number nor a hash that could be guessed; two receipts of one person differ."""
    first, second = (bureau.ask(question(PEOPLE[3])).json for _ in range(2))
    claims = [read_receipt(office, told["receipt"])[1] for told in (first, second)]

    assert claims[0]["commitment"] != claims[1]["commitment"]
    assert "nonce" not in claims[0]
    for said in claims:
        assert PEOPLE[3].id_number not in json.dumps(said, ensure_ascii=False)


def test_each_check_is_on_the_trail(office, bureau):
    told = bureau.ask(question(PEOPLE[0])).json

    (row,) = rows(
        office,
        "SELECT event, client_id, data FROM audit_event WHERE data LIKE :like",
        like=f"%{told['check_id']}%",
    )

    assert (row["event"], row["client_id"]) == ("check:answer", bureau.site.client_id)
    assert orjson.loads(row["data"])["result"] == "MATCH"


def test_the_tables_hold_no_number_and_no_name(office, bureau):
    """What was asked is kept as a blind index and a MAC."""
    bureau.ask(question(PEOPLE[1]))

    for table in ("department_check", "audit_event", "throttle"):
        text = str(rows(office, f"SELECT * FROM {table}"))
        assert PEOPLE[1].id_number not in text
        assert PEOPLE[1].name not in text


def test_a_stolen_table_does_not_let_names_be_tried(office, bureau):
    """The commitment hides a person only from whoever has not the nonce: it is kept sealed."""
    key = secrets.token_hex(16)
    told = bureau.ask(question(PEOPLE[1]), key=key).json

    (kept,) = rows(
        office, "SELECT * FROM department_check WHERE check_id = :id", id=told["check_id"]
    )
    octets = b"".join(bytes(v) for v in kept.values() if isinstance(v, bytes | memoryview))

    assert told["nonce"] not in str(kept)
    assert told["nonce"].encode() not in octets
    assert urlsafe_b64decode(told["nonce"] + "=") not in octets
    assert bureau.ask(question(PEOPLE[1]), key=key).json["nonce"] == told["nonce"]


# Who may ask.
