"""POST /verifications/real-name: a department asks, and gets a verdict and a receipt, no data."""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import orjson
import pytest
from joserfc import jws
from jsonschema import Draft202012Validator

import wsgi
from idp.registry.results import Result, Verdict
from tests import departments
from tests.departments import PATH, SCOPE, department, question, resident

from .conftest import deploy

PEOPLE = [resident(n, name=name) for n, name in enumerate(("陈静", "欧阳明", "李雷", "韩梅梅"))]
CROWD = [resident(n, name="王芳") for n in range(100, 400)]
GONE = resident(500, name="赵六", status="deceased")


@pytest.fixture(scope="session", params=[True, False], ids=["counter", "flask"])
def office(request, backend, store, tmp_path_factory):
    """A provider with a filled replica behind it."""
    name = f"office_{request.param}".lower()
    directory = tmp_path_factory.mktemp(f"{name}-{backend}")
    registry = store.registry_apart(f"{name}_registry", directory)
    environ = {
        "MANYOU_HTTP__MACHINE_DOOR": str(request.param),
        "MANYOU_REGISTRY_DATABASE_URL": registry,
        "MANYOU_VERIFICATION__QUOTA_BLOCK": "5",
        "MANYOU_HTTP__BLOCKING_THREADS": "20",  # as many as race here
    }
    with deploy(directory, store.apart(name, directory), environ) as deployed:
        departments.fill(registry, deployed.desk.vault, directory, [*PEOPLE, *CROWD, GONE])
        yield deployed
        for replica, _ in deployed.desk.sources.population._members:
            replica._database.close()


@pytest.fixture
def bureau(office):
    return department(office)


def _rows(office, sql, **values):
    with office.desk.database.read() as tx:
        return [row._asdict() for row in tx.all(_statement(sql), **values)]


def _statement(sql):
    from idp.db import Statement

    return Statement(sql)


def _receipt(office, token):
    registry = jws.JWSRegistry(algorithms=["ES256", "RS256"], strict_check_header=False)
    opened = jws.deserialize_compact(token, office.keys(), registry=registry)
    return opened.headers(), json.loads(opened.payload)


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
    assert "deceased" not in json.dumps(_receipt(office, answer.json["receipt"])[1])


def test_a_receipt_proves_what_was_asked(office, bureau):
    """A JWS by the published keys; the nonce opens its commitment to the question."""
    asked = question(PEOPLE[2], phone="13800138000")
    told = bureau.ask(asked).json

    header, said = _receipt(office, told["receipt"])

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
    claims = [_receipt(office, told["receipt"])[1] for told in (first, second)]

    assert claims[0]["commitment"] != claims[1]["commitment"]
    assert "nonce" not in claims[0]
    for said in claims:
        assert PEOPLE[3].id_number not in json.dumps(said, ensure_ascii=False)


def test_each_check_is_on_the_trail(office, bureau):
    told = bureau.ask(question(PEOPLE[0])).json

    (row,) = _rows(
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
        text = str(_rows(office, f"SELECT * FROM {table}"))
        assert PEOPLE[1].id_number not in text
        assert PEOPLE[1].name not in text


def test_a_stolen_table_does_not_let_names_be_tried(office, bureau):
    """The commitment hides a person only from whoever has not the nonce: it is kept sealed."""
    key = secrets.token_hex(16)
    told = bureau.ask(question(PEOPLE[1]), key=key).json

    (kept,) = _rows(
        office, "SELECT * FROM department_check WHERE check_id = :id", id=told["check_id"]
    )
    octets = b"".join(bytes(v) for v in kept.values() if isinstance(v, bytes | memoryview))

    assert told["nonce"] not in str(kept)
    assert told["nonce"].encode() not in octets
    assert urlsafe_b64decode(told["nonce"] + "=") not in octets
    assert bureau.ask(question(PEOPLE[1]), key=key).json["nonce"] == told["nonce"]


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


@pytest.mark.parametrize("key", [None, "short", "a" * 129, "with a space in it", "ключ" * 5])
def test_a_key_is_needed(bureau, key):
    """An empty key stands for a new one here, so None is none."""
    encoded = None if key is None else key.encode().decode("latin-1")
    answer = bureau.ask(question(PEOPLE[0]), key=encoded)

    assert (answer.status, answer.error) == (400, "idempotency_key_missing")


def test_the_same_question_gets_the_same_answer(bureau):
    key, asked = secrets.token_hex(16), question(PEOPLE[0])

    first, again = (bureau.ask(asked, key=key) for _ in range(2))

    assert first.header("Idempotent-Replayed") == ""
    assert again.header("Idempotent-Replayed") == "true"
    assert again.json == first.json


def test_a_key_asks_one_question(bureau):
    key = secrets.token_hex(16)
    bureau.ask(question(PEOPLE[0]), key=key)

    for other in (question(PEOPLE[1]), question(PEOPLE[0], purpose="vehicle")):
        answer = bureau.ask(other, key=key)
        assert (answer.status, answer.error) == (422, "idempotency_key_reused")


def test_keys_of_two_departments_are_two(office, bureau):
    key, other = secrets.token_hex(16), department(office)
    bureau.ask(question(PEOPLE[0]), key=key)

    answer = other.ask(question(PEOPLE[1]), key=key)

    assert (answer.status, answer.header("Idempotent-Replayed")) == (200, "")


class Authority:
    """Stands before the population source: counts, waits, and says what a test wants."""

    def __init__(self, real):
        self.real, self.source, self.asked, self.says, self.waits = real, "test", 0, None, None

    def check(self, query):
        self.asked += 1
        if self.waits is not None:
            self.waits.wait(5)
        if isinstance(self.says, Exception):
            raise self.says
        if self.says is not None:
            return Verdict(result=self.says, source="test")
        return self.real.check(query)


@pytest.fixture
def authority(office):
    """The real source with a switch before it."""
    desk = office.desk
    switch, real = Authority(desk.office.population), desk.office.population
    object.__setattr__(desk.office, "population", switch)
    yield switch
    object.__setattr__(desk.office, "population", real)


def test_racing_requests_with_one_key_ask_once(office, bureau, authority):
    """Twenty at once: one question to the authority, one answer for all who wait for it."""
    import threading

    key, asked = secrets.token_hex(16), question(PEOPLE[0])
    bureau.bearer()
    authority.waits = threading.Event()

    def ask(_):
        return bureau.ask(asked, key=key)

    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(ask, n) for n in range(20)]
        early = [one.result() for one in waiting if not _is_first(one, authority)]
    answers = early + [one.result() for one in waiting if one.result() not in early]

    assert authority.asked == 1
    assert sorted({a.status for a in answers}) in ([200], [200, 409])
    assert sum(a.status == 200 and not a.header("Idempotent-Replayed") for a in answers) == 1
    for answer in answers:
        if answer.status == 409:
            assert (answer.error, answer.header("Retry-After")) == ("idempotency_in_progress", "1")
    assert bureau.ask(asked, key=key).header("Idempotent-Replayed") == "true"


def _is_first(future, authority):
    """Let the authority answer once everybody else was answered."""
    import concurrent.futures

    try:
        future.result(timeout=1.5)
    except concurrent.futures.TimeoutError:
        return True
    finally:
        if future.done() is False:
            authority.waits.set()
    return False


@pytest.mark.parametrize(
    ("says", "status", "code"),
    [
        (Result.SOURCE_DOWN, 503, "authority_unavailable"),
        (Result.RATE_LIMITED, 503, "authority_busy"),
        (Result.BAD_INPUT, 400, "check_input_invalid"),
    ],
)
def test_what_is_not_answered_may_be_asked_again(bureau, authority, says, status, code):
    """Nothing was learned: the key is free, no try is counted, and no verdict is made up."""
    key, asked = secrets.token_hex(16), question(PEOPLE[0])
    authority.says = says
    answer = bureau.ask(asked, key=key)
    authority.says = None

    again = bureau.ask(asked, key=key)

    assert (answer.status, answer.error) == (status, code)
    assert (status == 503) == bool(answer.header("Retry-After"))
    assert (again.status, again.json["result"]) == (200, "MATCH")
    assert again.header("Idempotent-Replayed") == ""


def test_an_authority_that_breaks_leaves_the_key_free(bureau, authority):
    key, asked = secrets.token_hex(16), question(PEOPLE[0])
    authority.says = RuntimeError("broken")
    assert bureau.ask(asked, key=key).status == 500
    authority.says = None

    assert bureau.ask(asked, key=key).json["result"] == "MATCH"


def test_no_transaction_is_open_while_the_authority_is_asked(office, bureau, authority):
    """An authority that hangs holds no lock: meanwhile another department is answered."""
    import threading

    bureau.bearer()
    other = department(office)
    other.bearer()
    authority.waits = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(bureau.ask, question(PEOPLE[0]))
        while not authority.asked:
            pass
        authority.waits, held = None, authority.waits
        quick = other.ask(question(PEOPLE[1]))
        assert not slow.done()
        held.set()

    assert (quick.status, slow.result().status) == (200, 200)


def test_a_claim_whose_process_died_is_taken_over(office, bureau, later):
    """After its lifetime the key is free again: the question is asked anew."""
    from idp.db import Statement

    key, asked = secrets.token_hex(16), question(PEOPLE[0])
    told = bureau.ask(asked, key=key).json
    with office.desk.database.write() as tx:
        undo = "UPDATE department_check SET result = '' WHERE check_id = :check_id"
        tx.run(Statement(undo), check_id=told["check_id"])
    assert bureau.ask(asked, key=key).error == "idempotency_in_progress"
    later(61)

    answer = bureau.ask(asked, key=key)

    assert answer.status == 200
    assert answer.json["check_id"] != told["check_id"]


# How often.


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
    refusals = _rows(
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


def _work(office, turns=20):
    """Let the outbox's worker take some turns, its clock moved on by the jobs' delays."""
    worker = wsgi.create_worker(office.app)
    for _ in range(turns):
        worker.run_once()


def test_a_batch_is_answered_in_the_background(office, bureau, later):
    asked = [question(one) for one in CROWD[:60]]
    asked[3] = question(CROWD[3], name="司马相如")
    asked[4] = question(CROWD[4], id_number="110101199003070020")
    taken = bureau.batch(asked)
    assert taken.status == 202
    where = taken.header("Location").removeprefix(office.issuer)
    assert taken.json["waiting"] == 59

    _work(office, 1)
    later(2)
    _work(office, 2)

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
    assert _receipt(office, rest["results"][0]["receipt"])[1]["aud"] == bureau.site.client_id


def test_what_was_asked_is_sealed_and_then_erased(office, bureau):
    taken = bureau.batch([question(CROWD[70])])
    batch_id = taken.json["batch_id"]
    sql = "SELECT sealed FROM check_batch_item WHERE batch_id = :batch_id"

    (before,) = _rows(office, sql, batch_id=batch_id)
    _work(office, 1)
    (after,) = _rows(office, sql, batch_id=batch_id)

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


def _set_client(office, bureau, column, value):
    """Let an operator change a department's registration in this very second."""
    sentence = _statement(f"UPDATE client SET {column} = :value WHERE client_id = :client_id")
    with office.desk.database.write() as tx:
        tx.run(sentence, client_id=bureau.site.client_id, value=value)
    office.desk.registry._second = -1


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_batch_is_closed_to_a_department_that_was_disabled(office, bureau, method):
    """A token outlives the operator's decision by minutes; it opens nothing meanwhile."""
    made = bureau.batch([question(PEOPLE[0])]).json
    _set_client(office, bureau, "status", "disabled")

    answer = bureau.send(method, f"{PATH}/batches/{made['batch_id']}")

    assert (answer.status, answer.error) == (401, "invalid_token")


def test_a_batch_is_closed_to_a_department_that_lost_its_permission(office, bureau):
    """Verdicts are told to whoever may ask for them now."""
    made = bureau.batch([question(PEOPLE[0])]).json
    metadata = {name: v for name, v in bureau.site.metadata.items() if name != "verification"}
    _set_client(office, bureau, "metadata_json", json.dumps(metadata))

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
    _work(office, 1)

    told = bureau.send("GET", path).json
    assert (told["state"], told["cancelled"]) == ("cancelled", 1)
    sql = "SELECT check_id FROM department_check WHERE client_id = :client_id"
    assert not _rows(office, sql, client_id=bureau.site.client_id)


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

    _work(office, 1)

    told = bureau.send("GET", path).json
    assert told["state"] == "stopped"
    assert told["waiting"] == 0
    assert told["results"][-1]["error"] == "guessing_suspected"


def test_a_batch_waits_for_an_authority_that_is_down(office, bureau, authority, later):
    path = f"{PATH}/batches/{bureau.batch([question(PEOPLE[0])]).json['batch_id']}"
    authority.says = Result.SOURCE_DOWN
    _work(office, 1)
    assert bureau.send("GET", path).json["waiting"] == 1
    authority.says = None
    later(31)

    _work(office, 1)

    assert bureau.send("GET", path).json["results"][0]["result"] == "MATCH"


# The description.


@pytest.fixture(scope="session")
def description(office):
    return office.call("GET", "/openapi.json").json


def test_the_description_is_openapi(description):
    from openapi_spec_validator import OpenAPIV31SpecValidator

    OpenAPIV31SpecValidator(description).validate()


def test_answers_are_what_the_description_says(office, bureau, description):
    """Every answer of a round through the interface fits the schema of its status."""
    where = bureau.batch([question(PEOPLE[0]), question(PEOPLE[1], name="x")])
    path = f"{PATH}/batches/{where.json['batch_id']}"
    _work(office, 1)
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
