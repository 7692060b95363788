"""RFC 7592: clients that look after their own registration."""

import json
from typing import Any

import pytest

from idp.clients import registration

from .site import Deployment
from .test_rfc7591_registration import JSON, SITE, register
from .wire import Answer


@pytest.fixture
def made(deployment: Deployment) -> dict[str, Any]:
    """A client that has registered itself."""
    answer: dict[str, Any] = register(deployment, SITE).json
    return answer


def manage(
    provider: Deployment, method: str, made: dict[str, Any], document: Any = None, token: str = ""
) -> Answer:
    headers = {"Authorization": f"Bearer {token or made['registration_access_token']}", **JSON}
    path = made["registration_client_uri"].removeprefix(provider.issuer)
    body = b"" if document is None else json.dumps(document).encode()
    return provider.call(method, path, headers=headers, body=body)


def test_a_client_reads_its_registration(deployment: Deployment, made: dict[str, Any]) -> None:
    """§2.1; the secret is not kept, so it is not shown again."""
    answer = manage(deployment, "GET", made)

    assert answer.status == 200
    told_once = {"client_secret", "client_secret_expires_at"}
    assert answer.json == {name: made[name] for name in made if name not in told_once}


def test_an_update_replaces_everything(deployment: Deployment, made: dict[str, Any]) -> None:
    """§2.2: what is left out is gone."""
    document = {"client_id": made["client_id"], "redirect_uris": ["https://tax.example/new"]}

    answer = manage(deployment, "PUT", made, {**document, "client_secret": made["client_secret"]})

    assert answer.status == 200
    assert answer.json["redirect_uris"] == ["https://tax.example/new"]
    assert "client_name" not in answer.json
    assert "client_secret" not in answer.json, "the one it has stays good"
    party = deployment.desk.registry.find_fresh(made["client_id"])
    assert party.redirect_uris == {"https://tax.example/new"}
    assert party.secret_fingerprint is not None


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "somebody else"},
        {"client_id": None},
        {"client_secret": "invented"},
        {"registration_access_token": "mine"},
        {"registration_client_uri": "https://evil.example"},
        {"client_id_issued_at": 0},
        {"client_secret_expires_at": 0},
        {"redirect_uris": ["https://*.example/cb"]},
        {"redirect_uris": ["http://evil.example/cb"]},
        {"token_endpoint_auth_method": "private_key_jwt"},
    ],
)
def test_the_rules_hold_for_updates_too(
    deployment: Deployment, made: dict[str, Any], change: dict[str, Any]
) -> None:
    """The policy of the first day is checked again: an update is no way around it."""
    answer = manage(deployment, "PUT", made, {**SITE, "client_id": made["client_id"], **change})

    assert answer.status == 400
    assert answer.error in ("invalid_client_metadata", "invalid_redirect_uri")
    party = deployment.desk.registry.find_fresh(made["client_id"])
    assert party.redirect_uris == set(SITE["redirect_uris"])


def test_an_update_gives_no_privilege(deployment: Deployment, made: dict[str, Any]) -> None:
    greedy = {
        "first_party": True,
        "require_pkce": False,
        "profile": "demo",
        "scope": "openid admin",
    }

    manage(deployment, "PUT", made, {**SITE, "client_id": made["client_id"], **greedy})

    party = deployment.desk.registry.find_fresh(made["client_id"])
    assert (party.first_party, party.require_pkce, party.scopes) == (False, True, {"openid"})


def test_a_client_that_begins_to_need_a_secret_gets_one(deployment: Deployment) -> None:
    made = register(deployment, {**SITE, "token_endpoint_auth_method": "none"}).json
    document = {**SITE, "client_id": made["client_id"]}

    confidential = manage(deployment, "PUT", made, document).json
    public = manage(
        deployment, "PUT", made, {**document, "token_endpoint_auth_method": "none"}
    ).json

    assert len(confidential["client_secret"]) >= 43
    assert "client_secret" not in public
    assert deployment.desk.registry.find_fresh(made["client_id"]).secret_fingerprint is None


def test_a_deleted_client_is_gone(deployment: Deployment, made: dict[str, Any]) -> None:
    """§2.3: 204, and the token opens nothing any more."""
    assert manage(deployment, "DELETE", made).status == 204

    for method in ("GET", "PUT", "DELETE"):
        assert manage(deployment, method, made, SITE).status == 401
    assert deployment.desk.registry.find(made["client_id"]) is None


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_clients_token_opens_nothing(
    deployment: Deployment, made: dict[str, Any], method: str
) -> None:
    other = register(deployment, SITE).json

    answer = manage(deployment, method, made, SITE, token=other["registration_access_token"])

    assert (answer.status, answer.error) == (401, "invalid_token")
    assert answer.header("WWW-Authenticate").startswith("Bearer")
    assert deployment.desk.registry.find_fresh(made["client_id"])


@pytest.mark.parametrize("client_id", ["nobody", "x" * 200, "a%00b", "%E6%BC%AB", "."])
def test_nobody_is_no_different_from_a_wrong_token(deployment: Deployment, client_id: str) -> None:
    answer = deployment.call("GET", f"/clients/{client_id}", headers={"Authorization": "Bearer x"})

    assert answer.status in (400, 401, 404)


def test_no_token_opens_an_operators_client(deployment: Deployment) -> None:
    site = deployment.add_site()
    path = f"/clients/{site.client_id}"

    for token in ("", "x", "\x00" * 32):
        header = {"Authorization": f"Bearer {token}"}
        assert deployment.call("GET", path, headers=header).status == 401


def test_a_disabled_client_manages_nothing(deployment: Deployment, made: dict[str, Any]) -> None:
    with deployment.desk.database.write() as tx:
        registration.set_status(tx, made["client_id"], "disabled", actor="test")

    assert manage(deployment, "GET", made).status == 401
