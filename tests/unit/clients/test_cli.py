"""`manyou client` and `manyou keys`: JSON on one side, one line of error on the other."""

import json

import pytest

from idp.clients.cli import cli as client
from idp.db import Statement
from idp.keys.cli import cli as keys

SITE = {
    "client_name": "税务",
    "profile": "standard",
    "first_party": True,
    "redirect_uris": ["https://tax.example/cb"],
}


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()

    def invoke(command, *words, stdin=None):
        return runner.invoke(command, list(words), input=stdin)

    return invoke


@pytest.fixture
def made(run):
    answer = run(client, "create", "--json", "-", stdin=json.dumps(SITE))
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_a_client_is_created_with_its_secret_shown_once(run, made):
    shown = run(client, "show", made["client_id"]).stdout

    assert len(made["client_secret"]) >= 43
    assert made["client_secret"] not in shown
    assert made["first_party"] is True
    assert "registration_access_token" not in made, "an operator's client manages nothing"
    assert json.loads(shown)["client_name"] == "税务"


def test_many_clients_are_registered_all_or_none(run):
    both = [SITE, {**SITE, "client_name": "社保"}]

    answer = run(client, "import", "--json", "-", stdin=json.dumps(both))
    refused = run(client, "import", "--json", "-", stdin=json.dumps([SITE, {"redirect_uris": 1}]))

    made = json.loads(answer.stdout)
    assert [one["client_name"] for one in made] == ["税务", "社保"]
    assert all(one["client_secret"] for one in made)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert len(json.loads(run(client, "list").stdout)) == len(made)


def test_a_privilege_is_given_and_taken_back(run, made):
    """What the file does not name stays as it was; the secret is neither changed nor shown."""
    id_, given = made["client_id"], {"identity_claims": ["id_number", "name"]}

    for changes, then in ((given, ["name", "id_number"]), ({"identity_claims": None}, None)):
        answer = run(client, "update", id_, "--json", "-", stdin=json.dumps(changes))
        assert answer.exit_code == 0, answer.output
        shown = json.loads(run(client, "show", id_).stdout)
        assert shown.get("identity_claims") == then
        assert shown["client_name"] == "税务"
        assert "client_secret" not in json.loads(answer.stdout)


def test_a_slip_in_a_privilege_is_told(run, made):
    """A word that nobody knows would permit nothing, and somebody would wait for it."""
    answer = run(
        client, "update", made["client_id"], "--json", "-", stdin='{"identity_claims":["nome"]}'
    )

    assert answer.exit_code == 1
    assert "identity_claims may hold" in answer.output


def test_a_client_is_disabled_and_enabled(run, made):
    for word, status in (("disable", "disabled"), ("enable", "active")):
        assert run(client, word, made["client_id"]).exit_code == 0
        [listed] = json.loads(run(client, "list").stdout)
        assert (listed["client_id"], listed["status"]) == (made["client_id"], status)


def test_a_secret_is_rotated(run, made, app):
    new = json.loads(run(client, "rotate-secret", made["client_id"]).stdout)["client_secret"]

    assert new != made["client_secret"]


@pytest.mark.parametrize(
    ("words", "stdin", "code"),
    [
        (("create", "--json", "-"), "{", "invalid_document"),
        (("create", "--json", "-"), "{}", "invalid_redirect_uri"),
        (("create", "--json", "-"), '{"profile": "root"}', "invalid_client_metadata"),
        (("show", "nobody"), None, "client_unknown"),
        (("disable", "nobody"), None, "client_unknown"),
        (("rotate-secret", "nobody"), None, "client_unknown"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_1(run, words, stdin, code):
    answer = run(client, *words, stdin=stdin)

    assert answer.exit_code == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith(f"Error: {code}: ")
    assert answer.stderr.count("\n") == 1


def test_keys_are_rotated_and_listed(run):
    [turned] = json.loads(run(keys, "rotate", "--algorithm", "ES256").stdout)
    listed = json.loads(run(keys, "list").stdout)

    states = {key["kid"]: key["status"] for key in listed}
    assert states[turned["current"]] == "current"
    assert states[turned["retired"]] == "retired"
    assert "private" not in json.dumps(listed)
    assert run(keys, "rotate", "--algorithm", "HS256").exit_code == 1


def test_a_rotation_is_on_the_trail(run, database):
    """Who signs for the whole deployment has changed: that must be found later."""
    run(keys, "rotate", "--algorithm", "ES256")

    with database.read() as tx:
        rows = tx.all(Statement("SELECT event, actor FROM audit_event"))
    assert [tuple(row) for row in rows] == [("key:rotate", "operator")]
