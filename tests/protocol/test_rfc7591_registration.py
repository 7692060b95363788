"""RFC 7591: clients that register themselves."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from idp.db import Statement

from .conftest import deploy
from .site import Deployment
from .wire import Answer

SITE = {"client_name": "Taxes", "redirect_uris": ["https://tax.example/cb?tenant=1"]}
JSON = {"Content-Type": "application/json"}


def register(provider: Deployment, document: Any, **headers: str) -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return provider.call("POST", "/clients", headers={**JSON, **headers}, body=body)


def test_a_client_registers_and_is_told_everything_that_counts(deployment: Deployment) -> None:
    """§3.2.1: the answer echoes what was registered, defaults included."""
    answer = register(
        deployment,
        {**SITE, "client_name#zh-CN": "税务", "grant_types": ["authorization_code", "implicit"]},
    )

    made = answer.json
    assert answer.status == 201
    assert "no-store" in answer.header("Cache-Control")
    assert made["redirect_uris"] == SITE["redirect_uris"]
    assert made["client_name#zh-CN"] == "税务"
    assert made["grant_types"] == ["authorization_code"]
    assert made["token_endpoint_auth_method"] == "client_secret_basic"
    assert len(made["client_secret"]) >= 43
    assert made["client_secret_expires_at"] == 0
    assert made["registration_client_uri"] == f"{deployment.issuer}/clients/{made['client_id']}"
    assert deployment.desk.registry.find(made["client_id"]).name == "Taxes"


def test_only_fingerprints_of_secrets_are_kept(deployment: Deployment) -> None:
    made = register(deployment, SITE).json
    row = Statement("SELECT * FROM client WHERE client_id = :client_id")

    with deployment.desk.database.read() as tx:
        kept = repr(tuple(tx.one(row, client_id=made["client_id"])))

    assert made["client_secret"] not in kept
    assert made["registration_access_token"] not in kept


def test_a_public_client_gets_no_secret(deployment: Deployment) -> None:
    made = register(deployment, {**SITE, "token_endpoint_auth_method": "none"}).json

    assert "client_secret" not in made


def test_a_stranger_cannot_make_itself_trusted(deployment: Deployment) -> None:
    """C3, mass assignment: what an operator gives, nobody takes."""
    greedy = {
        "first_party": True,
        "require_pkce": False,
        "claims_in_id_token": True,
        "profile": "standard",
        "origin": "operator",
        "status": "active",
        "client_id": "admin",
        "client_secret": "known",
        "scope": "openid verification",
    }

    made = register(deployment, {**SITE, **greedy}).json

    party = deployment.desk.registry.find(made["client_id"])
    assert made["client_id"] != "admin"
    assert made["client_secret"] != "known"
    assert (party.first_party, party.require_pkce, party.claims_in_id_token) == (False, True, False)
    assert party.origin == "dynamic"
    assert party.scopes == {"openid"}
    assert deployment.desk.registry.find("admin") is None


@pytest.mark.parametrize(
    "uri",
    [
        "https://tax.example/cb#here",
        "https://*.tax.example/cb",
        "https://user@tax.example/cb",
        "http://tax.example/cb",
        "https://tax.example\\@evil.example/cb",
        "https://tax.example/a/..;/cb",
        "javascript:alert(1)",
    ],
)
def test_an_unsafe_address_to_return_to(deployment: Deployment, uri: str) -> None:
    """§3.2.2."""
    answer = register(deployment, {"redirect_uris": [uri]})

    assert (answer.status, answer.error) == (400, "invalid_redirect_uri")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"redirect_uris":["https://a.example/"],"redirect_uris":["https://b.example/"]}',
        b'{"redirect_uris":["https://a.example/"],"default_max_age":NaN}',
        b'{"redirect_uris":["https://a.example/"],"client_name":"\\u0000"}',
        b'{"redirect_uris":["https://a.example/"],"client_name":"\\ud800"}',
        b'{"redirect_uris":["https://a.example/"],"client_name":"\xff"}',
        b'{"x":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"default_max_age":' + b"9" * 5000 + b"}",
    ],
    ids=range(10),
)
def test_json_that_could_be_read_in_two_ways(deployment: Deployment, body: bytes) -> None:
    answer = register(deployment, body)

    assert (answer.status, answer.error) == (400, "invalid_client_metadata")
    assert answer.json["error_description"].isascii()


def test_the_body_is_json_and_says_so(deployment: Deployment) -> None:
    body = json.dumps(SITE).encode()

    answer = deployment.call("POST", "/clients", body=body, headers={"Content-Type": "text/plain"})

    assert (answer.status, answer.error) == (400, "invalid_client_metadata")


@pytest.mark.parametrize("machine_door", ["true", "false"])
def test_a_guarded_registration_asks_for_its_token(tmp_path, store, machine_door) -> None:
    """§3: the initial access token."""
    environ = {
        "MANYOU_OIDC__REGISTRATION": "token",
        "MANYOU_OIDC__REGISTRATION_TOKEN": "let-me-in",
        "MANYOU_HTTP__MACHINE_DOOR": machine_door,
    }
    with deploy(tmp_path, store.fresh(tmp_path), environ) as provider:
        for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic let-me-in"}):
            refused = register(provider, SITE, **header)
            assert (refused.status, refused.error) == (401, "invalid_token")
            assert refused.header("WWW-Authenticate").startswith("Bearer")
        assert register(provider, SITE, Authorization="bearer let-me-in").status == 201


def test_a_closed_registration_registers_nobody(tmp_path, store) -> None:
    environ = {"MANYOU_OIDC__REGISTRATION": "off"}
    with deploy(tmp_path, store.fresh(tmp_path), environ) as provider:
        answer = register(provider, SITE)
        assert (answer.status, answer.error) == (403, "registration_closed")


def test_an_address_registers_only_so_often(tmp_path, store) -> None:
    environ = {"MANYOU_THROTTLE__REGISTRATION_PER_ADDRESS": "2"}
    with deploy(tmp_path, store.fresh(tmp_path), environ) as provider:
        statuses = [register(provider, SITE).status for _ in range(4)]
        last = register(provider, SITE)
        assert statuses == [201, 201, 429, 429]
        assert last.error == "too_many_requests"
        assert int(last.header("Retry-After")) > 0


@pytest.fixture
def sector() -> Iterator[HTTPServer]:
    """A server that lists the addresses of a sector."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(server.listed)

        def log_message(self, *_: object) -> None:
            return

    server: Any = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("listed", "status"),
    [
        (b'["https://a.example/cb", "https://b.example/cb", "https://c.example/"]', 201),
        (b'["https://a.example/cb"]', 400),
        (b'{"a": "https://a.example/cb"}', 400),
        (b"<html>", 400),
        (b'"https://a.example/cb https://b.example/cb"', 400),
    ],
)
def test_a_sector_lists_every_address_of_its_sites(
    deployment: Deployment, sector: Any, listed: bytes, status: int
) -> None:
    """OpenID Connect Registration §5."""
    sector.listed = listed
    document = {
        "redirect_uris": ["https://a.example/cb", "https://b.example/cb"],
        "sector_identifier_uri": f"http://127.0.0.1:{sector.server_port}/sector.json",
    }

    answer = register(deployment, document)

    assert answer.status == status, answer
    if status == 201:
        assert deployment.desk.registry.find(answer.json["client_id"]).sector == "127.0.0.1"
