"""What levels the sites ask for, what they make of the answer, and the challenge of RFC 9470."""

import json

import pytest

from sandbox.addresses import Country
from sandbox.sites.assurance import discreet, lacking, level_of
from sandbox.sites.houses import HOUSES, JIANGBEI, SOCIAL, TAX
from sandbox.sites.introduction import metadata
from sandbox.sites.resource import parameters

PROVEN = {
    "verification": {
        "trust_framework": "cn_real_name",
        "assurance_level": "ial2",
        "time": "2026-11-22T05:00:00Z",
        "evidence": [
            {
                "type": "electronic_record",
                "check_details": [{"check_method": "data", "organization": "A platform"}],
            }
        ],
    },
    "claims": {"name": "陈雨桐", "birthdate": "1990-03-07", "id_number": "320199199003070024"},
}
NAMELESS = "urn:manyou:ial:1:aal:1"


def asked(browser):
    return dict(browser.provider.seen)["authorize"]


def test_jiangbei_lets_everybody_in(browse):
    browser = browse(JIANGBEI)
    browser.provider.acr = NAMELESS

    browser.sign_in()

    assert browser.signed_in()
    assert not {"claims", "acr_values"} & set(asked(browser))


def test_the_tax_service_insists_on_a_proven_name_and_asks_what_was_proven(browse):
    """OIDC Core §5.5.1.1; Identity Assurance §5."""
    browser = browse(TAX)
    browser.sign_in()

    claims = json.loads(asked(browser)["claims"])
    assert claims["id_token"]["acr"] == {"essential": True, "values": ["urn:manyou:ial:2"]}
    wanted = claims["userinfo"]["verified_claims"]
    assert wanted["verification"]["trust_framework"] == {"value": "cn_real_name"}
    assert set(wanted["claims"]) == {"name", "birthdate", "id_number"}


def test_the_tax_service_believes_no_lower_level(browse):
    """An essential level that was not reached is no sign-in, whatever the provider thinks."""
    browser = browse(TAX)
    browser.provider.acr = NAMELESS

    answer = browser.sign_in()

    assert answer.status_code == 403
    assert "unmet_authentication_requirements" in answer.text
    assert "/account/real-name" in answer.text
    assert not browser.signed_in()


@pytest.mark.parametrize("error", ["unmet_authentication_requirements", "access_denied"])
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_a_refusal_ends_on_a_page_with_a_way_on(browse, error, lang):
    browser = browse(TAX)
    browser.provider.answer = {"code": None, "error": error}

    answer = browser.sign_in(f"/login?lang={lang}")

    assert answer.status_code == 403
    assert error in answer.text
    assert 'href="/login"' in answer.text
    assert 'href="/"' in answer.text


@pytest.mark.parametrize("told", [PROVEN, [PROVEN]], ids=["object", "array"])
def test_what_was_proven_is_shown_as_evidence_with_the_number_masked(browse, told):
    browser = browse(TAX)
    browser.provider.proven = {"verified_claims": told}
    browser.sign_in()

    page = browser.client.get("/?lang=en").text

    box = page.split('id="evidence"')[1].split("</section>")[0]
    assert "陈雨桐" in box
    assert "1990-03-07" in box
    assert "3****************4" in box
    assert "A platform" in box
    assert "320199199003070024" not in page


def test_without_evidence_there_is_no_box(browse):
    browser = browse(TAX)
    browser.sign_in()

    assert 'id="evidence"' not in browser.client.get("/").text


def test_social_insurance_would_like_a_proven_name_and_does_without(browse):
    browser = browse(SOCIAL)
    browser.provider.acr = NAMELESS

    browser.sign_in()

    assert browser.signed_in()
    assert asked(browser)["acr_values"] == "urn:manyou:ial:2"
    assert "claims" not in asked(browser)


class TestChallenge:
    """RFC 9470: the resource wants more, the client asks the provider for it."""

    def test_the_resource_says_what_it_wants(self, browse):
        browser = browse(SOCIAL)
        browser.provider.acr = NAMELESS
        browser.sign_in()
        visit = next(iter(browser.client.application.extensions["site"].visits.of_sid("sid-1")))

        answer = browser.client.get(
            "/api/services/qualification",
            headers={"Authorization": f"Bearer {visit.token['access_token']}"},
        )

        assert answer.status_code == 401
        challenge = answer.headers["WWW-Authenticate"]
        assert 'error="insufficient_user_authentication"' in challenge
        assert parameters(challenge) == {"acr_values": "urn:manyou:ial:2", "max_age": "300"}

    def test_the_citizen_is_led_there_and_comes_back(self, browse):
        browser = browse(SOCIAL)
        browser.provider.acr = NAMELESS
        browser.sign_in()

        page = browser.client.get("/services/qualification").text
        assert "insufficient_user_authentication" in page
        onward = page.split('id="confirm" href="')[1].split('"')[0].replace("&amp;", "&")
        browser.provider.seen.clear()
        browser.provider.acr = "urn:manyou:ial:2"
        back = browser.sign_in(onward)

        assert asked(browser)["acr_values"] == "urn:manyou:ial:2"
        assert asked(browser)["max_age"] == "300"
        assert back.location == "/services/qualification"
        assert "认证编号" in browser.client.get("/services/qualification").text

    def test_an_old_sign_in_is_challenged_whatever_its_level(self, browse):
        browser = browse(SOCIAL)
        browser.provider.auth_age = 4000
        browser.sign_in()

        assert "max_age=300" in browser.client.get("/services/qualification").text

    @pytest.mark.parametrize(
        "lie",
        [{"iss": "http://elsewhere"}, {"client_id": "another"}, {"exp": 5}, {"typ": "JWT"}],
        ids=str,
    )
    def test_a_token_of_another_making_is_none(self, browse, lie):
        browser = browse(SOCIAL)
        browser.sign_in()
        claims = {
            "iss": browser.provider.issuer,
            "client_id": browser.client_id,
            "exp": 9_999_999_999,
            "auth_time": 9_999_999_990,
            "acr": "urn:manyou:ial:2",
        }
        typ = lie.get("typ", "at+jwt")
        good = browser.provider.sign(claims, typ="at+jwt")
        token = browser.provider.sign(claims | lie, typ=typ)

        def call(bearer):
            headers = {"Authorization": f"Bearer {bearer}"}
            return browser.client.get("/api/services/qualification", headers=headers)

        assert call(good).status_code == 200
        assert call(token).headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert call("").status_code == 401

    def test_a_service_without_a_demand_is_not_behind_the_api(self, browse):
        assert browse(SOCIAL).client.get("/api/services/pension").status_code == 404


@pytest.mark.parametrize(
    ("acr", "level"),
    [
        ("urn:manyou:ial:2", 2),
        ("urn:manyou:ial:3:aal:2", 3),
        ("urn:manyou:aal:2", 1),
        ("urn:manyou:ial:9", 1),
        (None, 1),
        (2, 1),
    ],
)
def test_a_level_is_read_from_acr(acr, level):
    assert level_of(acr) == level


@pytest.mark.parametrize(
    ("acr", "wanted", "lack"),
    [
        ("urn:manyou:ial:2:aal:1", "urn:manyou:ial:3", "level"),
        ("urn:manyou:ial:3:aal:1", "urn:manyou:ial:3", ""),
        ("urn:manyou:ial:3:aal:1", "urn:manyou:aal:2", "factor"),
        ("urn:manyou:ial:1:aal:2", "urn:manyou:aal:2", ""),
        ("urn:manyou:ial:1:aal:1", "urn:manyou:ial:2:aal:2", "level"),
        (None, "urn:manyou:aal:2", "factor"),
    ],
)
def test_what_is_lacking_is_a_level_or_a_factor(acr, wanted, lack):
    assert lacking(acr, wanted) == lack


def test_a_higher_level_is_asked_for_as_insistently(browse):
    """A challenge of RFC 9470 for level 3, at a site that insists on level 2 anyway."""
    browser = browse(TAX)
    browser.provider.acr = "urn:manyou:ial:3:aal:1"

    browser.sign_in("/login?acr=urn:manyou:ial:3&service=refund")

    claims = json.loads(asked(browser)["claims"])
    assert claims["id_token"]["acr"] == {"essential": True, "values": ["urn:manyou:ial:3"]}
    assert browser.client.get("/services/refund").status_code == 200


def test_a_number_is_masked_however_deep_it_lies():
    assert "320199199003070024" not in str(discreet({"verified_claims": [PROVEN]}))


def test_only_the_tax_service_has_the_operators_permission():
    told = {house.key: metadata(house, Country(), None) for house in HOUSES}

    assert told["tax"]["identity_claims"] == ["name", "birthdate", "id_number"]
    assert "identity_claims" not in told["jiangbei"] | told["social"]
