"""Any OpenID provider: what is asked, and which of its answers sign nobody in."""

import json
import time
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

import pytest

from federation.connectors import errors
from federation.connectors.oidc import KIND, Options
from federation.connectors.oidc_claims import ClaimNames
from federation.connectors.ports import Arrival
from idp.crypto.signatures import generate, signing

ISSUER = "https://op.example"
METADATA, JWKS = "/.well-known/openid-configuration", "/jwks"
AUTHORIZE, TOKEN, USERINFO, PAR = "/authorize", "/token", "/userinfo", "/par"
OFFERED = {
    "issuer": ISSUER,
    "authorization_endpoint": ISSUER + AUTHORIZE,
    "token_endpoint": ISSUER + TOKEN,
    "userinfo_endpoint": ISSUER + USERINFO,
    "jwks_uri": ISSUER + JWKS,
    "end_session_endpoint": ISSUER + "/logout",
    "authorization_response_iss_parameter_supported": True,
}


class Provider:
    """An OpenID provider written down as answers."""

    def __init__(self, script):
        self.script = script
        self.key = generate("ES256")
        self.offers(**OFFERED)

    def offers(self, **metadata):
        self.script.answers[METADATA] = []
        self.script.says(METADATA, metadata)
        public = self.key.as_dict(private=False) | {"kid": "k1", "use": "sig", "alg": "ES256"}
        self.script.answers[JWKS] = []
        self.script.says(JWKS, {"keys": [public]})

    def token(self, flow, header=None, key=None, **changed):
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": "c1",
            "sub": "s1",
            "iat": now,
            "exp": now + 300,
            "nonce": flow.nonce,
            "auth_time": now,
            **changed,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        head = {"alg": "ES256", "kid": "k1"} | (header or {})
        text = f"{segment(json.dumps(head).encode())}.{segment(json.dumps(claims).encode())}"
        sign = signing("ES256", (key or self.key).private_key)
        return f"{text}.{segment(sign(text.encode()))}"

    def answers(self, flow, *, userinfo=None, header=None, key=None, token=None, **changed):
        given = {"access_token": "AT", "token_type": "Bearer"} | (token or {})
        given["id_token"] = self.token(flow, header, key, **changed)
        self.script.says(TOKEN, given)
        self.script.says(USERINFO, {"sub": "s1", "name": "Ann"} | (userinfo or {}))


def segment(octets):
    return urlsafe_b64encode(octets).decode().rstrip("=")


@pytest.fixture
def provider(script):
    return Provider(script)


@pytest.fixture
def make(line):
    def made(**further):
        options = {"issuer": ISSUER, "client_id": "c1", "client_secret": "s:e/c"}
        return KIND.build(Options(**options | further), line)

    return made


@pytest.fixture
def oidc(make, provider):
    return make()


def come_back(oidc, flow, **parameters):
    given = {"code": "C", "state": flow.state, "iss": ISSUER} | parameters
    given = {name: value for name, value in given.items() if value is not None}
    return oidc.arrive(flow, {}, Arrival(parameters=given))


def asked_of(url):
    return dict(parse_qsl(urlsplit(url).query))


def test_the_request_has_pkce_nonce_and_state(oidc, flow):
    asked = asked_of(oidc.depart(flow).url)

    assert asked["code_challenge"] == segment(sha256(flow.verifier.encode()).digest())
    assert asked["code_challenge_method"] == "S256"
    assert (asked["nonce"], asked["state"]) == (flow.nonce, flow.state)
    assert asked["response_type"] == "code"


def test_where_it_is_offered_the_request_goes_ahead(make, provider, flow, script):
    """RFC 9126: the browser carries nothing but a reference."""
    provider.offers(**OFFERED, pushed_authorization_request_endpoint=ISSUER + PAR)
    script.says(PAR, {"request_uri": "urn:x:1", "expires_in": 60}, 201)

    asked = asked_of(make().depart(flow).url)

    assert asked == {"client_id": "c1", "request_uri": "urn:x:1"}
    assert script.asked[-1].form["code_challenge_method"] == "S256"


def test_the_person_is_whom_two_answers_agree_on(oidc, provider, flow, script):
    provider.answers(flow, sid="x1", acr="unknown", userinfo={"phone_number": "+8613800138000"})

    person = come_back(oidc, flow)

    assert (person.subject, person.display_name) == ("s1", "Ann")
    assert (person.ial, person.aal, person.phone_verified) == (1, 1, False)
    assert person.session["sid"] == "x1"
    token = next(one for one in script.asked if one.path == TOKEN)
    assert token.form["code_verifier"] == flow.verifier
    assert b64decode(token.headers["Authorization"].split()[1]) == b"c1:s%3Ae%2Fc"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"aud": "c2"},
        {"aud": ["c1", "c2"]},
        {"aud": []},
        {"azp": "c2"},
        {"exp": 1},
        {"exp": None},
        {"exp": True},
        {"iat": 4102444800},
        {"nbf": 4102444800},
        {"nonce": "other"},
        {"nonce": None},
        {"sub": None},
        {"sub": {}},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids=repr,
)
def test_a_token_that_is_not_for_this_request_signs_nobody_in(oidc, provider, flow, changed):
    provider.answers(flow, **changed)

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(oidc, flow)


@pytest.mark.parametrize(
    "header",
    [{"alg": "none"}, {"alg": "HS256"}, {"alg": "RS256"}, {"kid": "k2"}, {"typ": "logout+jwt"},
     {"jwk": {"kty": "oct", "k": "eA"}}, {"crit": ["b64"], "b64": False}],
    ids=repr,
)  # fmt: skip
def test_a_token_under_another_algorithm_or_key_signs_nobody_in(oidc, provider, flow, header):
    provider.answers(flow, header=header)

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(oidc, flow)


def test_a_token_that_its_keys_did_not_sign_is_nobodys(oidc, provider, flow):
    provider.answers(flow, key=generate("ES256"))

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(oidc, flow)


def test_a_key_that_came_since_is_looked_for(oidc, provider, flow, script):
    """Providers rotate: a set that is older than ten seconds is fetched once more."""
    provider.answers(flow)
    come_back(oidc, flow)
    known = oidc.provider._keys
    oidc.provider._keys = (known[0] - 60, known[1])
    provider.key = generate("ES256")
    script.says(JWKS, {"keys": [provider.key.as_dict(private=False) | {"kid": "k2"}]})
    script.answers[JWKS].pop(0)
    script.answers[TOKEN].clear()
    provider.answers(flow, header={"kid": "k2"})

    assert come_back(oidc, flow).subject == "s1"


def test_at_hash_is_checked_where_it_stands(oidc, provider, flow):
    provider.answers(flow, at_hash=segment(sha256(b"AT").digest()[:16]))

    assert come_back(oidc, flow).subject == "s1"


def test_userinfo_of_somebody_else_is_not_taken(oidc, provider, flow):
    provider.answers(flow, userinfo={"sub": "s2"})

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(oidc, flow)


@pytest.mark.parametrize("issuer", [None, "https://evil.example"])
def test_an_answer_of_another_issuer_is_refused(oidc, provider, flow, script, issuer):
    """RFC 9207: the code must not reach a token endpoint that it is not for."""
    provider.answers(flow)

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(oidc, flow, iss=issuer)
    assert not [one for one in script.asked if one.path == TOKEN]


def test_metadata_of_another_issuer_is_refused(make, provider, flow):
    provider.offers(**OFFERED | {"issuer": "https://evil.example"})

    with pytest.raises(errors.UpstreamSetupError):
        make().depart(flow)


@pytest.mark.parametrize(
    ("error", "refusal"),
    [("access_denied", errors.UpstreamDeniedError), ("server_error", errors.UpstreamAwayError),
     ("invalid_scope", errors.UpstreamSetupError)],
)  # fmt: skip
def test_an_error_comes_back_as_what_it_means(oidc, flow, error, refusal):
    with pytest.raises(errors.UpstreamError) as caught:
        come_back(oidc, flow, code=None, error=error)
    assert type(caught.value) is refusal


def test_a_used_code_is_told_from_a_wrong_secret(oidc, provider, flow, script):
    script.says(TOKEN, {"error": "invalid_grant"}, 400)
    with pytest.raises(errors.UpstreamCodeError):
        come_back(oidc, flow)

    script.answers[TOKEN].clear()
    script.says(TOKEN, {"error": "invalid_client"}, 401)
    with pytest.raises(errors.UpstreamSetupError):
        come_back(oidc, flow)


def test_levels_are_asked_for_and_read_in_the_providers_words(make, provider, flow):
    levels = {"gold": (3, 2), "silver": (2, 1)}
    province = make(levels=levels)
    asked = asked_of(province.depart(replace(flow, ial=3, aal=2)).url)
    provider.answers(flow, acr="silver")

    assert asked["acr_values"] == "gold"
    assert "acr_values" not in asked_of(province.depart(flow).url)
    assert (come_back(province, flow).ial, come_back(province, flow).aal) == (2, 1)


def test_a_house_like_ours_is_read_in_our_words(make, provider, flow):
    """Levels by acr, name and number out of verified_claims, and the houses before it."""
    element = {"verification": {}, "claims": {"name": "张三", "id_number": "11010119900307002X"}}
    province = make(like_us=True)
    provider.answers(
        flow,
        acr="urn:manyou:ial:3:aal:2",
        verified_claims=element,
        upstream=["https://a.example"],
    )

    person = come_back(province, flow)

    assert (person.ial, person.aal) == (3, 2)
    assert (person.real_name, person.id_number) == ("张三", "11010119900307002X")
    assert person.chain == ("https://a.example",)
    asked = asked_of(province.depart(replace(flow, ial=3)).url)
    assert asked["acr_values"] == "urn:manyou:ial:3:aal:1"


@pytest.mark.parametrize(
    "houses", [["https://a.example", 7], "https://a.example", ["a b"]], ids=repr
)
def test_of_a_chain_no_house_is_left_out(make, provider, flow, houses):
    """A chain that cannot be read is no chain: what is hidden in it may be a circle."""
    provider.answers(flow, upstream=houses)

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(make(like_us=True), flow)


def test_a_stranger_using_our_words_is_not_believed(oidc, provider, flow):
    element = {"claims": {"name": "张三", "id_number": "11010119900307002X"}}
    provider.answers(flow, acr="urn:manyou:ial:4", verified_claims=element)

    person = come_back(oidc, flow)
    assert (person.ial, person.real_name, person.id_number) == (1, None, None)


def test_names_are_read_where_the_operator_says(make, provider, flow):
    names = ClaimNames(real_name="legal_name", id_number="id_no", phone="")
    provider.answers(flow, legal_name="张三", id_no="11010119900307002X", phone_number="1")

    person = come_back(make(claims=names), flow)

    assert (person.real_name, person.phone) == ("张三", None)


def test_afresh_means_a_factor_shown_just_now(oidc, provider, flow):
    again = replace(flow, afresh=True)
    asked = asked_of(oidc.depart(again).url)
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")

    provider.answers(flow, auth_time=int(time.time()) - 600)
    with pytest.raises(errors.UpstreamAnswerError):
        come_back(oidc, again)


def test_who_we_are_can_be_proven_by_a_signature(make, provider, flow, script):
    """The assertion is for the issuer alone, and lives a minute."""
    key = generate("ES256")
    document = json.dumps(key.as_dict(private=True) | {"kid": "ours"})
    signed = make(auth_method="private_key_jwt", private_key=document)
    provider.answers(flow)

    come_back(signed, flow)

    form = next(one for one in script.asked if one.path == TOKEN).form
    claims = json.loads(urlsafe_b64decode(form["client_assertion"].split(".")[1] + "=="))
    assert (claims["iss"], claims["aud"], claims["exp"] - claims["iat"]) == ("c1", ISSUER, 60)
    with pytest.raises(errors.UpstreamSetupError):
        come_back(make(auth_method="private_key_jwt", private_key="{}"), flow)


def test_signing_out_leads_back(oidc, flow):
    url = oidc.leave({"id_token": "t"}, "https://id.example/account")

    assert asked_of(url) == {
        "id_token_hint": "t",
        "client_id": "c1",
        "post_logout_redirect_uri": "https://id.example/account",
    }
    assert oidc.leave({}, "https://id.example/account") is None
