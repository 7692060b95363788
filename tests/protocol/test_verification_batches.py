"""Many questions at once, answered in the background; and the description of it all."""

import json
import secrets

import pytest
from jsonschema import Draft202012Validator

from idp.registry.results import Result
from tests.departments import PATH, department, question

from .office import CROWD, PEOPLE, read_receipt, rows, set_client, work


def test_a_batch_is_answered_in_the_background(office, bureau, later):
    asked = [question(one) for one in CROWD[:60]]
    asked[3] = question(CROWD[3], name="司马相如")
    asked[4] = question(CROWD[4], id_number="110101199003070020")
    taken = bureau.batch(asked)
    assert taken.status == 202
    where = taken.header("Location").removeprefix(office.issuer)
    assert taken.json["waiting"] == 59

    work(office, 1)
    later(2)
    work(office, 2)

    told = bureau.send("GET", f"{where}?limit=50").json
    assert told["state"] == "done"
    assert (told["answered"], told["refused"], told["waiting"]) == (59, 1, 0)
    assert [r["position"] for r in told["results"]] == list(range(50))
    assert told["results"][0]["result"] == "MATCH"
    assert told["results"][3]["result"] == "MISMATCH"
    assert told["results"][4]["fields"] == {"id_number": "id_number_checksum"}
    rest = bureau.send("GET", told["next"].removeprefix(office.issuer)).json
    assert [r["position"] for r in rest["results"]] == list(range(50, 60))
    assert "next" not in rest
    assert read_receipt(office, rest["results"][0]["receipt"])[1]["aud"] == bureau.site.client_id


def test_what_was_asked_is_sealed_and_then_erased(office, bureau):
    taken = bureau.batch([question(CROWD[70])])
    batch_id = taken.json["batch_id"]
    sql = "SELECT sealed FROM check_batch_item WHERE batch_id = :batch_id"

    (before,) = rows(office, sql, batch_id=batch_id)
    work(office, 1)
    (after,) = rows(office, sql, batch_id=batch_id)

    assert CROWD[70].id_number.encode() not in bytes(before["sealed"])
    assert after["sealed"] is None


def test_a_batch_may_be_lines(office, bureau):
    lines = b"\n".join(json.dumps(question(one)).encode() for one in CROWD[71:73])

    answer = bureau.send("POST", f"{PATH}/batches", lines, Content_Type="application/jsonl")

    assert (answer.status, answer.json["total"]) == (202, 2)


def test_a_batch_is_its_clients_alone(office, bureau):
    path = f"{PATH}/batches/{bureau.batch([question(PEOPLE[0])]).json['batch_id']}"
    stranger = department(office)

    for method in ("GET", "DELETE"):
        answer = stranger.send(method, path)
        assert (answer.status, answer.error) == (404, "batch_unknown")
    assert bureau.send("GET", path).status == 200


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_batch_is_closed_to_a_department_that_was_disabled(office, bureau, method):
    """A token outlives the operator's decision by minutes; it opens nothing meanwhile."""
    made = bureau.batch([question(PEOPLE[0])]).json
    set_client(office, bureau, "status", "disabled")

    answer = bureau.send(method, f"{PATH}/batches/{made['batch_id']}")

    assert (answer.status, answer.error) == (401, "invalid_token")


def test_a_batch_is_closed_to_a_department_that_lost_its_permission(office, bureau):
    """Verdicts are told to whoever may ask for them now."""
    made = bureau.batch([question(PEOPLE[0])]).json
    metadata = {name: v for name, v in bureau.site.metadata.items() if name != "verification"}
    set_client(office, bureau, "metadata_json", json.dumps(metadata))

    answer = bureau.send("GET", f"{PATH}/batches/{made['batch_id']}")

    assert (answer.status, answer.error) == (403, "check_not_permitted"), answer


def test_a_batch_sent_twice_is_one(bureau):
    key, asked = secrets.token_hex(16), [question(PEOPLE[0])]

    first, again = (bureau.batch(asked, key=key) for _ in range(2))
    other = bureau.batch([question(PEOPLE[1])], key=key)

    assert again.json["batch_id"] == first.json["batch_id"]
    assert again.header("Idempotent-Replayed") == "true"
    assert (other.status, other.error) == (422, "idempotency_key_reused")


def test_a_cancelled_batch_asks_nothing_more(office, bureau):
    path = f"{PATH}/batches/{bureau.batch([question(PEOPLE[0])]).json['batch_id']}"

    assert bureau.send("DELETE", path).status == 204
    work(office, 1)

    told = bureau.send("GET", path).json
    assert (told["state"], told["cancelled"]) == ("cancelled", 1)
    sql = "SELECT check_id FROM department_check WHERE client_id = :client_id"
    assert not rows(office, sql, client_id=bureau.site.client_id)


@pytest.mark.parametrize("items", [0, 1001])
def test_a_batch_has_a_size(bureau, items):
    answer = bureau.batch([question(PEOPLE[0])] * items)

    assert (answer.status, answer.error) == (400, "batch_invalid")


def test_a_batch_may_be_larger_than_other_bodies(office, bureau):
    asked = [question(CROWD[n % 100], legal_reference="x" * 200) for n in range(300)]
    assert len(json.dumps(asked)) > office.desk.settings.http.body_limit

    assert bureau.batch(asked).status == 202


def test_a_batch_that_guesses_is_stopped(office):
    """Items are under the budgets of single questions; what waits is erased."""
    bureau = department(office)
    asked = [question(one, name="司马相如") for one in CROWD[210:250]]
    path = f"{PATH}/batches/{bureau.batch(asked).json['batch_id']}"

    work(office, 1)

    told = bureau.send("GET", path).json
    assert told["state"] == "stopped"
    assert told["waiting"] == 0
    assert told["results"][-1]["error"] == "guessing_suspected"


def test_a_batch_waits_for_an_authority_that_is_down(office, bureau, authority, later):
    path = f"{PATH}/batches/{bureau.batch([question(PEOPLE[0])]).json['batch_id']}"
    authority.says = Result.SOURCE_DOWN
    work(office, 1)
    assert bureau.send("GET", path).json["waiting"] == 1
    authority.says = None
    later(31)

    work(office, 1)

    assert bureau.send("GET", path).json["results"][0]["result"] == "MATCH"


# The description.


# The description.


def test_the_description_is_openapi(description):
    from openapi_spec_validator import OpenAPIV31SpecValidator

    OpenAPIV31SpecValidator(description).validate()


def test_answers_are_what_the_description_says(office, bureau, description):
    """Every answer of a round through the interface fits the schema of its status."""
    where = bureau.batch([question(PEOPLE[0]), question(PEOPLE[1], name="x")])
    path = f"{PATH}/batches/{where.json['batch_id']}"
    work(office, 1)
    answers = [
        (PATH, "post", bureau.ask(question(PEOPLE[0]))),
        (PATH, "post", bureau.ask(question(PEOPLE[0], name=None))),
        (PATH, "post", bureau.ask(question(PEOPLE[0]), key=None)),
        (PATH, "post", bureau.ask(question(PEOPLE[0], purpose="taxation"))),
        (f"{PATH}/batches", "post", where),
        (f"{PATH}/batches/{{batch_id}}", "get", bureau.send("GET", path)),
        (f"{PATH}/batches/{{batch_id}}", "get", bureau.send("GET", f"{path}?limit=0")),
    ]

    for place, method, answer in answers:
        told = description["paths"][place][method]["responses"][str(answer.status)]
        schema = {
            **told["content"]["application/json"]["schema"],
            "components": description["components"],
        }
        Draft202012Validator(schema).validate(answer.json)
