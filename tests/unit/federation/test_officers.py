"""Where civil servants come from: DingTalk, a government's DingTalk, WeCom and Feishu."""

import hashlib
import hmac
from base64 import b64encode
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from federation.connectors import dingtalk, errors, feishu, government_dingtalk, wecom
from federation.connectors.ports import Arrival, Surroundings
from federation.connectors.upstream import Party

DING_TOKEN, DING_USER = "/v1.0/oauth2/userAccessToken", "/v1.0/contact/users/me"
GOV_TOKEN, GOV_QR = "/gettoken.json", "/rpc/oauth2/getuserinfo_bycode.json"
GOV_APP = "/rpc/oauth2/dingtalk_app_user.json"
COM_TOKEN, COM_USER = "/cgi-bin/gettoken", "/cgi-bin/auth/getuserinfo"
FEI_APP = "/open-apis/auth/v3/app_access_token/internal/"
FEI_TOKEN, FEI_USER = "/open-apis/authen/v1/access_token", "/open-apis/authen/v1/user_info"


def asked_of(url):
    return dict(parse_qsl(urlsplit(url).query))


def come_back(connector, flow, **parameters):
    arrival = Arrival(parameters=parameters or {"code": "C"})
    return connector.arrive(flow, connector.depart(flow).notes, arrival)


class TestDingTalk:
    """DingTalk v2."""

    @pytest.fixture
    def make(self, line):
        def made(**further):
            options = dingtalk.Options(client_id="ding1", client_secret="s", **further)
            return dingtalk.KIND.build(options, line)

        return made

    def script(self, script, token=None, user=None):
        script.says(
            DING_TOKEN, {"accessToken": "T", "expireIn": 7200, "corpId": "c1"} | (token or {})
        )
        script.says(DING_USER, {"openId": "o", "unionId": "u", "nick": "王芳"} | (user or {}))

    def test_a_member_comes_by_authcode_and_is_known_by_the_union_id(self, make, flow, script):
        self.script(script)

        officer = come_back(make(), flow, authCode="C")

        assert (officer.subject, officer.aliases, officer.party) == ("u", ("o",), Party.OFFICER)
        assert script.asked[1].headers["x-acs-dingtalk-access-token"] == "T"
        assert b'"grantType":"authorization_code"' in script.asked[0].body

    def test_one_organisation_is_asked_for_by_name(self, make, flow):
        asked = asked_of(make(corp_ids=("c1",)).depart(flow).url)

        assert (asked["corpId"], asked["exclusiveLogin"]) == ("c1", "true")
        assert asked["scope"] == "openid corpid"

    def test_whoever_is_of_another_organisation_or_a_visitor_is_refused(self, make, flow, script):
        self.script(script, token={"corpId": "c2"})
        with pytest.raises(errors.UpstreamAccountError):
            come_back(make(corp_ids=("c1",)), flow)

        script.answers.clear()
        self.script(script, user={"visitor": True})
        with pytest.raises(errors.UpstreamAccountError):
            come_back(make(), flow)

    @pytest.mark.parametrize(
        ("fault", "refusal"),
        [
            ("invalidParameter.authCode.notFound", errors.UpstreamCodeError),
            ("invalidClientIdOrSecret", errors.UpstreamSetupError),
            ("Strange", errors.UpstreamAnswerError),
        ],
    )
    def test_an_error_is_told_by_a_word(self, make, flow, script, fault, refusal):
        script.says(DING_TOKEN, {"code": fault, "message": "m"}, 400)

        with pytest.raises(errors.UpstreamError) as caught:
            come_back(make(), flow)
        assert type(caught.value) is refusal


class TestGovernmentDingTalk:
    """A government's DingTalk."""

    @pytest.fixture
    def officers(self, line):
        options = government_dingtalk.Options(app_key="ak", app_secret="sk", address="192.0.2.1")
        return government_dingtalk.KIND.build(options, line)

    def wrapped(self, data, outer=True, inner=True):
        return {"success": outer, "content": {"success": inner, "data": data}}

    def test_the_signature_covers_method_moment_nonce_path_and_sorted_parameters(self):
        text = "GET\n2026-01-01T20:00:00.000+08:00\n1234\n/gettoken.json\nappkey=ak&appsecret=sk"
        right = b64encode(hmac.new(b"sk", text.encode(), hashlib.sha256).digest()).decode()
        asked = {"appsecret": "sk", "appkey": "ak"}

        signed = government_dingtalk.sign(
            "sk", "GET", "2026-01-01T20:00:00.000+08:00", "1234", "/gettoken.json", asked
        )

        assert signed == right

    def test_an_officer_is_known_by_the_account(self, officers, flow, script):
        script.says(GOV_TOKEN, self.wrapped({"accessToken": "T", "expiresIn": 7200}))
        script.says(GOV_QR, self.wrapped({"accountId": 123, "employeeCode": "E1"}))

        officer = come_back(officers, flow)

        assert (officer.subject, officer.aliases) == ("123", ("E1",))
        asked = script.asked[1]
        assert asked.form == {"access_token": "T", "code": "C"}
        assert asked.headers["X-Hmac-Auth-IP"] == "192.0.2.1"
        assert asked.headers["X-Hmac-Auth-Signature"] == government_dingtalk.sign(
            "sk",
            "POST",
            asked.headers["X-Hmac-Auth-Timestamp"],
            asked.headers["X-Hmac-Auth-Nonce"],
            GOV_QR,
            asked.form,
        )

    def test_inside_the_app_another_method_takes_the_code(self, officers, flow, script):
        script.says(GOV_TOKEN, self.wrapped({"accessToken": "T"}))
        script.says(GOV_APP, self.wrapped({"accountId": "9"}))

        inside = replace(flow, surroundings=Surroundings.DINGTALK)

        assert come_back(officers, inside).subject == "9"
        assert script.asked[1].form["auth_code"] == "C"

    @pytest.mark.parametrize(("outer", "inner"), [(True, False), (False, True), (False, False)])
    def test_both_flags_of_success_must_say_so(self, officers, flow, script, outer, inner):
        script.says(GOV_TOKEN, self.wrapped({"accessToken": "T"}))
        script.says(GOV_QR, self.wrapped({"accountId": "9"}, outer, inner))

        with pytest.raises(errors.UpstreamCodeError):
            come_back(officers, flow)


class TestWeCom:
    """WeCom."""

    @pytest.fixture
    def members(self, line):
        options = wecom.Options(corp_id="ww1", agent_id="1000002", secret="s")
        return wecom.KIND.build(options, line)

    @pytest.mark.parametrize("spelling", ["userid", "UserId"])
    def test_a_member_is_known_within_the_organisation(self, members, flow, script, spelling):
        script.says(COM_TOKEN, {"errcode": 0, "access_token": "T"})
        script.says(COM_USER, {"errcode": 0, spelling: "lisi"})

        assert come_back(members, flow).subject == "ww1/lisi"

    def test_an_openid_instead_is_somebody_from_outside(self, members, flow, script):
        script.says(COM_TOKEN, {"errcode": 0, "access_token": "T"})
        script.says(COM_USER, {"errcode": 0, "OpenId": "o1"})

        with pytest.raises(errors.UpstreamAccountError):
            come_back(members, flow)

    def test_inside_the_app_nobody_scans(self, members, flow):
        url = members.depart(replace(flow, surroundings=Surroundings.WECOM)).url

        assert url.startswith("https://open.weixin.qq.com/connect/oauth2/authorize?appid=ww1&")
        assert url.endswith("#wechat_redirect")
        assert asked_of(members.depart(flow).url)["login_type"] == "CorpApp"

    @pytest.mark.parametrize(
        ("errcode", "refusal"),
        [(40029, errors.UpstreamCodeError), (40001, errors.UpstreamSetupError),
         (-1, errors.UpstreamAwayError), (7, errors.UpstreamAnswerError)],
    )  # fmt: skip
    def test_an_error_with_http_200_is_an_error(self, members, flow, script, errcode, refusal):
        script.says(COM_TOKEN, {"errcode": 0, "access_token": "T"})
        script.says(COM_USER, {"errcode": errcode, "errmsg": "m"})

        with pytest.raises(errors.UpstreamError) as caught:
            come_back(members, flow)
        assert type(caught.value) is refusal


class TestFeishu:
    """Feishu."""

    @pytest.fixture
    def make(self, line):
        def made(**further):
            options = feishu.Options(app_id="cli_1", app_secret="s", **further)
            return feishu.KIND.build(options, line)

        return made

    def script(self, script, **user):
        script.says(FEI_APP, {"code": 0, "app_access_token": "A"})
        script.says(FEI_TOKEN, {"code": 0, "data": {"access_token": "U"}})
        told = {"union_id": "on_1", "open_id": "ou_1", "name": "李四", "tenant_key": "t1"}
        script.says(FEI_USER, {"code": 0, "data": told | user})

    def test_a_member_comes_in_three_steps(self, make, flow, script):
        self.script(script)

        officer = come_back(make(), flow)

        assert (officer.subject, officer.aliases) == ("on_1", ("cli_1/ou_1",))
        assert [one.headers.get("Authorization") for one in script.asked] == [
            *(None, "Bearer A", "Bearer U"),
        ]

    def test_whoever_is_of_another_organisation_is_refused(self, make, flow, script):
        self.script(script, tenant_key="t2")

        with pytest.raises(errors.UpstreamAccountError):
            come_back(make(tenants=("t1",)), flow)

    @pytest.mark.parametrize(
        ("code", "refusal"),
        [(20007, errors.UpstreamCodeError), (10014, errors.UpstreamSetupError),
         (99991400, errors.UpstreamAwayError), (7, errors.UpstreamAnswerError),
         (None, errors.UpstreamAnswerError), (False, errors.UpstreamAnswerError)],
    )  # fmt: skip
    def test_an_error_with_http_200_is_an_error(self, make, flow, script, code, refusal):
        script.says(FEI_APP, {"code": code, "msg": "m"})

        with pytest.raises(errors.UpstreamError) as caught:
            come_back(make(), flow)
        assert type(caught.value) is refusal


@pytest.mark.parametrize(
    "kind", [dingtalk, government_dingtalk, wecom, feishu], ids=lambda m: m.KIND.name
)
def test_whoever_said_no_comes_back_without_a_code(kind, flow, line, script):
    needed = {name: "x" for name, field in kind.Options.model_fields.items() if field.is_required()}
    connector = kind.KIND.build(kind.Options(**needed), line)

    with pytest.raises(errors.UpstreamDeniedError):
        come_back(connector, flow, state=flow.state)
    assert script.asked == []
