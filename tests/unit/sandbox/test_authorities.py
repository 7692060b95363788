"""Every authority knows the people, believes nobody unsigned, and breaks on demand."""

import re
import threading
import time
from datetime import date

import pytest

from sandbox import offices
from sandbox.addresses import AUTHORITIES, Country
from sandbox.authorities.assembly import OFFICES, build, switchboard
from sandbox.authorities.credentials import make
from sandbox.authorities.faults import Fault
from sandbox.people import everyone
from sandbox.register import Register
from sandbox.register.contents import enterprises
from tests.unit.sandbox.callers import ASK, JPEG, Caller, told

CREDENTIALS = make()
CHEN = everyone()[0]
FIRM = enterprises()[0]
KNOWN = dict.fromkeys(AUTHORITIES, (CHEN.name, CHEN.id_number)) | {
    "legal_person_gateway": (FIRM.name, FIRM.credit_code),
    "immigration": (CHEN.name, "EA0000011"),
}
SAME = {
    "ctid": "0XXX",
    "aliyun": "1",
    "tencent": "0",
    "population_gateway": "陈雨桐/0",
    "legal_person_gateway": f"03/{FIRM.state}",
    "social_security_gateway": "1",
    "immigration": "1",
}
SKEWS = {"aliyun": 900, "tencent": 300}


class Country7:
    """The seven authorities, in one process and without a network."""

    def __init__(self, register=None):
        self.switchboard = switchboard()
        self.register = register or Register.of_the_country()
        self.apps = build(self.register, self.switchboard, CREDENTIALS)

    def caller(self, key, ago=0.0):
        return Caller(self.apps[key].test_client(), CREDENTIALS[key], time.time() - ago)

    def ask(self, key, *question, ago=0.0, **more):
        return ASK[key](self.caller(key, ago), *(question or KNOWN[key]), **more)

    def word(self, key, *question, **more):
        return told(key, self.ask(key, *question, **more))


@pytest.fixture
def land():
    return Country7()


every_authority = pytest.mark.parametrize("key", AUTHORITIES)


@every_authority
def test_a_question_that_is_so_is_so(land, key):
    assert land.word(key) == SAME[key]


@every_authority
def test_each_has_a_page_for_people_that_says_what_it_is(land, key):
    """The wire is true to a published one, or it is ours: the page must not leave it open."""
    land.ask(key)
    for lang, genuine, own in (
        ("en", "True to the published interface", "the profile is our own"),
        ("zh-CN", "真实接口", "自拟的格式"),
    ):
        page = land.apps[key].test_client().get(f"/?lang={lang}").text
        ours = key in ("social_security_gateway", "immigration")
        assert (genuine in page, own in page) == (not ours, ours)
        assert 'id="journal"' in page


@every_authority
def test_the_page_shows_no_whole_name_or_number(land, key):
    land.ask(key)

    page = land.apps[key].test_client().get("/").text

    assert CHEN.id_number not in page
    assert CHEN.name not in page


@every_authority
def test_the_page_keeps_twenty_questions(land, key):
    for _ in range(23):
        land.ask(key)

    page = land.apps[key].test_client().get("/").text

    assert len(re.findall("<tr><td><time>", page)) == 20


@every_authority
@pytest.mark.parametrize("sign", [1, -1])
def test_a_clock_that_goes_wrong_is_refused(land, key, sign):
    """A little skew is forgiven, more is not, in either direction."""
    skew = SKEWS.get(key, 600)

    assert land.word(key, ago=sign * (skew - 20)) == SAME[key]
    late = land.ask(key, ago=sign * (skew + 20))

    assert told(key, late) in {
        "时间戳超出范围", "InvalidTimeStamp.Expired", "AuthFailure.SignatureExpire", "401",
        "4003", "1003",
    }  # fmt: skip


@every_authority
def test_another_secret_is_refused(land, key):
    caller = land.caller(key)
    caller.secrets = make()[key] | {
        word: value
        for word, value in CREDENTIALS[key].items()
        if "secret" not in word and word not in ("customer_key", "secret_key")
    }
    for word in ("secret_id", "access_key_id", "app_id", "access_id", "requester"):
        if word in CREDENTIALS[key]:
            caller.secrets[word] = CREDENTIALS[key][word]

    assert told(key, ASK[key](caller, *KNOWN[key])) in {
        "签名验证失败", "SignatureDoesNotMatch", "AuthFailure.SignatureFailure", "401", "4003",
        "1003",
    }  # fmt: skip


@pytest.mark.parametrize("key", ["ctid", "aliyun", "social_security_gateway", "immigration"])
def test_a_question_sent_twice_is_refused_where_the_wire_can_tell(land, key, monkeypatch):
    """Nonces; Tencent's and the exchange's wires have none."""
    sent = []
    post = Caller.post
    monkeypatch.setattr(Caller, "post", lambda *args: sent.append(args) or post(*args))
    land.ask(key)

    again = post(*sent[0])

    assert told(key, again) in {"重复的请求", "SignatureNonceUsed", "4003", "1003"}


@pytest.mark.parametrize("key", ["ctid", "aliyun", "tencent"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"bizPackage":1,"sign":"x"}'])
def test_what_is_no_question_is_refused(land, key, body):
    answer = land.caller(key).post("/apply" if key == "ctid" else "/", body)

    assert answer.status_code in (200, 400)
    assert answer.get_json()


# What a fault makes of a question whose honest answer is "it is so".
# fmt: off
WIRES = {
    "ctid": {
        "no_record": "身份信息不在库", "mismatch": "5XXX", "deceased": "人员已死亡",
        "error_in_200": "系统内部错误", "rate_limit": "认证次数耗尽",
    },
    "aliyun": {
        "no_record": "3", "mismatch": "2", "deceased": "3", "error_in_200": "500",
        "rate_limit": "Throttling.User", "bad_signature": "SignatureDoesNotMatch",
        "stale": "InvalidTimeStamp.Expired",
    },
    "tencent": {
        "no_record": "-5", "mismatch": "-1", "deceased": "-5", "error_in_200": "InternalError",
        "rate_limit": "RequestLimitExceeded", "bad_signature": "AuthFailure.SignatureFailure",
        "stale": "AuthFailure.SignatureExpire",
    },
    "population_gateway": {
        "no_record": "", "mismatch": "某某某/0", "deceased": "陈雨桐/1", "error_in_200": "500",
        "rate_limit": "429", "bad_signature": "401", "stale": "401",
    },
    "legal_person_gateway": {
        "no_record": "01/", "mismatch": f"02/{FIRM.state}", "deceased": "03/注销",
        "error_in_200": "500", "rate_limit": "429", "bad_signature": "401", "stale": "401",
    },
    "social_security_gateway": {
        "no_record": "3", "mismatch": "2", "deceased": "3", "error_in_200": "5000",
        "rate_limit": "4290", "stale": "4003",
    },
    "immigration": {
        "no_record": "3", "mismatch": "2", "deceased": "3", "error_in_200": "9999",
        "rate_limit": "1029", "stale": "1003",
    },
}
# fmt: on
EVERY_WORD = [(key, fault, word) for key, row in WIRES.items() for fault, word in row.items()]


@pytest.mark.parametrize(("key", "fault", "word"), EVERY_WORD)
def test_a_fault_speaks_the_wire_of_its_authority(land, key, fault, word):
    land.switchboard.set(key, fault)

    assert land.word(key) == word

    land.switchboard.set(key, None)
    assert land.word(key) == SAME[key]


@every_authority
def test_a_broken_server_says_so_by_status(land, key):
    land.switchboard.set(key, Fault.ERROR_5XX)

    assert land.ask(key).status_code == 503


@every_authority
def test_garbage_is_a_web_page_where_json_belongs(land, key):
    land.switchboard.set(key, Fault.GARBAGE)

    answer = land.ask(key)

    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert answer.get_json(silent=True) is None


@every_authority
def test_a_truncated_answer_breaks_off(land, key):
    land.switchboard.set(key, Fault.TRUNCATED)

    answer = land.ask(key)

    assert answer.status_code == 200
    assert answer.data.startswith(b"{")
    assert answer.get_json(silent=True) is None


@every_authority
def test_a_slow_authority_holds_up_nobody_else(land, key, monkeypatch):
    """One that sleeps answers in the end; another answers meanwhile."""
    asleep, wake = threading.Event(), threading.Event()
    monkeypatch.setattr(offices.time, "sleep", lambda _: (asleep.set(), wake.wait(20)))
    land.switchboard.set(key, Fault.SLOW)
    other = next(k for k in AUTHORITIES if k != key)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(land.word(key)))
    waiting.start()

    assert asleep.wait(10)
    assert land.word(other) == SAME[other]
    assert answers == []
    wake.set()
    waiting.join(timeout=10)

    assert answers == [SAME[key]]


def test_slow_means_ten_seconds(land, monkeypatch):
    naps = []
    monkeypatch.setattr(offices.time, "sleep", naps.append)
    land.switchboard.set("aliyun", Fault.SLOW)

    assert land.word("aliyun") == "1"
    assert naps == [10.0]


@every_authority
def test_the_page_answers_whatever_is_wrong(land, key):
    for fault in land.switchboard.possible[key]:
        land.switchboard.set(key, fault)
        client = land.apps[key].test_client()
        assert f'data-fault="{fault}"' in client.get("/").text
        assert client.get("/healthz").status_code == 200


def test_every_fault_of_every_authority_is_tested_here():
    by_status = {"slow", "error_5xx", "garbage", "truncated"}
    faces = {"no_photo", "other_face", "grey_face"}
    elsewhere = faces | {"bad_signature", "stale", "wrong_serial"}
    for each in OFFICES:
        assert set(each.faults) <= set(WIRES[each.key]) | by_status | elsewhere


def test_the_ports_are_those_of_the_map():
    ports = [Country().authority_port(key) for key in AUTHORITIES]

    assert ports == list(range(8110, 8117))
    assert {each.key for each in OFFICES} == set(AUTHORITIES)


def test_whoever_comes_to_the_counter_is_known_everywhere(land):
    newcomer = land.register.admit("新来的", date(1999, 9, 9), female=True)

    for key in ("ctid", "aliyun", "tencent", "social_security_gateway"):
        assert land.word(key, newcomer.name, newcomer.id_number) == SAME[key]
    assert land.word("population_gateway", "", newcomer.id_number) == "新来的/0"


def test_nobody_has_a_portrait_yet(land):
    assert land.word("ctid", mode="0x42", photo=JPEG) == "库中无人像"
    answer = land.word("tencent", action="ImageRecognitionV2", ImageBase64=JPEG)
    assert answer == "FailedOperation.IdPhotoNoExist"
    face = land.ask("aliyun", action="Id3MetaVerify", FacePicture=JPEG).get_json()
    assert face["ResultObject"] == {"BizCode": "3", "SubCode": "203"}
    assert land.ask("immigration", photo=JPEG).get_json()["data"]["photo"] == "NONE"
