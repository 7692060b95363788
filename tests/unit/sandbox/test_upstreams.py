"""The upstreams by themselves: their own signatures, their codes, their pages, their wires."""

import base64
import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from sandbox.addresses import UPSTREAMS, Country
from sandbox.crypto.rsa import PrivateKey, PublicKey
from sandbox.register import Register
from sandbox.upstreams import alipay_signatures as signatures
from sandbox.upstreams import assembly, credentials
from sandbox.upstreams.codes import CodeRefusedError, Codes, Why
from sandbox.upstreams.faults import MEANING, Fault
from sandbox.upstreams.wallets import holders
from tests.openssl import accepts, run

VECTORS = json.loads(
    (Path(__file__).parents[1] / "federation" / "vectors" / "alipay.json").read_text()
)
CALLBACK = "http://localhost:8000/federation/one/callback"


class World:
    """Every upstream, asked without a network."""

    def __init__(self, known):
        self.known = known
        self.register = Register.of_the_country()
        self.faults = assembly.switchboard()
        self.apps = assembly.build(self.register, self.faults, known, slow=0.01)

    def client(self, key):
        return self.apps[key].test_client()


@pytest.fixture(scope="module")
def known():
    return credentials.make()


@pytest.fixture
def world(known):
    return World(known)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rsa")
    private, public = folder / "key.pem", folder / "public.pem"
    run("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", private)
    public.write_bytes(run("pkey", "-in", private, "-pubout"))
    return folder, private, public


class TestRsa:
    """Our own arithmetic, against OpenSSL and the vendor's vectors."""

    def test_openssl_verifies_what_we_sign_and_we_what_it_signs(self, files):
        folder, private, public = files
        message = "参数=值&sign_type=RSA2".encode()
        key = PrivateKey.read(private.read_text())
        kept = folder / "signature"
        kept.write_bytes(key.sign(message))

        assert accepts("dgst", "-sha256", "-verify", public, "-signature", kept, given=message)
        theirs = run("dgst", "-sha256", "-sign", private, given=message)
        assert theirs == key.sign(message)
        assert PublicKey.read(public.read_text()).verify(message, theirs)

    def test_nothing_else_verifies(self, files):
        _, private, public = files
        key, reader = PrivateKey.read(private.read_text()), PublicKey.read(public.read_text())
        signature = key.sign(b"one")

        assert not reader.verify(b"two", signature)
        assert not reader.verify(b"one", signature[:-1])
        assert not reader.verify(b"one", b"\0" + signature)
        assert not reader.verify(b"one", bytes(256))
        assert not reader.verify(b"one", b"\xff" * 256)

    def test_both_forms_of_a_key_are_read(self, files):
        _, private, _ = files
        traditional = run("rsa", "-in", private, "-traditional").decode()

        assert PrivateKey.read(traditional) == PrivateKey.read(private.read_text())

    @pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda c: c["parameters"]["method"])
    def test_the_vendors_sdk_signs_as_we_do(self, case):
        """The vectors were made by the official SDK: a third hand beside the connector's."""
        key = PrivateKey.read(VECTORS["private_key"])

        assert signatures.content(case["parameters"]) == case["content"]
        assert signatures.sign(key, case["content"]) == case["sign"]
        assert signatures.verify(key.public, case["content"], case["sign"])
        assert not signatures.verify(key.public, case["content"] + " ", case["sign"])

    def test_the_vendors_sdk_enciphers_as_we_do(self):
        key = VECTORS["aes_key"]

        assert signatures.encipher(key, VECTORS["aes_plain"]) == VECTORS["aes_cipher"]
        assert signatures.decipher(key, VECTORS["aes_cipher"]) == VECTORS["aes_plain"]


class TestCodes:
    """Good once, and not for long."""

    def test_a_code_is_spent_once(self):
        codes = Codes(60, lambda: 0.0)
        code = codes.issue("what")
        assert codes.spend(code) == "what"

        with pytest.raises(CodeRefusedError) as refused:
            codes.spend(code)
        assert refused.value.why is Why.USED

    def test_a_code_grows_old(self):
        now = [0.0]
        codes = Codes(60, lambda: now[0])
        code = codes.issue("what")
        now[0] = 60.1

        with pytest.raises(CodeRefusedError) as refused:
            codes.spend(code)
        assert refused.value.why is Why.EXPIRED

    def test_lifetimes_are_those_of_the_real_ones(self):
        lifetimes = {one.key: one.code_lifetime for one in assembly.UPSTREAMS}

        assert lifetimes["wechat"] == 600
        assert lifetimes["essc"] == 60


class TestThePages:
    """A phone, a wallet, yes and no."""

    def ask(self, world, **changes):
        asked = {
            "appid": world.known["wechat"]["website_app_id"],
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "snsapi_login",
            "state": "s1",
            **changes,
        }
        return "/connect/qrconnect?" + urlencode(asked)

    def test_the_wallet_holds_everybody_and_is_remembered(self, world):
        client, url = world.client("wechat"), self.ask(world)
        page = client.get(url).text
        assert page.count('name="wallet"') == len(holders(world.register)) == 12
        back = client.post(url, data={"wallet": "wangyi", "decision": "allow"})
        assert (back.status_code, urlsplit(back.location).path) == (302, urlsplit(CALLBACK).path)

        again = client.get(url).text

        assert 'type="hidden" name="wallet" value="wangyi"' in again
        assert client.get(url + "&others=1").text.count('type="radio"') == 12

    def test_newcomers_at_the_counter_carry_a_phone_too(self, world):
        from datetime import date

        world.register.admit("陆小满", date(1995, 5, 20), female=True)

        assert "陆小满" in world.client("wechat").get(self.ask(world)).text

    def test_a_no_comes_back_without_a_code(self, world):
        back = world.client("wechat").post(
            self.ask(world), data={"wallet": "wangyi", "decision": "deny"}
        )

        assert dict(parse_qsl(urlsplit(back.location).query)) == {"state": "s1"}

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"appid": "wxnone"}, "10013"),
            ({"redirect_uri": "http://evil.example/"}, "10003"),
            ({"redirect_uri": "http://localhost:8000.evil.example/"}, "10003"),
            ({"redirect_uri": "javascript:alert(1)"}, "10003"),
            ({"scope": "snsapi_userinfo"}, "10005"),
            ({"response_type": "token"}, "10005"),
        ],
    )
    def test_whoever_asks_wrongly_is_led_nowhere(self, world, change, code):
        for method in ("get", "post"):
            form = {"data": {"wallet": "wangyi", "decision": "allow"}} if method == "post" else {}
            page = getattr(world.client("wechat"), method)(self.ask(world, **change), **form)

            assert page.status_code == 400
            assert "Location" not in page.headers
            assert re.search(f'id="refusal-code">{code}<', page.text)

    def test_the_page_inside_the_app_opens_nowhere_else(self, world):
        asked = self.ask(world, scope="snsapi_userinfo")
        asked = asked.replace(world.known["wechat"]["website_app_id"],
                              world.known["wechat"]["account_app_id"])  # fmt: skip
        asked = asked.replace("qrconnect", "oauth2/authorize")

        assert world.client("wechat").get(asked).status_code == 400
        inside = {"User-Agent": "MicroMessenger/8.0"}
        assert world.client("wechat").get(asked, headers=inside).status_code == 200

    def test_another_sites_form_decides_nothing(self, world):
        form = {"wallet": "wangyi", "decision": "allow"}
        page = world.client("wechat").post(
            self.ask(world), data=form, headers={"Origin": "http://evil"}
        )

        assert page.status_code == 403

    @pytest.mark.parametrize("form", [{}, {"wallet": "nobody", "decision": "allow"},
                                      {"wallet": "wangyi", "decision": "maybe"}])  # fmt: skip
    def test_a_form_that_says_nothing_is_refused(self, world, form):
        assert world.client("wechat").post(self.ask(world), data=form).status_code == 400

    @pytest.mark.parametrize("key", UPSTREAMS)
    def test_each_page_says_whose_protocol_it_is(self, world, key):
        page = world.client(key).get("/?lang=en").text

        ours = "the profile is our own" in page
        genuine = {one.key: one.genuine for one in assembly.UPSTREAMS}[key]
        assert ours is not genuine

    def test_every_fault_has_a_meaning_in_both_languages(self):
        assert set(MEANING) == set(Fault)
        assert all(both.zh and both.en for both in MEANING.values())


class TestTheWires:
    """What the tables of the vendors say, and the connectors' suite does not look at."""

    def test_wechat_answers_utf8_that_does_not_say_so(self, world):
        page = TestThePages()
        client, url = world.client("wechat"), page.ask(world)
        back = client.post(url, data={"wallet": "wangyi", "decision": "allow"})
        code = dict(parse_qsl(urlsplit(back.location).query))["code"]
        mine = world.known["wechat"]
        asked = {"appid": mine["website_app_id"], "secret": mine["website_secret"], "code": code}
        token = client.get("/sns/oauth2/access_token", query_string=asked)
        assert token.headers["Content-Type"] == "text/plain"
        told = json.loads(token.data)
        bearer = {"access_token": told["access_token"], "openid": told["openid"]}

        shown = client.get("/sns/userinfo", query_string=bearer)

        assert shown.headers["Content-Type"] == "text/plain"
        assert json.loads(shown.data.decode())["nickname"] == "𬱖然之风"
        assert json.loads(client.get("/sns/auth", query_string=bearer).data)["errcode"] == 0
        refreshed = client.get("/sns/oauth2/refresh_token", query_string={
            "appid": mine["website_app_id"], "refresh_token": told["refresh_token"]})  # fmt: skip
        assert json.loads(refreshed.data)["openid"] == told["openid"]
        replay = json.loads(client.get("/sns/oauth2/access_token", query_string=asked).data)
        assert replay["errcode"] == 40163
        assert re.fullmatch(r"code been used, rid: [0-9a-f]{8}(-[0-9a-f]{8}){2}", replay["errmsg"])

    @pytest.mark.parametrize(
        ("change", "errcode"),
        [
            ({"appid": ""}, 41002),
            ({"secret": ""}, 41004),
            ({"code": ""}, 41008),
            ({"appid": "wxnone"}, 40013),
            ({"secret": "wrong"}, 40125),
            ({}, 40029),
        ],
    )
    def test_wechat_numbers_each_fault(self, world, change, errcode):
        mine = world.known["wechat"]
        asked = {"appid": mine["website_app_id"], "secret": mine["website_secret"], "code": "none"}
        answer = world.client("wechat").get("/sns/oauth2/access_token", query_string=asked | change)

        assert (answer.status_code, json.loads(answer.data)["errcode"]) == (200, errcode)

    @pytest.mark.parametrize(
        ("change", "sub_code"),
        [
            ({"app_id": "2021"}, "isv.invalid-app-id"),
            ({"sign": ""}, "isv.missing-signature"),
            ({"code": "other"}, "isv.invalid-signature"),
            ({"sign_type": "RSA"}, "isv.invalid-signature"),
            ({}, "isv.invalid-timestamp"),
        ],
    )
    def test_alipay_looks_at_every_parameter(self, world, change, sub_code):
        mine = world.known["alipay"]
        asked = {"app_id": mine["app_id"], "method": "alipay.system.oauth.token", "code": "c",
                 "sign_type": "RSA2", "timestamp": "2020-01-01 00:00:00"}  # fmt: skip
        key = PrivateKey.read(mine["app_key"])
        asked["sign"] = signatures.sign(key, signatures.content(asked))

        answer = world.client("alipay").post("/gateway.do", data=asked | change).json

        assert answer["error_response"]["sub_code"] == sub_code


class TestScanning:
    """A card that scans a code on another screen: the profile's second way."""

    @pytest.fixture
    def ask(self, world):
        import time

        from sandbox.crypto.pem import read_key

        mine = world.known["essc"]
        key, client = read_key(mine["channel_key"]), world.client("essc")
        count = iter(range(1000))

        def post(path, **more):
            asked = {"access_id": mine["access_id"], "nonce": f"n{next(count)}",
                     "timestamp": str(int(time.time() * 1000)), **more}  # fmt: skip
            told = "&".join(f"{name}={asked[name]}" for name in sorted(asked))
            asked["sign"] = base64.b64encode(key.sign(told.encode())).decode()
            return client.post(path, json=asked).json

        post.client = client
        return post

    def test_new_scanned_confirmed_used(self, ask):
        made = ask("/api/v1/qr/create")["data"]
        assert made["content"] == f"essc:{made['qrid']}"
        assert made["expiresIn"] == "300"
        state = lambda: ask("/api/v1/qr/status", qrid=made["qrid"])["data"]  # noqa: E731
        assert state() == {"state": "NEW"}
        url = f"/phone/scan?{urlencode({'qr': made['content']})}"
        assert "allow" in ask.client.get(url).text
        assert state() == {"state": "SCANNED"}
        ask.client.post(url, data={"wallet": "chenyutong", "decision": "allow"})

        confirmed = state()

        assert confirmed["state"] == "CONFIRMED"
        assert state() == {"state": "USED"}
        card = ask("/api/v1/auth/token", authCode=confirmed["authCode"])["data"]
        assert (card["aac003"], card["busiSeq"]) == ("陈雨桐", made["qrid"])
        assert ask.client.get(url).status_code == 404

    def test_a_no_is_a_no(self, ask):
        made = ask("/api/v1/qr/create")["data"]
        url = f"/phone/scan?{urlencode({'qr': made['content']})}"
        ask.client.get(url)
        ask.client.post(url, data={"wallet": "chenyutong", "decision": "deny"})

        assert ask("/api/v1/qr/status", qrid=made["qrid"])["data"] == {"state": "CANCELLED"}

    def test_nobody_confirms_what_was_not_scanned(self, ask):
        made = ask("/api/v1/qr/create")["data"]
        form = {"wallet": "chenyutong", "decision": "allow"}

        for qr in (made["content"], made["qrid"], "essc:none"):
            url = f"/phone/scan?{urlencode({'qr': qr})}"
            assert ask.client.post(url, data=form).status_code == 400

    def test_a_code_grows_old(self, ask, monkeypatch):
        import time

        made = ask("/api/v1/qr/create")["data"]
        later = time.time() + 301
        monkeypatch.setattr("sandbox.upstreams.essc_api.time.time", lambda: later)
        asked = ask("/api/v1/qr/status", qrid=made["qrid"])

        assert asked["data"] == {"state": "EXPIRED"}

    def test_a_question_is_answered_once(self, ask, world):
        assert ask("/api/v1/qr/create", nonce="twice")["code"] == "0"
        assert ask("/api/v1/qr/create", nonce="twice")["code"] == "4003"
        world.faults.set("essc", Fault.NONCE_REPLAYED)
        assert ask("/api/v1/qr/create")["code"] == "4003"


def test_ports_lie_apart():
    country = Country(1000)
    ports = [country.upstream_port(key) for key in UPSTREAMS]

    assert ports[0] == 9120
    assert len(set(ports)) == len(ports)
    assert max(ports) < 9140
