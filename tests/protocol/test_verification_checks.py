"""POST /verifications/real-name: who may ask what, and gets a verdict, no data."""

import json
import secrets

import pytest

from tests.departments import PATH, SCOPE, question, resident

from .office import GONE, PEOPLE, read_receipt


def test_a_verdict_and_no_data(office, bureau):
    """The answer says whether it is so; what is so stays in the register."""
    answer = bureau.ask(question(PEOPLE[0]))

    assert answer.status == 200, answer
    assert answer.json["result"] == "MATCH"
    assert answer.json["elements"] == ["name", "id_number"]
    assert answer.json["source"] == "population_register"
    assert answer.header("Cache-Control") == "no-store"
    assert PEOPLE[0].name not in answer.text
    assert PEOPLE[0].id_number not in answer.text


@pytest.mark.parametrize(
    ("more", "elements"),
    [
        ({"phone": "13800138000"}, ["name", "id_number", "phone"]),
        (
            {"validity": {"begins": "2019-01-01", "ends": "2039-01-01"}},
            ["name", "id_number", "validity"],
        ),
        (
            {
                "phone": "+86 138 0013 8000",
                "validity": {"begins": "2019-01-01", "ends": "2039-01-01"},
            },
            ["name", "id_number", "phone", "validity"],
        ),
    ],
)
def test_two_to_four_elements(bureau, more, elements):
    """A third element is the phone or the card's validity; four are both."""
    answer = bureau.ask(question(PEOPLE[1], **more))

    assert (answer.json["result"], answer.json["elements"]) == ("MATCH", elements)


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({"name": "陈静静"}, "MISMATCH"),
        ({"phone": "13900139000"}, "MISMATCH"),
        ({"validity": {"begins": "2019-01-01", "ends": "long-term"}}, "MISMATCH"),
        ({"id_number": resident(999).id_number}, "NO_RECORD"),
        ({"id_number": GONE.id_number, "name": GONE.name}, "NO_RECORD"),
    ],
)
def test_what_is_not_so(office, bureau, changes, result):
    """That somebody is dead is for the record; whoever asks is told that there is no record."""
    answer = bureau.ask(question(PEOPLE[0], **changes))

    assert answer.json["result"] == result
    assert "deceased" not in answer.text
    assert "deceased" not in json.dumps(read_receipt(office, answer.json["receipt"])[1])


# Who may ask.


def _token(site, **form):
    return site.token(grant_type="client_credentials", **form).json["access_token"]


def test_without_a_token_there_is_a_challenge(office):
    """RFC 6750 §3."""
    answer = office.call("POST", PATH, headers={"Content-Type": "application/json"}, body=b"{}")

    assert answer.status == 401
    assert answer.header("WWW-Authenticate") == f'Bearer realm="{office.issuer}"'


def test_a_token_for_another_audience_is_refused(office, bureau):
    """RFC 8707 §2, RFC 9700 §2.3: a token opens what it was asked for."""
    bureau.token = _token(bureau.site, scope=SCOPE)

    answer = bureau.ask(question(PEOPLE[0]))

    assert (answer.status, answer.error) == (401, "invalid_token")
    assert 'error="invalid_token"' in answer.header("WWW-Authenticate")


def test_the_audience_is_the_office(office, bureau):
    """RFC 8707 §2.2; and the token opens nothing else."""
    told = bureau.site.introspect(bureau.bearer())

    assert told["aud"] == f"{office.issuer}/verifications"


@pytest.mark.parametrize("resource", ["https://elsewhere.example", "/verifications", "x" * 300])
def test_an_unknown_resource_is_refused(bureau, resource):
    """RFC 8707 §2: invalid_target."""
    answer = bureau.site.token(grant_type="client_credentials", resource=resource)

    assert (answer.status, answer.error) == (400, "invalid_target")


def test_a_token_without_the_scope_is_refused(office, bureau):
    """RFC 6750 §3.1: the challenge names the scope."""
    site = office.add_site(
        grant_types=["client_credentials"], redirect_uris=[], scope="verification:face"
    )
    bureau.token = _token(site, resource=f"{office.issuer}/verifications")

    answer = bureau.ask(question(PEOPLE[0]))

    assert (answer.status, answer.error) == (403, "insufficient_scope")
    assert f'scope="{SCOPE}"' in answer.header("WWW-Authenticate")


def test_the_scope_alone_is_not_enough(office, bureau):
    """The operator must have said for what."""
    site = office.add_site(grant_types=["client_credentials"], redirect_uris=[], scope=SCOPE)
    bureau.token = _token(site, resource=f"{office.issuer}/verifications")

    answer = bureau.ask(question(PEOPLE[0]))

    assert (answer.status, answer.error) == (403, "check_not_permitted")


@pytest.mark.parametrize("change", [{"purpose": "taxation"}, {"legal_basis": "contract"}])
def test_a_purpose_must_be_permitted(bureau, change):
    answer = bureau.ask(question(PEOPLE[0], **change))

    assert (answer.status, answer.error) == (403, "check_purpose_refused")


def test_a_revoked_token_asks_nothing(office, bureau):
    """RFC 7009: not even for an answer that it was given before."""
    key, asked = secrets.token_hex(16), question(PEOPLE[0])
    bureau.ask(asked, key=key)
    bureau.site.revoke(bureau.bearer())

    for tried in (key, ""):
        answer = bureau.ask(asked, key=tried)
        assert (answer.status, answer.error) == (401, "invalid_token")


# What may be asked.


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name": None}, "name", "missing"),
        ({"id_number": None}, "id_number", "missing"),
        ({"purpose": None}, "purpose", "missing"),
        ({"legal_basis": None}, "legal_basis", "missing"),
        ({"id_number": "110101199003070020"}, "id_number", "id_number_checksum"),
        ({"id_number": 110101199003070020}, "id_number", "not_a_string"),
        ({"name": "陈"}, "name", "real_name_length"),
        ({"phone": "12"}, "phone", "phone_invalid"),
        ({"validity": {"begins": "2019-01-01"}}, "validity", "validity_invalid"),
        ({"validity": {"begins": "2019-W01", "ends": "long-term"}}, "validity", "validity_invalid"),
        (
            {"validity": {"begins": "2039-01-01", "ends": "2019-01-01"}},
            "validity",
            "validity_invalid",
        ),
        ({"legal_reference": "a\u202eb"}, "legal_reference", "legal_reference_invalid"),
        ({"legal_reference": "a" * 201}, "legal_reference", "legal_reference_invalid"),
        ({"purpose": "x'; DROP TABLE"}, "purpose", "unknown_word"),
        ({"colour": "red"}, "unknown", "unknown_member"),
    ],
)
def test_a_malformed_question_says_where(bureau, changes, field, code):
    answer = bureau.ask(question(PEOPLE[0], **changes))

    assert (answer.status, answer.error) == (400, "check_input_invalid")
    assert answer.json["fields"][field] == code


NASTY = {
    "a name twice": b'{"name":"a","name":"b"}',
    "depth": b'{"a":' * 500 + b"1" + b"}" * 500,
    "a long integer": b'{"name":' + b"9" * 5000 + b"}",
    "not a number": b'{"name":NaN}',
    "a lone surrogate": b'{"name":"\\ud800"}',
    "NUL": b'{"name":"a\\u0000"}',
    "bad UTF-8": b'{"name":"\xff"}',
    "a list": b"[]",
    "nothing": b"",
}


@pytest.mark.parametrize("body", NASTY.values(), ids=NASTY)
def test_json_that_two_readers_could_read_differently(bureau, body):
    answer = bureau.send("POST", PATH, body)

    assert (answer.status, answer.error) == (400, "invalid_document")


def test_the_body_must_be_said_to_be_json(bureau):
    answer = bureau.ask(question(PEOPLE[0]), Content_Type="text/plain")

    assert (answer.status, answer.error) == (415, "media_type_unsupported")


def test_a_single_question_has_the_usual_limit(office, bureau):
    """The batches' larger limit holds for batches alone."""
    answer = bureau.send("POST", PATH, b" " * (office.desk.settings.http.body_limit + 1))

    assert answer.status == 413


# Asked again.
