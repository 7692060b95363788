"""OpenID Connect Core 1.0 §5 and §8: what a site learns of a person, and under which name."""

import json
import time
from urllib.parse import urlencode

import pytest
from joserfc import jwt

from .wire import FORM

DETAILS = {
    "display_name": "Herring",
    "locale": "zh-CN",
    "claims": {"gender": "female", "birthdate": "1990-02-28", "address": {"region": "江北省"}},
}


@pytest.fixture
def herring(enter, deployment):
    """Somebody of whom much is known, on the way into a site that may ask for all of it."""
    phone = f"139{time.time_ns() % 10**8:08d}"
    return enter(citizen=deployment.add_citizen(phone=phone, **DETAILS))


class TestClaimsParameter:
    """§5.5."""

    def test_a_single_claim_at_userinfo(self, herring):
        """§5.5: asked for there, delivered there, and nowhere else."""
        tokens = herring.tokens(claims='{"userinfo":{"birthdate":null}}')

        assert "birthdate" not in herring.site.read(tokens["id_token"])
        assert herring.site.userinfo(tokens["access_token"]).json["birthdate"] == "1990-02-28"

    def test_a_single_claim_in_the_id_token(self, herring):
        """§5.5: asked for in the ID token."""
        claims = herring.claims(claims='{"id_token":{"name":{"essential":true}}}')

        assert claims["name"] == "Herring"

    def test_it_needs_consent_of_its_own(self, herring):
        """§3.1.2.4: what scopes would not open, the person is asked for."""
        herring.sign_in()

        herring.code(claims='{"userinfo":{"phone_number":null}}')

        assert herring.asked == ["consent"]

    def test_what_nobody_knows_is_left_out(self, herring):
        """§5.5.1: even essential: not an error."""
        wish = '{"userinfo":{"email":{"essential":true},"shoe_size":{"essential":true}}}'

        told = herring.site.userinfo(herring.tokens(claims=wish)["access_token"]).json

        assert told.keys() == {"sub"}

    def test_a_value_narrows(self, herring):
        """§5.5.1: returned only with the value asked for."""
        wish = '{"userinfo":{"gender":{"value":"male"},"birthdate":{"values":["1990-02-28"]}}}'

        told = herring.site.userinfo(herring.tokens(claims=wish)["access_token"]).json

        assert told.keys() == {"sub", "birthdate"}

    def test_an_essential_level_out_of_reach_is_an_error(self, visit):
        """§5.5.1.1: a failed authentication attempt; Unmet Authentication Requirements §2."""
        wish = '{"id_token":{"acr":{"essential":true,"values":["urn:manyou:aal:3","urn:x"]}}}'

        answer = visit.enter(claims=wish)

        assert answer.fields["error"] == "unmet_authentication_requirements"
        assert "code" not in answer.fields

    def test_an_essential_level_in_reach_is_told(self, visit):
        """§5.5.1.1."""
        wish = '{"id_token":{"acr":{"essential":true,"values":["urn:x","urn:manyou:aal:1"]}}}'

        assert visit.claims(claims=wish)["acr"] == "urn:manyou:aal:1"

    def test_a_wish_for_a_subject_is_kept(self, visit):
        """§5.5.1, §3.1.2.2: sub with a value: this person or nobody."""
        sub = visit.claims()["sub"]
        mine = json.dumps({"id_token": {"sub": {"value": sub}}})
        other = json.dumps({"id_token": {"sub": {"value": "somebody-else"}}})

        assert visit.ask(prompt="none", claims=mine).fields.get("code")
        assert "code" not in visit.ask(prompt="none", claims=other).fields

    @pytest.mark.parametrize(
        "claims",
        [
            "x",
            "[]",
            "1",
            '{"id_token":[]}',
            '{"id_token":{"acr":1}}',
            '{"id_token":{"acr":{}},"id_token":{}}',
            '{"id_token":NaN}',
            "[" * 3000,
            '{"a":' * 200 + "1" + "}" * 200,
            '{"userinfo":{"name":{"values":1}}}',
            '{"id_token":{"acr":{"essential":true,"values":7}}}',
            '{"id_token":{"acr":{"values":[{}]}}}',
            '{"userinfo":{"\\u0000":null}}',
            '{"userinfo":{"\\ud800":null}}',
            '{"userinfo":{"name":{"value":"\\ud800\\u0000"}}}',
            '{"userinfo":{"two words":null}}',
            '{"userinfo":{"sub":{"value":[1]}},"id_token":{"sub":{"value":7}}}',
        ],
    )
    def test_nonsense_never_breaks_us(self, herring, claims):
        """§5.5: refused or ignored, before or after sign-in, and at UserInfo; never a 5xx."""
        answer = herring.enter(claims=claims)

        assert answer.status < 500
        if answer.fields.get("error"):
            assert answer.fields["error"] in (
                "invalid_request",
                "unmet_authentication_requirements",
            )
        else:
            tokens = herring.site.redeem(answer.fields["code"])
            assert tokens.status == 200
            assert herring.site.userinfo(tokens.json["access_token"]).status == 200


class TestUserInfo:
    """§5.1, §5.3, §5.4."""

    def test_only_the_subject_without_scopes(self, visit):
        """§5.3.2: sub MUST always be returned, and equals the ID token's."""
        tokens = visit.tokens()

        told = visit.site.userinfo(tokens["access_token"]).json

        assert told == {"sub": visit.site.read(tokens["id_token"])["sub"]}

    def test_each_scope_opens_its_claims(self, herring):
        """§5.4: profile, phone, address; what is unknown is left out, not null."""
        token = herring.tokens(scope="openid profile phone email address")["access_token"]

        told = herring.site.userinfo(token).json

        assert told["name"] == told["nickname"] == "Herring"
        assert told["preferred_username"] == herring.citizen.username
        assert told["gender"] == "female"
        assert told["birthdate"] == "1990-02-28"
        assert told["zoneinfo"] == "Asia/Shanghai"
        assert told["locale"] == "zh-CN"
        assert isinstance(told["updated_at"], int)
        assert told["phone_number"].startswith("+86139")
        assert told["phone_number_verified"] is True
        assert told["address"] == {"region": "江北省"}
        assert "email" not in told
        assert None not in told.values()

    @pytest.mark.parametrize(
        ("scope", "closed"),
        [
            ("profile", {"phone_number", "address"}),
            ("phone", {"name", "address", "preferred_username"}),
            ("address", {"name", "phone_number"}),
        ],
    )
    def test_no_scope_opens_anothers(self, herring, scope, closed):
        """§5.4."""
        token = herring.tokens(scope=f"openid {scope}")["access_token"]

        assert not closed & herring.site.userinfo(token).json.keys()

    def test_get_and_post_alike(self, herring):
        """§5.3: MUST support both."""
        token = herring.tokens(scope="openid profile")["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        call = herring.site.provider.call

        got = call("GET", "/userinfo", headers=bearer)
        posted = call("POST", "/userinfo", headers=bearer)
        with_body = call(
            "POST",
            "/userinfo",
            headers={"Content-Type": FORM},
            body=urlencode({"access_token": token}).encode(),
        )

        assert got.json == posted.json == with_body.json
        assert got.header("Cache-Control") == "no-store"

    @pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
    def test_it_is_signed_for_who_wants_it(self, enter, herring, algorithm):
        """§5.3.2: application/jwt with iss and aud, as registered."""
        visit = enter(citizen=herring.citizen, userinfo_signed_response_alg=algorithm)
        token = visit.tokens(scope="openid profile")["access_token"]

        answer = visit.site.userinfo(token)

        assert answer.header("Content-Type") == "application/jwt"
        claims = jwt.decode(answer.text, visit.site.provider.keys(), algorithms=[algorithm]).claims
        assert claims["iss"] == visit.site.provider.issuer
        assert claims["aud"] == visit.site.client_id
        assert claims["name"] == "Herring"

    def test_a_signed_answer_is_no_id_token(self, enter, herring):
        """RFC 8725 §3.12: kinds of JWT stay apart: it hints at nobody, and signs nobody out."""
        visit = enter(citizen=herring.citizen, userinfo_signed_response_alg="ES256")
        answer = visit.site.userinfo(visit.tokens()["access_token"])

        hinted = visit.ask(id_token_hint=answer.text, prompt="none")

        assert hinted.fields.get("error") == "invalid_request"

    def test_the_legal_name_and_number_are_not_given_away(self, enter, deployment):
        """Architecture: no scope of these opens a legal name or an ID number."""
        citizen = deployment.add_citizen(real_name="赵钱孙李")
        visit = enter(citizen=citizen)

        token = visit.tokens(scope="openid profile phone email address")["access_token"]

        assert "赵钱孙李" not in visit.site.userinfo(token).text


class TestSubject:
    """§8."""

    def test_the_same_person_is_the_same_subject(self, visit, deployment):
        """§2: never reassigned, stable over browsers and sign-ins."""
        first = visit.claims()["sub"]
        visit.agent = deployment.agent()

        assert visit.claims()["sub"] == first

    def test_two_sectors_cannot_compare(self, visit, enter):
        """§8.1: pairwise by default: different per sector, and not computable."""
        other = enter(agent=visit.agent, citizen=visit.citizen)

        assert visit.claims()["sub"] != other.claims()["sub"]

    def test_one_sector_shares(self, enter, visit):
        """§8.1: the host of the redirect URIs is the sector."""
        first = enter(citizen=visit.citizen, redirect_uris=["https://same.example/a"])
        second = enter(citizen=visit.citizen, redirect_uris=["https://same.example/b"])

        assert first.claims()["sub"] == second.claims()["sub"]

    def test_a_public_subject_is_the_same_everywhere(self, enter, visit):
        """§8: subject_type public; and no pairwise subject equals it."""
        first = enter(citizen=visit.citizen, subject_type="public").claims()["sub"]
        second = enter(citizen=visit.citizen, subject_type="public").claims()["sub"]

        assert first == second
        assert visit.claims()["sub"] != first

    def test_two_persons_are_two(self, visit, enter):
        """§2: locally unique."""
        assert enter(visit.site).claims()["sub"] != visit.claims()["sub"]
