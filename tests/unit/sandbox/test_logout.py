"""A service site's ways out: the visitor's own, and the provider's word."""

import hmac
import time
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import ECKey


def test_signing_out_ends_the_visit_and_tells_the_provider(browser):
    """RP-Initiated Logout §2-3: hint, return address and state go out; the state comes back."""
    browser.sign_in()

    away = browser.client.post("/sign-out")

    asked = {k: v[0] for k, v in parse_qs(urlsplit(away.location).query).items()}
    assert not browser.signed_in()
    assert asked["post_logout_redirect_uri"].endswith("/signed-out")
    assert asked["client_id"] == browser.client_id
    assert jwt.decode(asked["id_token_hint"], browser.provider.key).claims["sid"] == "sid-1"
    back = requests.get(away.location, allow_redirects=False, timeout=5).headers["Location"]
    assert "统一身份平台已确认退出" in browser.arrive(back).text
    assert "统一身份平台已确认退出" not in browser.arrive(back).text


def test_a_logout_token_ends_the_visit_and_the_page_notices(browser):
    browser.sign_in()

    answer = browser.logout(browser.provider.logout_token(browser.client_id))

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert not browser.signed_in()
    assert 'id="noticed"' in browser.client.get("/").text


def test_a_logout_token_may_name_the_person_instead(browser):
    browser.sign_in()
    subject = f"alice-at-{browser.client_id}"

    token = browser.provider.logout_token(browser.client_id, sid=None, sub=subject)

    assert browser.logout(token).status_code == 200
    assert not browser.signed_in()


def test_a_logout_of_somebody_else_leaves_this_visit_alone(browser):
    browser.sign_in()

    answer = browser.logout(browser.provider.logout_token(browser.client_id, sid="sid-2"))

    assert (answer.status_code, browser.signed_in()) == (200, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-client"},
        {"aud": ["client-jiangbei", "another-client"]},
        {"aud": None},
        {"iss": "http://elsewhere.example"},
        {"nonce": "n"},
        {"nonce": ""},
        {"events": None},
        {"events": {"http://schemas.example/other": {}}},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": True}},
        {"jti": None},
        {"jti": ""},
        {"iat": None},
        {"iat": int(time.time()) - 3600},
        {"iat": int(time.time()) + 3600},
        {"iat": True},
        {"exp": None},
        {"exp": int(time.time()) - 3600},
        {"sid": None},
        {"sid": 7},
        {"sub": "mallory"},
    ],
)
def test_a_logout_token_with_one_defect_ends_nothing(browser, changes):
    """Back-Channel Logout §2.6: each rule is checked, and a failure is a 400."""
    browser.sign_in()

    answer = browser.logout(browser.provider.logout_token(browser.client_id, **changes))

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert browser.signed_in()


def test_a_replayed_logout_token_is_refused(browser):
    token = browser.provider.logout_token(browser.client_id)
    assert browser.logout(token).status_code == 200
    browser.sign_in()

    again = browser.logout(token)

    assert again.status_code == 400
    assert browser.signed_in()


def _keyed_with_the_public_key(provider, body):
    """The old confusion: a public key, used as if it were a shared secret."""
    head = urlsafe_b64encode(b'{"alg":"HS256","kid":"current","typ":"logout+jwt"}').rstrip(b"=")
    said = head + b"." + body.encode()
    mac = hmac.new(provider.key.as_pem(private=False), said, "sha256").digest()
    return (said + b"." + urlsafe_b64encode(mac).rstrip(b"=")).decode()


def _forgeries(provider, client_id):
    good = provider.logout_token(client_id)
    claims = jwt.decode(good, provider.key).claims
    stranger = ECKey.generate_key("P-256")
    head, body, signature = good.split(".")
    return {
        "strangers_key": provider.sign(claims, stranger, typ="logout+jwt"),
        "strangers_kid": provider.sign(claims, stranger, typ="logout+jwt", kid="stranger"),
        "unsigned": jwt.encode({"alg": "none"}, claims, None, algorithms=["none"]),
        "public_key_as_secret": _keyed_with_the_public_key(provider, body),
        "cut": f"{head}.{body}.",
        "tampered": f"{head}.{body[:-4]}AAAA.{signature}",
        "another_tokens_type": provider.sign(claims, typ="at+jwt"),
        "nonsense": "nonsense",
        "empty": "",
    }


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    "kind",
    [
        "strangers_key",
        "strangers_kid",
        "unsigned",
        "public_key_as_secret",
        "cut",
        "tampered",
        "another_tokens_type",
        "nonsense",
        "empty",
    ],
)
def test_a_forged_logout_token_ends_nothing(browser, kind):
    browser.sign_in()

    answer = browser.logout(_forgeries(browser.provider, browser.client_id)[kind])

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert browser.signed_in()


def test_an_id_token_is_no_logout_token(browser):
    browser.sign_in()
    visit = next(iter(browser.client.application.extensions["site"].visits.of_sid("sid-1")))

    assert browser.logout(visit.token["id_token"]).status_code == 400
    assert browser.signed_in()
