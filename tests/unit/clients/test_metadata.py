"""The table of rules over client metadata."""

import pytest

from idp.clients import metadata
from idp.clients.errors import InvalidMetadataError, InvalidRedirectUriError
from idp.clients.rules import Policy
from idp.crypto.signatures import generate

STRANGER = Policy("dynamic")
OPERATOR = Policy("operator")
SITE = {"redirect_uris": ["https://site.example/cb"]}
PUBLIC = generate("ES256").as_dict(private=False)
PRIVATE = generate("ES256").as_dict(private=True)


def check(document, policy=STRANGER):
    return metadata.check({**SITE, **document}, policy, None).values


def test_what_is_left_out_gets_the_standards_defaults():
    """RFC 7591 §2; pairwise, because a site needs no more than to know its own people."""
    values = check({})

    assert values["grant_types"] == ["authorization_code"]
    assert values["response_types"] == ["code"]
    assert values["token_endpoint_auth_method"] == "client_secret_basic"
    assert values["subject_type"] == "pairwise"
    assert values["application_type"] == "web"
    assert values["id_token_signed_response_alg"] == "RS256"
    assert check({}, OPERATOR)["id_token_signed_response_alg"] == "ES256"


def test_unknown_metadata_is_not_kept():
    values = check({"invented": 1, "client_id": "mine", "client_secret": "mine", "name#en": "x"})

    assert not {"invented", "client_id", "client_secret", "name#en"} & set(values)


@pytest.mark.parametrize(
    "privilege",
    [{"first_party": True}, {"require_pkce": False}, {"claims_in_id_token": True}],
)
def test_privileges_are_an_operators_to_give(privilege):
    assert not set(privilege) & set(check(privilege))
    assert privilege.items() <= check(privilege, OPERATOR).items()


def test_a_stranger_gets_no_scope_of_a_departments():
    assert check({"scope": "openid registry.read"})["scope"] == "openid"
    assert check({"scope": "openid registry.read"}, OPERATOR)["scope"] == "openid registry.read"


def test_unsupported_grants_are_left_out_and_shown_to_be():
    """RFC 7591 §3.2.1: the answer tells the client what it got."""
    wished = ["authorization_code", "implicit", "password", "refresh_token"]

    values = check({"grant_types": wished, "response_types": ["code", "id_token token"]})

    assert values["grant_types"] == ["authorization_code", "refresh_token"]
    assert values["response_types"] == ["code"]


def test_names_in_other_languages_are_kept():
    values = check({"client_name": "Taxes", "client_name#zh-CN": "税务"})

    assert values["client_name#zh-CN"] == "税务"


@pytest.mark.parametrize(
    "document",
    [
        {"client_name": "x" * 201},
        {"client_name": ""},
        {"client_name": 7},
        {"client_name": "a\nb"},
        {"client_name": "good\u202ednab"},
        {"client_name#zh_CN!": "税务"},
        {"grant_types": ["implicit"]},
        {"grant_types": "authorization_code"},
        {"grant_types": [["authorization_code"]]},
        {"response_types": ["token"]},
        {"grant_types": ["client_credentials"], "response_types": ["code"]},
        {"grant_types": ["client_credentials", "refresh_token"]},
        {"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"},
        {"token_endpoint_auth_method": "client_secret_jwt"},
        {"token_endpoint_auth_method": ["none"]},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_signing_alg": "HS256"},
        {"jwks": {"keys": []}},
        {"jwks": {"keys": [PRIVATE]}},
        {"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}},
        {"jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}},
        {"jwks": {"keys": ["x"]}},
        {"jwks": {"keys": [{**PUBLIC, "kid": 7}]}},
        {"jwks": "https://site.example/jwks"},
        {"jwks": {"keys": [PUBLIC]}, "jwks_uri": "https://site.example/jwks"},
        {"jwks_uri": "http://site.example/jwks"},
        {"logo_uri": "http://site.example/logo.png"},
        {"policy_uri": "javascript:alert(1)"},
        {"tos_uri": "//site.example/tos"},
        {"initiate_login_uri": "http://site.example/login"},
        {"backchannel_logout_uri": "http://site.example/logout"},
        {"backchannel_logout_uri": "https://site.example/logout#x"},
        {"backchannel_logout_session_required": "true"},
        {"application_type": "desktop"},
        {"subject_type": "secret"},
        {"id_token_signed_response_alg": "none"},
        {"id_token_signed_response_alg": "HS256"},
        {"userinfo_signed_response_alg": "EdDSA"},  # our ring keeps none here
        {"default_max_age": -1},
        {"default_max_age": True},
        {"default_max_age": "60"},
        {"require_auth_time": 1},
        {"contacts": "me@site.example"},
        {"contacts": [1]},
        {"scope": "openid  profile"},
        {"scope": 'open"id'},
        {"scope": ["openid"]},
        {"require_signed_request_object": True},
        {"dpop_bound_access_tokens": True},
        {"id_token_encrypted_response_alg": "RSA-OAEP"},
        {"sector_identifier_uri": "https://site.example/sector.json"},
    ],
)
def test_what_cannot_be_registered(document):
    with pytest.raises(InvalidMetadataError):
        check(document)


@pytest.mark.parametrize(
    "uris",
    [None, [], ["https://site.example/cb"] * 2, ["https://s.example/cb"] * 51, "https://s.example"],
)
def test_redirect_uris_are_a_list_of_different_ones(uris):
    with pytest.raises(InvalidMetadataError):
        metadata.check({"redirect_uris": uris} if uris is not None else {}, STRANGER, None)


def test_every_way_back_is_checked():
    with pytest.raises(InvalidRedirectUriError):
        check({"post_logout_redirect_uris": ["https://site.example/bye", "https://u@site.example"]})
    with pytest.raises(InvalidRedirectUriError):
        check({"redirect_uris": ["https://site.example/cb", "https://site.example/*"]})


def test_several_hosts_need_a_sector():
    """OIDC Core §8.1: else one more host would give every person a new identifier."""
    hosts = {"redirect_uris": ["https://a.example/cb", "https://b.example/cb"]}

    with pytest.raises(InvalidMetadataError, match="sector"):
        check(hosts)
    assert check({**hosts, "subject_type": "public"})


def test_a_machine_needs_no_way_back():
    values = metadata.check({"grant_types": ["client_credentials"]}, STRANGER, None).values

    assert values["response_types"] == []


def test_only_profiles_that_exist():
    with pytest.raises(InvalidMetadataError, match="profile"):
        metadata.check(SITE, Policy("operator", "root"), None)
