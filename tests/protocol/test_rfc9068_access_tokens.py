"""RFC 9068: access tokens as signed statements, and RFC 7517: the keys they are signed with."""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from joserfc import jws, jwt


def part(token: str, index: int) -> dict[str, object]:
    segment = token.split(".")[index]
    document: dict[str, object] = json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    return document


@pytest.fixture
def token(visit):
    return visit.tokens(scope="openid profile")["access_token"]


def test_the_type_is_in_the_header(token):
    """§2.1: typ at+jwt, so that no other token passes for one; an asymmetric algorithm; a kid."""
    header = part(token, 0)

    assert header["typ"] == "at+jwt"
    assert header["alg"] in ("ES256", "RS256", "PS256", "EdDSA")
    assert header.keys() == {"alg", "kid", "typ"}


def test_anybody_can_verify_it(token, deployment):
    """§4: with the published keys and nothing else (joserfc)."""
    decoded = jwt.decode(token, deployment.keys(), algorithms=["ES256"])

    assert decoded.claims["iss"] == deployment.issuer


def test_it_says_what_it_must(token, visit, deployment):
    """§2.2: iss, exp, aud, sub, client_id, iat, jti; §2.2.1: auth_time, acr, amr; §2.2.3: scope."""
    claims = part(token, 1)

    assert claims["iss"] == deployment.issuer
    assert claims["client_id"] == visit.site.client_id
    assert claims["aud"]
    assert isinstance(claims["exp"], int)
    assert claims["exp"] > claims["iat"]
    assert len(str(claims["jti"])) >= 16
    assert set(str(claims["scope"]).split()) == {"openid", "profile"}
    assert claims["auth_time"] <= claims["iat"]
    assert claims["acr"].startswith("urn:manyou:")
    assert claims["amr"] == ["pwd"]


def test_its_subject_is_the_id_tokens(visit):
    """§2.2, OIDC Core §5.3.2: one person, one subject per site."""
    tokens = visit.tokens()

    assert part(tokens["access_token"], 1)["sub"] == visit.site.read(tokens["id_token"])["sub"]


def test_no_two_are_alike(visit):
    """§2.2: jti is unique."""
    tokens = [visit.tokens()["access_token"] for _ in range(5)]

    assert len({part(token, 1)["jti"] for token in tokens}) == 5


def test_it_holds_nothing_about_the_person(visit, deployment):
    """§6: no personal data, nor an identifier that two sites could compare."""
    phone = f"138{secrets.randbelow(10**8):08}"
    citizen = deployment.add_citizen(phone=phone, real_name="赵钱孙", display_name="Herring")
    visit.citizen = citizen

    said = json.dumps(part(visit.tokens(scope="openid profile phone")["access_token"], 1))

    for private in (citizen.username, citizen.person_id, phone, "赵钱孙", "Herring"):
        assert private not in said


def test_a_clients_own_token_has_the_client_as_subject(deployment):
    """§2.2: sub is the client where no resource owner is involved."""
    machine = deployment.add_site(
        grant_types=["client_credentials"],
        redirect_uris=[],
        post_logout_redirect_uris=[],
        scope="verify:name",
    )

    claims = part(machine.token(grant_type="client_credentials").json["access_token"], 1)

    assert claims["sub"] == claims["client_id"] == machine.client_id
    assert "auth_time" not in claims


# fmt: off
FORGERIES = {
    "alg none":        ({"alg": "none"}, True),
    "another typ":     ({"typ": "JWT"}, False),
    "no typ":          ({"typ": None}, False),
    "unknown kid":     ({"kid": "nobody"}, False),
    "no kid":          ({"kid": None}, False),
    "another alg":     ({"alg": "RS256"}, False),
    "HMAC":            ({"alg": "HS256"}, False),
    "embedded key":    ({"jwk": {"kty": "oct", "k": "AAAA"}}, False),
    "foreign key URL": ({"jku": "https://evil.example/jwks"}, False),
    "crit":            ({"crit": ["exp"]}, False),
}
# fmt: on


@pytest.mark.parametrize(("change", "bare"), FORGERIES.values(), ids=FORGERIES.keys())
def test_a_changed_header_is_refused(visit, token, change, bare):
    """§4, RFC 8725 §3.1: the header is no offer to choose from."""
    header = {name: value for name, value in {**part(token, 0), **change}.items() if value}
    segments = token.split(".")
    segments[0] = _segment(header)
    if bare:
        segments[2] = ""

    assert visit.site.userinfo(".".join(segments)).status == 401


def _segment(document: dict[str, object]) -> str:
    return urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


@pytest.mark.parametrize("algorithm", ["ES256", "HS256"])
def test_a_foreign_signature_is_refused(visit, token, deployment, algorithm):
    """RFC 8725 §2.1: neither an attacker's own key, nor our public key as a shared secret."""
    from joserfc.jwk import ECKey, OctKey

    header = {**part(token, 0), "alg": algorithm}
    if algorithm == "ES256":
        key = ECKey.generate_key("P-256")
    else:
        key = OctKey.import_key(json.dumps(deployment.call("GET", "/jwks").json))
    payload = json.dumps(part(token, 1)).encode()

    forged = jws.serialize_compact(header, payload, key, algorithms=[algorithm])

    assert visit.site.userinfo(forged).status == 401
    assert visit.site.introspect(forged) == {"active": False}


def test_the_published_keys_are_clean(deployment):
    """RFC 7517 §4, TRUST J4: kid on each and unique, a use or alg, no private part, cacheable."""
    answer = deployment.call("GET", "/jwks")
    keys = answer.json["keys"]

    assert len({key["kid"] for key in keys}) == len(keys) > 0
    for key in keys:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()
        assert key["alg"] in ("ES256", "RS256")
        assert key.get("use") == "sig"
    assert "max-age" in answer.header("Cache-Control")


def test_a_new_key_waits_its_turn_and_an_old_one_is_kept(deployment, visit, later):
    """TRUST J4: after a rotation old tokens verify, and the new key was published before."""
    from idp.keys import store

    desk = deployment.desk
    tokens = visit.tokens()
    before = {key["kid"] for key in deployment.call("GET", "/jwks").json["keys"]}

    with desk.database.write() as tx:
        store.rotate(tx, desk.vault, "ES256")
    later(desk.settings.keys.refresh_interval + 1)
    fresh = visit.tokens()

    kid = part(fresh["access_token"], 0)["kid"]
    assert kid != part(tokens["access_token"], 0)["kid"]
    assert kid in before
    assert before <= {key["kid"] for key in deployment.call("GET", "/jwks").json["keys"]}
    assert visit.site.userinfo(tokens["access_token"]).status == 200
    assert visit.site.read(tokens["id_token"])["sub"] == visit.site.read(fresh["id_token"])["sub"]
