"""The electronic social-security card, in our profile: OpenSSL stands for the platform."""

import json
import subprocess
from base64 import b64decode, b64encode
from urllib.parse import parse_qsl, urlsplit

import pytest

from federation.connectors import errors
from federation.connectors.essc import KIND, Options
from federation.connectors.ports import Arrival, Standing
from idp import clock
from idp.crypto import sm2, sm2_keys
from tests.openssl import Holder, run

TOKEN = "/api/v1/auth/token"
CARD = {
    "esscNo": "E1",
    "signNo": "5f" * 16,
    "aac002": "11010119900307002X",
    "aac003": "张三",
    "aac067": "13800138000",
    "aab301": "110101",
    "signLevel": "2",
    "signDate": "20240520",
    "validDate": "20340520",
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """The platform's key and certificate, made and used by OpenSSL alone."""
    return Holder(tmp_path_factory.mktemp("platform"), "platform")


@pytest.fixture(scope="module")
def channel(tmp_path_factory):
    return Holder(tmp_path_factory.mktemp("channel"), "channel")


@pytest.fixture
def options(platform, channel):
    public = run("pkey", "-in", platform.key, "-pubout").decode()
    return {
        "access_id": "essc1",
        "channel_no": "C9",
        "signing_key": channel.key.read_text(),
        "platform_key": public,
        "base_url": "https://card.example",
    }


@pytest.fixture
def essc(options, line):
    return KIND.build(Options(**options), line)


class Platform:
    """Answers as the platform does, to whatever was asked."""

    def __init__(self, holder, script):
        self.holder, self.script = holder, script
        self.data, self.changes, self.covered = dict(CARD), {}, "{nonce}\n{data}"

    def apart(self, **_):
        return self

    def request(self, method, url, *, headers=None, body=b"", timeout=None):
        asked = json.loads(body)
        raw = json.dumps(self.data, ensure_ascii=False, indent=1)
        covered = self.covered.format(nonce=asked["nonce"], data=raw)
        signature = b64encode(self.holder.sign(covered.encode())).decode()
        head = {"code": "0", "msg": "", "nonce": asked["nonce"], "sign": signature, **self.changes}
        text = json.dumps(head)[:-1] + f', "data": {raw}}}'
        self.script.answers.clear()
        self.script.says(TOKEN, text.encode())
        return self.script.request(method, url, headers=headers, body=body, timeout=timeout)


@pytest.fixture
def there(platform, options, script):
    """The platform, and a connector that speaks to it."""
    from federation.connectors.line import Line

    answering = Platform(platform, script)
    answering.connector = KIND.build(Options(**options), Line("essc", answering))
    return answering


def come_back(there, flow, **parameters):
    notes = there.connector.depart(flow).notes
    there.data.setdefault("busiSeq", notes["busiSeq"])
    arrival = Arrival(parameters=parameters or {"authCode": "A"})
    return there.connector.arrive(flow, notes, arrival)


def test_the_profile_says_that_it_is_ours():
    assert KIND.standing is Standing.OURS
    assert (KIND.icon, KIND.ial) == ("card", 3)


def test_the_way_there_is_signed_and_its_parameters_are_sealed(
    essc, flow, platform, channel, tmp_path
):
    departure = essc.depart(flow)
    url = urlsplit(departure.url)
    asked = dict(parse_qsl(url.query))

    assert url.path == "/h5/index"
    assert (asked["_api_name"], asked["_api_access_id"]) == ("auth", "essc1")
    assert abs(int(asked["_api_timestamp"]) - clock.epoch() * 1000) < 60_000
    assert (asked["redirect_uri"], asked["state"]) == (flow.redirect_uri, flow.state)
    inside = json.loads(platform.decrypt(b64decode(asked["security"])))
    assert inside == {"channelNo": "C9", "busiSeq": departure.notes["busiSeq"]}
    names = ("_api_access_id", "_api_name", "_api_timestamp", "security")
    text = "&".join(f"{name}={asked[name]}" for name in names)
    assert channel.verifies(text.encode(), b64decode(asked["_api_signature"]), tmp_path)


def test_no_two_ways_there_are_alike(essc, flow):
    assert essc.depart(flow).notes != essc.depart(flow).notes


def test_the_question_is_signed(there, flow, channel, script, tmp_path):
    come_back(there, flow)
    asked = json.loads(script.asked[0].body)
    signature = b64decode(asked.pop("sign"))

    assert sorted(asked) == ["access_id", "authCode", "nonce", "timestamp"]
    text = "&".join(f"{name}={asked[name]}" for name in sorted(asked))
    assert channel.verifies(text.encode(), signature, tmp_path)


def test_a_card_vouches_for_name_number_and_phone_at_its_level(there, flow):
    said = come_back(there, flow)

    assert (said.subject, said.aliases) == (CARD["signNo"], ("E1",))
    assert (said.real_name, said.id_number) == ("张三", "11010119900307002X")
    assert (said.phone, said.phone_verified) == ("13800138000", True)
    assert (said.ial, said.aal) == (3, 2)


def test_a_card_signed_for_without_a_face_is_worth_less(there, flow):
    there.data["signLevel"] = "1"

    assert come_back(there, flow).ial == 2


@pytest.mark.parametrize("level", ["3", "", "high"])
def test_a_level_that_the_profile_does_not_know_is_none(there, flow, level):
    there.data["signLevel"] = level

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(there, flow)


def test_a_card_whose_signing_has_run_out_is_nobodys(there, flow):
    there.data["validDate"] = "20240520"

    with pytest.raises(errors.UpstreamAccountError):
        come_back(there, flow)


def test_without_a_phone_none_is_verified(there, flow):
    there.data["aac067"] = ""
    said = come_back(there, flow)

    assert (said.phone, said.phone_verified) == (None, False)


@pytest.mark.parametrize("name", ["signNo", "aac002", "aac003", "signLevel", "validDate"])
def test_an_answer_that_leaves_out_what_matters_is_none(there, flow, name):
    there.data[name] = ""

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(there, flow)


@pytest.mark.parametrize(
    "covered", ["{nonce}\n{data} ", "other\n{data}", "{data}", "{nonce}\n{{}}"]
)
def test_an_answer_that_is_not_signed_for_this_question_is_none(there, flow, covered):
    there.covered = covered

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(there, flow)


@pytest.mark.parametrize("sign", ["", "AAAA", "no base64", 5])
def test_a_signature_that_is_none_is_refused(there, flow, sign):
    there.changes["sign"] = sign

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(there, flow)


def test_an_answer_to_another_question_is_none(there, flow):
    """A thief's authCode in a victim's callback names the number that the thief set out with."""
    there.data["busiSeq"] = "00" * 16

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(there, flow)


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        ("4010", errors.UpstreamCodeError),
        ("4011", errors.UpstreamCodeError),
        ("4012", errors.UpstreamCodeError),
        ("4003", errors.UpstreamSetupError),
        ("4004", errors.UpstreamSetupError),
        ("4290", errors.UpstreamAwayError),
        ("5000", errors.UpstreamAwayError),
        ("9999", errors.UpstreamAnswerError),
        ("", errors.UpstreamAnswerError),
    ],
)
def test_an_error_signs_nobody_in(there, flow, code, refusal):
    there.changes["code"] = code

    with pytest.raises(errors.UpstreamError) as caught:
        come_back(there, flow)
    assert type(caught.value) is refusal


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"code":"0","code":"0"}', b"\xff", b"{}"])
def test_what_is_no_answer_signs_nobody_in(essc, flow, script, body):
    script.says(TOKEN, body)
    notes = essc.depart(flow).notes

    with pytest.raises(errors.UpstreamAnswerError):
        essc.arrive(flow, notes, Arrival(parameters={"authCode": "A"}))


def test_whoever_said_no_comes_back_without_a_code(essc, flow, script):
    with pytest.raises(errors.UpstreamDeniedError):
        essc.arrive(flow, {}, Arrival(parameters={"state": flow.state}))
    assert script.asked == []


@pytest.mark.parametrize("fault", [{"signing_key": "none"}, {"platform_key": "none"}])
def test_a_key_that_is_none_is_told_as_a_fault_of_the_setup(options, line, fault):
    with pytest.raises(errors.UpstreamSetupError):
        KIND.build(Options(**{**options, **fault}), line)


def test_a_probe_is_content_with_being_known(there):
    there.changes["code"] = "4010"
    there.connector.probe()

    there.changes["code"] = "4004"
    with pytest.raises(errors.UpstreamSetupError):
        there.connector.probe()


def test_a_public_key_is_read_as_openssl_writes_it(options, platform):
    key = sm2_keys.load_public_key(options["platform_key"])
    assert key.verifies(b"hello", platform.sign(b"hello"))

    other = subprocess.run(
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkey -pubout",
        shell=True, capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    for none in (other, options["platform_key"][:60], "", platform.certificate.read_text()):
        with pytest.raises(sm2.ShangmiError):
            sm2_keys.load_public_key(none)
