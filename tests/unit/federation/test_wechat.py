"""WeChat's dialect: what is asked in which words, and which answers sign nobody in."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from federation.connectors import errors
from federation.connectors.ports import Arrival, Surroundings
from federation.connectors.wechat import KIND, Options

TOKEN, USER, MINI = "/sns/oauth2/access_token", "/sns/userinfo", "/sns/jscode2session"
GOOD = {"access_token": "AT", "expires_in": 7200, "openid": "oA1", "scope": "snsapi_login"}
PROFILE = {"openid": "oA1", "nickname": "飞翔的企鹅", "sex": 0, "unionid": "uB2"}
APPS = {
    "website": {"app_id": "wxsite", "secret": "s1"},
    "account": {"app_id": "wxaccount", "secret": "s2"},
    "mini_program": {"app_id": "wxmini", "secret": "s3"},
}


@pytest.fixture
def wechat(line):
    return KIND.build(Options(**APPS), line)


def come_back(wechat, flow, **parameters):
    notes = wechat.depart(flow).notes
    return wechat.arrive(flow, notes, Arrival(parameters=parameters or {"code": "C"}))


def test_the_qr_code_of_a_website_is_asked_for_in_wechats_words_and_order(wechat, flow):
    """appid, not client_id; the order as documented; and the fragment, without which it fails."""
    url = wechat.depart(flow).url

    assert url.startswith("https://open.weixin.qq.com/connect/qrconnect?appid=wxsite&redirect_uri=")
    assert url.endswith("#wechat_redirect")
    assert [name for name, _ in parse_qsl(urlsplit(url).query)] == [
        *("appid", "redirect_uri", "response_type", "scope", "state"),
    ]
    assert dict(parse_qsl(urlsplit(url).query))["scope"] == "snsapi_login"


def test_inside_the_app_the_service_account_asks(wechat, flow):
    url = wechat.depart(replace(flow, surroundings=Surroundings.WECHAT)).url

    asked = dict(parse_qsl(urlsplit(url).query))
    assert urlsplit(url).path == "/connect/oauth2/authorize"
    assert (asked["appid"], asked["scope"]) == ("wxaccount", "snsapi_userinfo")


def test_the_code_is_changed_at_the_app_that_asked_for_it(wechat, flow, script):
    script.says(TOKEN, GOOD).says(USER, PROFILE)

    come_back(wechat, replace(flow, surroundings=Surroundings.WECHAT))

    assert script.asked[0].query["appid"] == "wxaccount"
    assert script.asked[0].query["secret"] == "s2"


def test_the_unionid_is_the_key_and_the_openid_an_alias(wechat, flow, script):
    script.says(TOKEN, GOOD).says(USER, PROFILE)

    identity = come_back(wechat, flow)

    assert identity.subject == "uB2"
    assert identity.aliases == ("wxsite/oA1",)
    assert (identity.ial, identity.aal, identity.real_name) == (1, 1, None)


def test_a_name_is_read_as_utf8_whatever_the_content_type_says(wechat, flow, script):
    """WeChat sends text/plain without a charset; read as Latin-1 a name becomes rubbish."""
    body = '{"openid":"oA1","nickname":"飞翔的企鹅","unionid":"uB2"}'.encode()
    script.says(TOKEN, GOOD).says(USER, body, **{"content-type": "text/plain"})

    assert come_back(wechat, flow).display_name == "飞翔的企鹅"


def test_the_mini_programs_code_is_changed_without_a_browser(wechat, flow, script):
    script.says(MINI, {"session_key": "c2s=", "openid": "oM3", "unionid": "uB2"})

    identity = wechat.arrive(flow, {}, Arrival(parameters={"js_code": "J"}))

    assert identity.subject == "uB2"
    assert script.asked[0].query["appid"] == "wxmini"


def test_whoever_said_no_comes_back_without_a_code(wechat, flow, script):
    with pytest.raises(errors.UpstreamDeniedError):
        come_back(wechat, flow, state=flow.state)
    assert script.asked == []


@pytest.mark.parametrize(
    ("errcode", "refusal"),
    [
        (40163, errors.UpstreamCodeError),
        (40029, errors.UpstreamCodeError),
        (40013, errors.UpstreamSetupError),
        (40125, errors.UpstreamSetupError),
        (-1, errors.UpstreamAwayError),
        (45011, errors.UpstreamAwayError),
        (40226, errors.UpstreamAccountError),
        (99999, errors.UpstreamAnswerError),
        ("40029", errors.UpstreamAnswerError),
    ],
)
def test_an_error_with_http_200_is_an_error(wechat, flow, script, errcode, refusal):
    script.says(TOKEN, {"errcode": errcode, "errmsg": "code been used, rid: 1-2-3"})

    with pytest.raises(refusal) as caught:
        come_back(wechat, flow)
    assert type(caught.value) is refusal


def test_a_snapshot_user_is_nobody(wechat, flow, script):
    """Everybody who only looks at a page shares such an account."""
    script.says(TOKEN, GOOD | {"is_snapshotuser": 1})

    with pytest.raises(errors.UpstreamAccountError):
        come_back(wechat, flow)


def test_somebody_elses_profile_is_not_taken(wechat, flow, script):
    script.says(TOKEN, GOOD).says(USER, PROFILE | {"openid": "oX9"})

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(wechat, flow)


def test_without_a_unionid_nobody_is_linked_unless_the_operator_says_so(flow, script, line):
    """An openid names a person in one app alone: the next app would know a stranger."""
    bare = {"openid": "oA1", "nickname": "n"}
    script.says(TOKEN, GOOD).says(USER, bare)

    with pytest.raises(errors.UpstreamSetupError):
        come_back(KIND.build(Options(**APPS), line), flow)
    lenient = KIND.build(Options(**APPS, require_unionid=False), line)
    assert come_back(lenient, flow).subject == "wxsite/oA1"


@pytest.mark.parametrize(
    "body", [b"<html>busy</html>", b"[]", b'{"openid":1,"openid":2}', b"\xff\xfe", b'{"openid":{}}']
)
def test_what_is_no_answer_signs_nobody_in(wechat, flow, script, body):
    script.says(TOKEN, body)

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(wechat, flow)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_fault_of_the_server_says_that_it_is_away(wechat, flow, script, status):
    script.says(TOKEN, b"", status)

    with pytest.raises(errors.UpstreamAwayError):
        come_back(wechat, flow)


def test_a_probe_is_content_with_being_known(wechat, script):
    script.says(TOKEN, {"errcode": 40029, "errmsg": "invalid code"})
    wechat.probe()

    script.answers.clear()
    script.says(TOKEN, {"errcode": 40125, "errmsg": "invalid appsecret"})
    with pytest.raises(errors.UpstreamSetupError):
        wechat.probe()
