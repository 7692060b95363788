"""RFC 8414 and OpenID Connect Discovery 1.0: what the provider says of itself."""

import json

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc.jwk import KeySet

from .conftest import deploy
from .site import Deployment
from .wire import call

OIDC = "/.well-known/openid-configuration"
OAUTH = "/.well-known/oauth-authorization-server"


def test_both_addresses_answer_with_valid_metadata(deployment: Deployment) -> None:
    """Discovery §4.2, RFC 8414 §3.2."""
    answers = [deployment.call("GET", path) for path in (OIDC, OAUTH)]

    for answer in answers:
        assert answer.status == 200
        assert answer.header("Content-Type") == "application/json"
        OpenIDProviderMetadata(answer.json).validate()
        AuthorizationServerMetadata(answer.json).validate()
    assert answers[0].body == answers[1].body


def test_the_document_says_what_the_provider_does(deployment: Deployment) -> None:
    said = deployment.call("GET", OIDC).json

    assert said["issuer"] == deployment.issuer
    assert said["response_types_supported"] == ["code"]
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert set(said["subject_types_supported"]) == {"pairwise", "public"}
    assert "RS256" in said["id_token_signing_alg_values_supported"]
    assert said["authorization_response_iss_parameter_supported"] is True
    assert said["request_parameter_supported"] is False
    assert said["request_uri_parameter_supported"] is False
    assert "none" not in said["introspection_endpoint_auth_methods_supported"]
    assert all(value for value in said.values() if isinstance(value, list))


def test_every_endpoint_it_names_is_there(deployment: Deployment) -> None:
    said = deployment.call("GET", OIDC).json
    named = [url for name, url in said.items() if name.endswith("_endpoint") or name == "jwks_uri"]

    assert len(named) == 8
    for url in named:
        assert url.startswith(f"{deployment.issuer}/")
        answer = deployment.call("GET", url.removeprefix(deployment.issuer))
        assert answer.status not in (404, 500), url


def test_the_key_set_is_public_and_the_algorithms_are_those_announced(
    deployment: Deployment,
) -> None:
    """RFC 7517; J4: no private part, unique kids, cacheable."""
    answer = deployment.call("GET", "/jwks")
    keys = answer.json["keys"]

    KeySet.import_key_set(answer.json)
    assert len({key["kid"] for key in keys}) == len(keys)
    assert not [key for key in keys if {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key)]
    said = deployment.call("GET", OIDC).json["id_token_signing_alg_values_supported"]
    assert {key["alg"] for key in keys} == set(said)


@pytest.mark.parametrize("path", [OIDC, OAUTH, "/jwks"])
def test_who_knows_the_document_is_not_sent_it_again(deployment: Deployment, path: str) -> None:
    """RFC 9110 §13.1.2."""
    first = deployment.call("GET", path)
    tag = first.header("ETag")
    assert first.header("Cache-Control") == "public, max-age=300"

    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = deployment.call("GET", path, headers={"If-None-Match": known})
        assert (again.status, again.body, again.header("ETag")) == (304, b"", tag)
    assert deployment.call("GET", path, headers={"If-None-Match": '"other"'}).status == 200


@pytest.mark.parametrize("path", [OIDC, "/jwks"])
def test_nobody_writes_to_a_document(deployment: Deployment, path: str) -> None:
    answer = deployment.call("POST", path)

    assert (answer.status, answer.error) == (405, "method_not_allowed")


@pytest.mark.parametrize("machine_door", ["true", "false"])
def test_an_issuer_with_a_path_is_found_at_both_spellings(tmp_path, store, machine_door) -> None:
    """Discovery §4 puts the well-known part after the path, RFC 8414 §3.1 before it."""
    issuer = "https://id.example/realms/cn"
    environ = {"MANYOU_ISSUER": issuer, "MANYOU_HTTP__MACHINE_DOOR": machine_door}
    with deploy(tmp_path, store.fresh(tmp_path), environ) as provider:
        after = f"{issuer}{OIDC}"
        before = get_well_known_url(issuer, external=True)
        assert before == f"https://id.example{OAUTH}/realms/cn"

        for url in (after, before, f"{issuer}{OAUTH}"):
            answer = call(provider.wsgi, "GET", url)
            assert (answer.status, answer.json["issuer"]) == (200, issuer), url
        said = answer.json
        assert said["token_endpoint"] == f"{issuer}/token"
        assert call(provider.wsgi, "GET", said["jwks_uri"]).status == 200
        assert call(provider.wsgi, "GET", f"https://id.example{OIDC}").status == 404


@pytest.mark.parametrize(("registration", "announced"), [("off", False), ("open", True)])
def test_registration_is_announced_only_where_it_is_offered(
    tmp_path, store, registration, announced
) -> None:
    environ = {"MANYOU_OIDC__REGISTRATION": registration}
    with deploy(tmp_path, store.fresh(tmp_path), environ) as provider:
        said = json.loads(provider.call("GET", OIDC).body)
        assert ("registration_endpoint" in said) is announced
