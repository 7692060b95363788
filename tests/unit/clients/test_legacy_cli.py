"""`manyou client` opens old ways in to a site, and closes them."""

import json

import pytest

from idp.clients import legacy_index
from idp.clients.cli import cli as client

OLD = {
    "client_name": "江北社保",
    "legacy": {
        "cas": {"services": ["https://old.example/login.do"]},
        "ticket": {"app_id": "shebao_2009", "back_urls": ["https://old.example/back"]},
    },
}


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()

    def invoke(*words, document=None):
        return runner.invoke(client, list(words), input=json.dumps(document))

    return invoke


@pytest.fixture
def made(run):
    answer = run("create", "--json", "-", document=OLD)
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def update(run, made, document):
    answer = run("update", made["client_id"], "--json", "-", document=document)
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_the_key_is_shown_once(run, made):
    """The site has no OAuth at all: no secret of it, no grant."""
    shown = run("show", made["client_id"]).stdout
    changed = update(run, made, {"client_name": "江北人社"})

    assert len(made["legacy_secret"]) >= 43
    assert made["legacy_secret"] not in shown
    assert "legacy_secret" not in changed
    assert "client_secret" not in made
    assert (changed["grant_types"], changed["token_endpoint_auth_method"]) == ([], "none")


def test_a_new_key_is_printed_once(run, made, database, vault):
    again = json.loads(run("rotate-legacy-secret", made["client_id"]).stdout)

    assert again["legacy_secret"] != made["legacy_secret"]
    with database.read() as tx:
        kept = legacy_index.secret_of(tx, vault, made["client_id"])
    assert kept == again["legacy_secret"]


def test_only_a_site_that_signs_gets_a_key(run):
    document = {"client_name": "CAS", "legacy": {"cas": {"services": ["https://cas.example/"]}}}
    plain = json.loads(run("create", "--json", "-", document=document).stdout)

    refused = run("rotate-legacy-secret", plain["client_id"])

    assert "legacy_secret" not in plain
    assert refused.exit_code == 1
    assert "invalid_client_metadata" in refused.output


def test_a_site_moves_to_openid_connect_and_closes_the_old_way(run, made, database):
    """`null` takes it away; what was its own address is free for others."""
    moved = update(
        run,
        made,
        {
            "redirect_uris": ["https://old.example/callback"],
            "grant_types": ["authorization_code"],
            "token_endpoint_auth_method": "client_secret_basic",
        },
    )
    closed = update(run, made, {"legacy": None})

    assert len(moved["client_secret"]) >= 43
    assert "legacy" in moved
    assert "legacy" not in closed
    with database.read() as tx:
        assert legacy_index.by_app(tx, "shebao_2009") is None
        assert legacy_index.by_service(tx, "https://old.example/login.do") is None
    assert run("create", "--json", "-", document=OLD).exit_code == 0


def test_another_sites_address_is_refused(run, made):
    again = run("create", "--json", "-", document=OLD)

    assert again.exit_code == 1
    assert "Another site has this legacy" in again.output
