"""OpenID Connect Core 1.0."""

import time
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from authlib.oidc.core import CodeIDToken
from joserfc import jwt

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


class TestIdToken:
    """§2, §3.1.3.7."""

    def test_it_says_what_it_must(self, visit):
        """§2: iss, sub, aud, exp, iat; auth_time, acr, amr; sub at most 255 ASCII characters."""
        claims = visit.claims()

        assert claims["iss"] == visit.site.provider.issuer
        assert claims["aud"] == visit.site.client_id
        assert claims["sub"].isascii()
        assert 0 < len(claims["sub"]) <= 255
        assert 0 < claims["exp"] - claims["iat"] <= 3600
        assert abs(claims["iat"] - time.time()) <= 2
        assert isinstance(claims["auth_time"], int)
        assert claims["amr"] == ["pwd"]
        assert claims.get("azp", visit.site.client_id) == visit.site.client_id

    def test_authlib_accepts_it(self, visit):
        """§3.1.3.7: the rules as somebody else wrote them down."""
        code = visit.code(nonce="n-0S6", max_age="1000")
        tokens = visit.site.redeem(code).json
        claims = CodeIDToken(
            visit.site.read(tokens["id_token"]),
            {"alg": "ES256"},
            {"iss": {"value": visit.site.provider.issuer}, "nonce": {"value": "n-0S6"}},
            {
                "client_id": visit.site.client_id,
                "nonce": "n-0S6",
                "max_age": 1000,
                "access_token": tokens["access_token"],
            },
        )

        claims.validate()

    def test_the_access_token_belongs_to_it(self, visit):
        """§3.1.3.6: at_hash is the left half of the access token's hash."""
        tokens = visit.tokens()

        half = sha256(tokens["access_token"].encode()).digest()[:16]
        expected = urlsafe_b64encode(half).decode().rstrip("=")
        assert visit.site.read(tokens["id_token"])["at_hash"] == expected

    def test_its_header_names_algorithm_and_key(self, visit):
        """§10.1: kid where several keys are published; never alg none."""
        token = visit.tokens()["id_token"]

        header = jwt.decode(token, visit.site.provider.keys(), algorithms=["ES256"]).header
        assert header["alg"] == "ES256"
        assert header["kid"]

    def test_a_site_may_want_rs256(self, enter):
        """§15.1: RS256 MUST be supported; as registered (id_token_signed_response_alg)."""
        visit = enter(id_token_signed_response_alg="RS256")

        assert visit.claims()["aud"] == visit.site.client_id

    @pytest.mark.parametrize("nonce", ["n-0S6_WzA2Mj", "é 中 &=+", "x" * 64])
    def test_the_nonce_comes_back(self, visit, nonce):
        """§2: its value is passed through unmodified."""
        assert visit.claims(nonce=nonce)["nonce"] == nonce

    def test_without_a_nonce_there_is_none(self, visit):
        """§3.1.2.1: OPTIONAL in the code flow."""
        assert "nonce" not in visit.claims(nonce=None)

    def test_it_holds_no_unasked_claims(self, herring):
        """§5.4: with an access token, scopes' claims are at the UserInfo endpoint."""
        claims = herring.claims(scope="openid profile phone address")

        assert not {"name", "phone_number", "birthdate", "preferred_username"} & claims.keys()

    def test_a_site_may_be_set_to_read_them_here(self, enter, herring):
        """PROTOCOL: some libraries read nothing but the ID token: a switch per client."""
        visit = enter(citizen=herring.citizen, claims_in_id_token=True)

        assert visit.claims(scope="openid profile")["name"] == "Herring"


class TestPrompt:
    """§3.1.2.1, §3.1.2.6."""

    def test_none_without_a_session_is_login_required(self, visit):
        """§3.1.2.6: no page; the state comes along."""
        answer = visit.ask(prompt="none", state="s")

        assert answer.location.startswith(visit.site.redirect_uri)
        assert (answer.fields["error"], answer.fields["state"]) == ("login_required", "s")

    def test_none_without_consent_is_consent_required(self, visit, enter):
        """§3.1.2.6: somebody is signed in, but never let this site know anything."""
        visit.sign_in()
        other = enter(agent=visit.agent, citizen=visit.citizen)

        assert other.ask(prompt="none").fields["error"] == "consent_required"

    def test_none_with_session_and_consent_is_silent(self, visit):
        """§3.1.2.1: no user interface at all; the same person, the same sign-in."""
        before = visit.claims()

        answer = visit.ask(prompt="none")
        after = visit.site.read(visit.site.redeem(answer.fields["code"]).json["id_token"])

        assert (after["sub"], after["auth_time"]) == (before["sub"], before["auth_time"])

    @pytest.mark.parametrize("prompt", ["none login", "none consent", "consent none", "sing"])
    def test_none_stands_alone(self, visit, prompt):
        """§3.1.2.1: with any other value an error is returned; so with a made-up one."""
        assert visit.ask(prompt=prompt).fields["error"] == "invalid_request"

    def test_login_asks_again(self, visit, later):
        """§3.1.2.1: SHOULD prompt for reauthentication; auth_time moves."""
        before = visit.claims()
        later(3)

        after = visit.claims(prompt="login")

        assert visit.asked == ["confirm"]
        assert after["auth_time"] > before["auth_time"]
        assert after["sub"] == before["sub"]

    def test_login_cannot_be_skipped(self, visit):
        """§3.1.2.1: who goes straight to the resume address is asked all the same."""
        visit.sign_in()
        page = visit.agent.follow(visit.ask(prompt="login"))
        resume = dict(p.split("=") for p in page.url.partition("?")[2].split("&"))["next"]

        answer = visit.agent.get(resume.replace("%2F", "/"))

        assert visit.agent.is_home(answer.location)
        assert "code" not in answer.fields

    def test_consent_asks_again(self, visit):
        """§3.1.2.1: SHOULD prompt for consent before returning information."""
        visit.sign_in()

        assert visit.code(prompt="consent")
        assert visit.asked == ["consent"]

    def test_consent_is_remembered(self, visit):
        """Asked once per client and scope; a wider scope is asked for."""
        visit.sign_in()

        visit.code()
        assert visit.asked == []
        visit.code(scope="openid profile")
        assert visit.asked == ["consent"]
        visit.code(scope="openid profile")
        assert visit.asked == []

    def test_a_first_party_site_asks_for_no_consent(self, enter):
        """An operator's word for its own sites."""
        visit = enter(first_party=True)

        visit.code(scope="openid profile")

        assert visit.asked == ["sign-in"]

    def test_select_account_asks_whose_it_is(self, visit):
        """§3.1.2.1: SHOULD prompt the End-User to select an account."""
        visit.sign_in()

        assert visit.code(prompt="select_account")
        assert visit.asked == ["account"]

    def test_another_account_may_be_chosen(self, visit, deployment):
        """§3.1.2.1: one session at a time; the other person gets the code."""
        before = visit.claims()
        page = visit.agent.follow(visit.ask(prompt="select_account"))
        visit.citizen = deployment.add_citizen()

        form = page.form(having="account-other")
        answer = visit.walk(visit.agent.submit(page, form, press="account-other"))

        tokens = visit.site.redeem(answer.fields["code"]).json
        assert visit.site.read(tokens["id_token"])["sub"] != before["sub"]


class TestAge:
    """max_age and auth_time (§2, §3.1.2.1)."""

    def test_a_recent_sign_in_is_young_enough(self, visit):
        """§3.1.2.1: not asked, and auth_time is told."""
        before = visit.claims()

        after = visit.claims(max_age="10000")

        assert visit.asked == []
        assert after["auth_time"] == before["auth_time"]

    def test_an_old_one_is_asked_again(self, visit, later):
        """§3.1.2.1: MUST attempt to actively re-authenticate; auth_time moves."""
        before = visit.claims()
        later(5)

        after = visit.claims(max_age="2")

        assert visit.asked == ["confirm"]
        assert after["auth_time"] >= before["auth_time"] + 5

    def test_zero_always_asks(self, visit, later):
        """§3.1.2.1, TRUST A16: max_age=0 is prompt=login."""
        visit.sign_in()
        later(2)

        visit.code(max_age="0")

        assert visit.asked == ["confirm"]

    def test_an_old_one_is_an_error_where_nobody_may_be_asked(self, visit, later):
        """§3.1.2.6: login_required."""
        visit.sign_in()
        later(5)

        assert visit.ask(max_age="2", prompt="none").fields["error"] == "login_required"

    def test_a_site_may_have_a_default(self, enter, later):
        """Registration §2: default_max_age; the parameter overrides it."""
        visit = enter(default_max_age=10)
        visit.sign_in()
        later(11)

        visit.code(max_age="600")
        assert visit.asked == []
        visit.code()
        assert visit.asked == ["confirm"]

    @pytest.mark.parametrize("age", ["-1", "1.5", "x", "1e3", "9" * 40, "１０", " 1"])
    def test_nonsense_is_refused(self, visit, age):
        """§3.1.2.1: a number of seconds."""
        assert visit.ask(max_age=age).fields["error"] == "invalid_request"


class TestHints:
    """id_token_hint, login_hint, ui_locales, acr_values (§3.1.2.1)."""

    def test_the_hinted_person_is_silently_confirmed(self, visit):
        """§3.1.2.1: the person of the ID token is signed in: positive answer."""
        token = visit.tokens()["id_token"]

        assert visit.ask(prompt="none", id_token_hint=token).fields["code"]

    def test_an_expired_hint_serves(self, visit, later):
        """§3.1.2.1: the OP needs not be listed as audience, nor the token be fresh."""
        token = visit.tokens()["id_token"]
        later(700)

        assert visit.ask(prompt="none", id_token_hint=token).fields["code"]

    def test_somebody_else_is_an_error(self, visit, enter, deployment):
        """§3.1.2.1: else it SHOULD return an error such as login_required; never a code."""
        token = visit.tokens()["id_token"]
        other = enter(visit.site, agent=deployment.agent())
        other.sign_in()

        answer = other.ask(prompt="none", id_token_hint=token)

        assert answer.fields["error"] == "login_required"

    def test_somebody_else_cannot_pass_for_the_hinted(self, visit, enter, deployment):
        """§3.1.2.1: MUST NOT reply with a token for a different user, asked or not."""
        token = visit.tokens()["id_token"]
        other = enter(visit.site, agent=deployment.agent())
        other.sign_in()

        page = other.agent.follow(other.ask(id_token_hint=token))

        assert page.status == 200
        assert page.form(having="password")

    def test_somebody_else_who_signs_in_is_told_to_the_site(self, visit, enter, deployment):
        """§3.1.2.1: another person than the hinted one signed in on request: an error."""
        token = visit.tokens()["id_token"]
        other = enter(visit.site, agent=deployment.agent())
        other.sign_in()

        answer = other.enter(id_token_hint=token)

        assert answer.fields["error"] == "login_required"

    @pytest.mark.parametrize("hint", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
    def test_a_forged_hint_is_refused(self, visit, hint):
        """§3.1.2.1: MUST be an ID token of ours."""
        assert visit.ask(id_token_hint=hint).fields["error"] == "invalid_request"

    def test_another_sites_token_is_no_hint(self, visit, enter):
        """§3.1.2.1: it would tell this site who that token is about."""
        other = enter(agent=visit.agent, citizen=visit.citizen)
        token = other.tokens()["id_token"]

        assert visit.ask(id_token_hint=token).fields["error"] == "invalid_request"

    def test_the_user_name_is_filled_in(self, visit):
        """§3.1.2.1: login_hint, and escaped."""
        page = visit.agent.follow(visit.ask(login_hint='ming"><script>'))

        assert page.form(having="username").fields["username"] == 'ming"><script>'
        assert "<script>" not in page.text.partition("<h1>")[2].partition("</form>")[0]

    @pytest.mark.parametrize(("locales", "lang"), [("zh-CN", "zh-CN"), ("xx en", "en")])
    def test_the_page_speaks_the_wished_language(self, visit, locales, lang):
        """§3.1.2.1: ui_locales in order of preference; no error if none is known."""
        page = visit.agent.follow(visit.ask(ui_locales=locales))

        assert f'lang="{lang}"' in page.text.partition("<head>")[0]

    def test_an_unknown_language_is_harmless(self, visit):
        """§3.1.2.1: an error SHOULD NOT result."""
        assert visit.enter(ui_locales="xx tlh-x", claims_locales="tlh").fields["code"]

    def test_a_level_that_was_reached_is_told(self, visit):
        """§3.1.2.1: acr_values in order of preference; what was satisfied stands in acr."""
        assert visit.claims(acr_values="urn:manyou:ial:1")["acr"] == "urn:manyou:ial:1"

    def test_a_level_that_was_not_reached_is_told_as_it_is(self, visit):
        """§5.5.1.1: voluntary: the site reads acr and decides; never a lie."""
        acr = visit.claims(acr_values="urn:manyou:ial:3 phr")["acr"]

        assert acr == "urn:manyou:ial:1:aal:1"

    def test_the_first_satisfied_value_wins(self, enter, deployment):
        """§3.1.2.1: order of preference; a higher level satisfies a lower."""
        visit = enter(citizen=deployment.add_citizen(ial=2))

        acr = visit.claims(acr_values="urn:manyou:ial:3 urn:manyou:ial:2 urn:manyou:ial:1")["acr"]
        assert acr == "urn:manyou:ial:2"


def test_one_sign_in_roams_over_three_sites(visit, enter):
    """The house's own promise: no password at the second and third site."""
    visit.sign_in()

    for _ in range(2):
        other = enter(agent=visit.agent, citizen=visit.citizen, first_party=True)
        assert other.code()
        assert other.asked == []


def test_create_leads_to_registration(visit):
    """Initiating User Registration 1.0 §4.1: prompt=create."""
    page = visit.agent.follow(visit.ask(prompt="create"))

    assert page.status == 200
    assert "/sign-up" in page.url


def test_a_sites_session_has_a_name(visit, enter):
    """Back-Channel Logout §2.1: sid, stable in a session, another at another site."""
    first = visit.claims()["sid"]
    other = enter(agent=visit.agent, citizen=visit.citizen)

    assert visit.claims()["sid"] == first
    assert other.claims()["sid"] != first
