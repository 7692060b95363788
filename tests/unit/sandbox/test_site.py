"""A service site signs people in, and believes nobody who is not the provider."""

import time

import pytest

from sandbox.sites.houses import HOUSES


@pytest.mark.parametrize("house", HOUSES, ids=lambda house: house.key)
def test_a_visitor_signs_in_whichever_way_the_site_proves_itself(browse, house):
    """client_secret_basic, client_secret_post and private_key_jwt, each with PKCE S256."""
    browser = browse(house)

    assert browser.sign_in().location == "/"

    page = browser.client.get("/").text
    assert browser.signed_in()
    assert "爱丽丝" in page
    assert f"alice-at-client-{house.key}" in page
    asked = dict(browser.provider.seen)["authorize"]
    assert asked["code_challenge_method"] == "S256"
    assert asked["nonce"]
    assert asked["ui_locales"] == "zh-CN"


def test_a_site_with_a_wrong_secret_is_told_so_kindly(browser):
    browser.provider.clients[browser.client_id] = ("client_secret_basic", "another secret")

    answer = browser.sign_in()

    assert answer.status_code == 502
    assert "invalid_client" in answer.text
    assert 'href="/login"' in answer.text
    assert not browser.signed_in()


def test_raw_tokens_are_never_shown(browser):
    browser.sign_in()
    browser.client.post("/userinfo")
    visits = browser.client.application.extensions["site"].visits
    token = next(iter(visits.of_sid("sid-1"))).token

    page = browser.client.get("/").text

    assert "phone_number" in page
    for name in ("access_token", "refresh_token", "id_token"):
        assert token[name] not in page


def test_parameters_of_a_particular_sign_in_are_passed_on(browser):
    browser.leave_for_provider("/login?acr=urn:example:acr:2&prompt=login&max_age=60")

    asked = dict(browser.provider.seen)["authorize"]

    assert (asked["acr_values"], asked["prompt"]) == ("urn:example:acr:2", "login")
    assert asked["max_age"] == "60"


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "http://elsewhere.example"},
        {"aud": "another-client"},
        {"aud": "another-client", "azp": "client-jiangbei"},
        {"exp": int(time.time()) - 600},
        {"sub": None},
    ],
    ids="-".join,
)
def test_an_id_token_that_lies_opens_no_visit(browser, lie):
    """OIDC Core §3.1.3.7: nonce, issuer, audience, expiry and subject are checked."""
    browser.provider.lies = lie

    answer = browser.sign_in()

    assert (answer.status_code, browser.signed_in()) == (502, False)
    assert "token_refused" in answer.text


def test_a_foreign_signature_opens_no_visit(browser, monkeypatch):
    from joserfc.jwk import ECKey

    browser.provider.key = ECKey.generate_key("P-256", {"kid": "current"})

    assert browser.sign_in().status_code == 502
    assert not browser.signed_in()


def test_a_rotated_key_is_fetched(browser):
    browser.sign_in()
    browser.provider.rotate()

    assert browser.sign_in("/login?prompt=login").location == "/"
    assert browser.signed_in()


def test_a_state_that_did_not_start_here_is_refused(browser):
    address = browser.leave_for_provider()

    answer = browser.arrive(address, state="planted")

    assert answer.status_code == 400
    assert "state_mismatch" in answer.text
    assert not browser.signed_in()


def test_a_callback_works_once(browser):
    address = browser.leave_for_provider()
    browser.arrive(address)

    assert browser.arrive(address).status_code == 400


@pytest.mark.parametrize("told", ["http://mix-up.example", None])
def test_an_answer_of_another_issuer_is_refused(browser, told):
    """RFC 9207 §2.4: `iss` must be the issuer we asked, and must be there when promised."""
    browser.provider.answer = {"iss": told}

    answer = browser.sign_in()

    assert answer.status_code == 400
    assert "issuer_mismatch" in answer.text
    assert "token" not in dict(browser.provider.seen)


def test_discovery_of_another_issuer_is_refused(browser):
    browser.provider.issuer_told = "http://elsewhere.example"

    assert "issuer_mismatch" in browser.client.get("/login").text


def test_saying_no_is_no_failure(browser):
    browser.provider.answer = {"code": None, "error": "access_denied"}

    answer = browser.sign_in()

    assert answer.status_code == 403
    assert "您没有同意登录" in answer.text


def test_an_error_without_a_state_of_ours_is_not_shown_as_the_visitors(browser):
    answer = browser.client.get(
        "/callback", query_string={"error": "access_denied", "iss": browser.provider.issuer}
    )

    assert "state_mismatch" in answer.text


def test_an_unreachable_provider_is_said_kindly(browser):
    browser.provider.close()

    answer = browser.client.get("/login")

    assert answer.status_code == 503
    assert "provider_unreachable" in answer.text


def test_refresh_renews_the_tokens(browser):
    browser.sign_in()
    visit = next(iter(browser.client.application.extensions["site"].visits.of_sid("sid-1")))
    before = dict(visit.token)

    assert browser.client.post("/refresh").status_code == 302

    assert visit.token["access_token"] != before["access_token"]
    assert visit.token["refresh_token"] != before["refresh_token"]


def test_a_refused_refresh_ends_the_visit(browser):
    browser.sign_in()
    browser.provider.refresh_tokens.clear()

    answer = browser.client.post("/refresh")

    assert "sign_in_ended" in answer.text
    assert not browser.signed_in()


def test_a_refresh_that_names_somebody_else_is_not_kept(browser):
    """OIDC Core §12.2: the same subject as in the first ID token."""
    browser.sign_in()
    browser.provider.lies = {"sub": "mallory"}

    assert "token_refused" in browser.client.post("/refresh").text
    assert "mallory" not in browser.client.get("/").text


def test_a_sign_in_with_userinfo_about_somebody_else_is_not_believed(browser):
    """OIDC Core §5.3.2."""
    browser.provider.userinfo_subject = "mallory"

    assert browser.sign_in().status_code == 502
    assert not browser.signed_in()


def test_userinfo_about_somebody_else_is_not_believed(browser):
    """OIDC Core §5.3.2."""
    browser.sign_in()
    browser.provider.userinfo_subject = "mallory"

    assert "token_refused" in browser.client.post("/userinfo").text


def test_an_expired_access_token_is_renewed_on_the_way_to_userinfo(browser):
    browser.sign_in()
    visit = next(iter(browser.client.application.extensions["site"].visits.of_sid("sid-1")))
    visit.token["expires_at"] = int(time.time()) - 5
    old = visit.token["access_token"]

    assert browser.client.post("/userinfo").status_code == 302

    assert visit.token["access_token"] != old


def test_a_sensitive_service_asks_for_a_fresh_sign_in(browser):
    browser.provider.auth_age = 4000
    browser.sign_in()

    page = browser.client.get("/services/household").text
    assert "max_age=300" in page
    browser.provider.auth_age = 0
    back = browser.sign_in("/login?max_age=300&service=household")

    assert back.location == "/services/household"
    assert "户号" in browser.client.get("/services/household").text


def test_a_provider_that_ignores_max_age_is_not_believed(browser):
    browser.provider.auth_age = 4000

    assert browser.sign_in("/login?max_age=60").status_code == 502
    assert not browser.signed_in()


def test_forms_posted_from_another_site_are_refused(browser):
    browser.sign_in()

    answer = browser.client.post("/sign-out", headers={"Origin": "http://localhost:8102"})

    assert answer.status_code == 403
    assert browser.signed_in()


def test_a_new_sign_in_gets_a_new_key(browser):
    browser.sign_in()
    first = browser.client.get_cookie("jiangbei_session").value
    browser.sign_in("/login?prompt=login")

    assert browser.client.get_cookie("jiangbei_session").value != first


@pytest.mark.parametrize("path", ["/", "/privacy", "/signed-out", "/nowhere"])
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_every_page_speaks_both_languages_and_loads_nothing_from_outside(browser, path, lang):
    answer = browser.client.get(path, query_string={"lang": lang})

    assert f'<html lang="{lang}">' in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert ("Skip to content" in answer.text) == (lang == "en")
