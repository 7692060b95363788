"""`manyou person`: JSON on standard output, one line and exit code 1 when it cannot be."""

import json

import pytest

from idp.proofing.person_cli import cli
from tests.people import PASSWORD, Browser, rows

PHONE, ID_NUMBER = "+8613800138000", "11010519491231002X"


@pytest.fixture
def manyou(app):
    def run(*words, stdin=""):
        with app.app_context():
            return app.test_cli_runner().invoke(cli, words, input=stdin)

    return run


def test_create_prints_the_person(app, manyou):
    result = manyou(
        *("create", "--username", "wanderer", "--password-stdin", "--phone", "13800138000"),
        *("--name", "张三丰", "--id-number", ID_NUMBER, "--ial", "2"),
        stdin=PASSWORD + "\n",
    )

    answer = json.loads(result.stdout)
    assert (answer["username"], answer["ial"], answer["status"]) == ("wanderer", 2, "active")
    for name in ("wanderer", PHONE, ID_NUMBER):
        signed_in = Browser(app).post("/sign-in", username=name, password=PASSWORD)
        assert signed_in.status_code == 303


def test_show_masks_what_is_personal(manyou):
    created = manyou(
        "create", "--phone", "13800138000", "--name", "张三丰", "--id-number", ID_NUMBER
    )

    shown = manyou("show", json.loads(created.stdout)["person_id"])

    person = json.loads(shown.stdout)
    assert (person["phone"], person["real_name"]) == ("138****8000", "张*丰")
    assert ID_NUMBER not in shown.stdout


def test_disabling_ends_what_is_open_and_enabling_opens_nothing(app, manyou):
    created = manyou("create", "--username", "wanderer", "--password-stdin", stdin=PASSWORD)
    person_id = json.loads(created.stdout)["person_id"]
    visitor = Browser(app)
    visitor.post("/sign-in", username="wanderer", password=PASSWORD)

    assert json.loads(manyou("disable", person_id).stdout)["status"] == "disabled"
    assert not visitor.is_signed_in()
    assert visitor.post("/sign-in", username="wanderer", password=PASSWORD).status_code == 403
    assert json.loads(manyou("enable", person_id).stdout)["status"] == "active"
    assert not visitor.is_signed_in()
    assert visitor.post("/sign-in", username="wanderer", password=PASSWORD).status_code == 303
    assert json.loads(manyou("erase", person_id).stdout)["status"] == "erased"
    assert not visitor.is_signed_in()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("create",), "identifier_missing"),
        (("create", "--username", "admin"), "username_reserved"),
        (("create", "--username", "wanderer", "--id-number", "1"), "id_number_length"),
        (("show", "0" * 32), "person_unknown"),
        (("disable", "0" * 32), "person_unknown"),
    ],
)
def test_what_cannot_be_says_why_in_one_line(app, manyou, words, code):
    result = manyou(*words)

    assert (result.exit_code, result.stdout) == (1, "")
    assert code in result.stderr
    assert result.stderr.count("\n") == 1
    assert rows(app, "SELECT count(*) FROM person") == [(0,)]


def test_many_are_taken_in_and_whoever_cannot_be_holds_up_nobody(app, manyou):
    people = [
        {"username": "wanderer", "password": PASSWORD, "phone": "13800138000"},
        {"username": "roamer", "phone": "13800138000"},
        {"username": "pilgrim", "name": "张三丰", "id_number": ID_NUMBER, "ial": 2},
    ]

    result = manyou("import", "--json", "-", stdin="\n".join(map(json.dumps, people)))

    first, second, third = (json.loads(line) for line in result.stdout.splitlines())
    assert (first["username"], first["ial"], third["ial"]) == ("wanderer", 1, 2)
    assert "phone_taken" in second["error"]
    assert (result.exit_code, "1 of 3" in result.stderr) == (1, True)
    assert rows(app, "SELECT count(*) FROM person") == [(2,)]
    signed_in = Browser(app).post("/sign-in", username="wanderer", password=PASSWORD)
    assert signed_in.status_code == 303


@pytest.mark.parametrize(
    "told", ["{", '[{"username": "a", "password": 7}]', '[{"user": "a"}]', '[{"ial": 5}]', "[1]"]
)
def test_a_file_that_cannot_be_read_lets_nobody_in(app, manyou, told):
    result = manyou("import", "--json", "-", stdin=told)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert rows(app, "SELECT count(*) FROM person") == [(0,)]
