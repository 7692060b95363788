"""CTID, asked over loopback; the authority here signs and opens with OpenSSL, not with our code."""

import json
import threading
from base64 import b64decode
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.authorities import CtidSettings
from config.rooms import OutboundSettings
from config.schema import SettingsError
from idp import clock
from idp.registry.ports import AuthorityError, RateLimitedError, UnsupportedQueryError
from idp.registry.queries import PersonQuery, Validity
from idp.registry.remote import signed_json
from idp.registry.remote.ctid import Ctid
from idp.registry.results import Result
from idp.web.outbound import Answer, Outbound, OutboundFailedError
from tests import openssl

CUSTOMER, APP = "manyou01", "漫游"
NAME, NUMBER = "张三", "11010119900307002X"
JPEG = b"\xff\xd8\xff\xe0 a portrait"
TERM = Validity(date(2015, 1, 1), date(2035, 1, 1))
ASKED = PersonQuery(name=NAME, id_number=NUMBER)


def _time(late=0):
    moment = datetime.now(clock.SHANGHAI) + timedelta(seconds=late)
    return moment.strftime("%Y%m%d%H%M%S%f")[:17]


class Authority(ThreadingHTTPServer):
    """The other side of the two steps; *first* and *second* alter what it answers."""

    daemon_threads = True

    def __init__(self, keys, directory):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.directory = directory
        self.customer, self.signer, self.recipient, self.stranger = keys
        self.serials = 0
        self.reset()

    def reset(self):
        self.heard, self.opened = [], []
        self.first, self.second = {}, {}
        self.late = 0
        self.status = 200
        self.sign = self.signer.signed_data
        self.write = _body

    def answer(self, path, body):
        asked = json.loads(body)
        octets = signed_json.read(body)["bizPackage"][1]
        signature = b64decode(asked["sign"], validate=True)
        assert self.customer.verifies_signed_data(signature, octets, self.directory)
        package = asked["bizPackage"]
        self.heard.append((path, package))
        said = {"success": True, "errorDesc": "", "appName": APP, "timeStamp": _time(self.late)}
        if path == "/apply":
            self.serials += 1
            said |= {"businessSerialNumber": f"45A12A9D{self.serials:08}", "randomNumber": "REE0"}
            said |= {"customerNumber": CUSTOMER, **self.first}
        else:
            sealed = b64decode(package["authApplyRetainData"], validate=True)
            self.opened.append(json.loads(self.recipient.open_envelope(sealed)))
            said |= {"businessSerialNumber": package["businessSerialNumber"], "authResult": "0XXX"}
            said |= {"customNumber": CUSTOMER, **self.second}
        spoken = json.dumps(said, ensure_ascii=False, indent=1).encode()
        return self.write(spoken, openssl.text_of(self.sign(spoken)))


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.answer(self.path, body)
        self.send_response(self.server.status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *words):
        pass


def _body(package, sign):
    return b'{ "sign" : "' + sign.encode() + b'",\n "bizPackage" : ' + package + b" }\n"


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("ctid")


@pytest.fixture(scope="module")
def keys(directory):
    names = ("customer", "signer", "recipient", "stranger")
    return tuple(openssl.Holder(directory, name) for name in names)


@pytest.fixture(scope="module")
def listening(keys, directory):
    server = Authority(keys, directory)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def authority(listening):
    listening.reset()
    return listening


def _settings(keys, port=9, **other):
    customer, signer, recipient, _ = keys
    given = {
        "base_url": f"http://127.0.0.1:{port}/",
        "customer_number": CUSTOMER,
        "app_name": APP,
        "signing_key": customer.key.read_text(),
        "certificate": customer.certificate.read_text(),
        "authority_certificate": signer.certificate.read_text(),
        "envelope_certificate": recipient.certificate.read_text(),
    }
    return CtidSettings.model_validate(given | other)


@pytest.fixture
def ctid(keys, authority):
    outbound = Outbound(OutboundSettings(allow=("127.0.0.0/8",)))
    return Ctid(_settings(keys, authority.server_port), outbound)


def test_name_and_number_that_belong_together(ctid, authority):
    """Two signed steps; the identity travels in the envelope, and nowhere else."""
    verdict = ctid.check(ASKED)

    (_, applied), (_, asked) = authority.heard
    assert verdict.result is Result.MATCH
    assert (verdict.source, verdict.reference) == ("ctid", asked["businessSerialNumber"])
    assert [path for path, _ in authority.heard] == ["/apply", "/authentication"]
    assert list(applied) == [
        *("customerNumber", "appName", "timeStamp", "cardReaderVersion"),
        *("liveDetectionControlVersion", "authCodeControlVersion", "authMode"),
    ]
    assert list(asked) == [
        *("customNumber", "appName", "timeStamp", "businessSerialNumber", "authMode", "photoData"),
        *("authCode", "idcardAuthData", "authApplyRetainData"),
    ]
    assert applied["customerNumber"] == asked["customNumber"] == CUSTOMER
    assert (asked["authMode"], asked["photoData"]) == ("0x40", "")
    assert NAME not in json.dumps(authority.heard, ensure_ascii=False)
    assert NUMBER not in json.dumps(authority.heard)


def test_the_envelope_holds_the_identity_as_the_authority_spells_it(ctid, authority):
    """Dots become U+00B7, spaces go, x is a capital; times are Beijing's."""
    ctid.check(PersonQuery(name="阿布都 •艾山", id_number="11010119900307002x"))

    (opened,) = authority.opened
    (_, applied), _ = authority.heard
    assert opened["sFXX"] == {
        "xM": "阿布都·艾山", "gMSFZHM": NUMBER, "yXQQSRQ": "", "yXQJZRQ": "",
    }  # fmt: skip
    assert opened["wZXX"].keys() == {"businessType", "dealDate", "venderName"}
    assert opened["zP"] == {}
    for said in (opened["wZXX"]["dealDate"], applied["timeStamp"]):
        assert abs(int(said) - int(_time())) < 100_000


@pytest.mark.parametrize(
    ("query", "mode", "term", "answer"),
    [
        (ASKED, "0x40", ("", ""), "0XXX"),
        (PersonQuery(name=NAME, id_number=NUMBER, validity=TERM), "0x10",
         ("20150101", "20350101"), "0XXX"),
        (PersonQuery(name=NAME, id_number=NUMBER, validity=Validity(date(2015, 1, 1), None)),
         "0x10", ("20150101", "00000000"), "0XXX"),
        (PersonQuery(name=NAME, id_number=NUMBER, portrait=JPEG), "0x42", ("", ""), "00XX"),
        (PersonQuery(name=NAME, id_number=NUMBER, validity=TERM, portrait=JPEG), "0x12",
         ("20150101", "20350101"), "00XX"),
    ],
)  # fmt: skip
def test_elements_decide_the_mode(ctid, authority, query, mode, term, answer):
    authority.second = {"authResult": answer}

    verdict = ctid.check(query)

    (_, applied), (_, asked) = authority.heard
    assert verdict.result is Result.MATCH
    assert applied["authMode"] == asked["authMode"] == mode
    assert b64decode(asked["photoData"]) == (query.portrait or b"")
    told = authority.opened[0]["sFXX"]
    assert (told["yXQQSRQ"], told["yXQJZRQ"]) == term


@pytest.mark.parametrize(
    ("portrait", "said", "result"),
    [
        (False, {"authResult": "5XXX"}, Result.MISMATCH),
        (True, {"authResult": "5XXX"}, Result.MISMATCH),
        (True, {"authResult": "50XX"}, Result.MISMATCH),
        (True, {"authResult": "55XX"}, Result.MISMATCH),
        (True, {"authResult": "05XX"}, Result.FACE_MISMATCH),
        (False, {"authResult": "5XXX", "errorDesc": "身份信息不一致"}, Result.MISMATCH),
        (True, {"authResult": "0XXX", "errorDesc": "人像:库中无人像"}, Result.NO_PHOTO),
        (True, {"authResult": "00XX", "errorDesc": "库中无人像"}, Result.NO_PHOTO),
        (True, {"authResult": "05XX", "errorDesc": "非同一人"}, Result.FACE_MISMATCH),
        (True, {"success": False, "errorDesc": "人像质量不合格"}, Result.BAD_INPUT),
        (True, {"success": False, "errorDesc": "人像非JPEG"}, Result.BAD_INPUT),
        (False, {"success": False, "errorDesc": "身份信息不在库"}, Result.NO_RECORD),
        (False, {"authResult": "5XXX", "errorDesc": "库中无此号"}, Result.NO_RECORD),
        (False, {"success": False, "errorDesc": "次数耗尽"}, Result.RATE_LIMITED),
        (False, {"success": False, "errorDesc": "参数错误"}, Result.BAD_INPUT),
        (False, {"success": False, "errorDesc": "身份信息无效"}, Result.BAD_INPUT),
    ],
)
def test_answers_are_told_in_our_words(ctid, authority, portrait, said, result):
    authority.second = {"authResult": "XXXX", **said}

    verdict = ctid.check(
        PersonQuery(name=NAME, id_number=NUMBER, portrait=JPEG if portrait else None)
    )

    assert verdict.result is result
    assert verdict.reference


@pytest.mark.parametrize(
    ("words", "reason"), [("人员已死亡", "deceased"), ("户口已注销", "cancelled")]
)
def test_who_is_dead_or_gone_has_no_record(ctid, authority, words, reason):
    authority.second = {"success": False, "authResult": "XXXX", "errorDesc": words}

    verdict = ctid.check(ASKED)

    assert (verdict.result, verdict.reason) == (Result.NO_RECORD, reason)


def test_a_rare_name_that_differs_is_nobodys_fraud(ctid, authority):
    """A private-use character may be another one at the authority (GB 18030-2022)."""
    authority.second = {"authResult": "5XXX"}

    verdict = ctid.check(PersonQuery(name="张\ue000", id_number=NUMBER))

    assert (verdict.result, verdict.reason) == (Result.NO_RECORD, "name_rare")


def test_telephones_are_for_another_source(ctid, authority):
    with pytest.raises(UnsupportedQueryError):
        ctid.check(PersonQuery(name=NAME, id_number=NUMBER, phone="+8613800138000"))

    assert authority.heard == []


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("first", {"success": False}),
        ("first", {"success": "true"}),
        ("first", {"errorDesc": "参数错误"}),
        ("first", {"errorDesc": "系统繁忙"}),
        ("first", {"businessSerialNumber": ""}),
        ("first", {"businessSerialNumber": 7}),
        ("first", {"businessSerialNumber": "1\n2"}),
        ("first", {"customerNumber": "somebody"}),
        ("first", {"timeStamp": _time(-301)}),
        ("first", {"timeStamp": _time(3600)}),
        ("first", {"timeStamp": "20260230120000000"}),
        ("first", {"timeStamp": None}),
        ("second", {"success": False}),
        ("second", {"success": 1}),
        ("second", {"success": None}),
        ("second", {"authResult": "XXXX"}),
        ("second", {"authResult": "00XX"}),
        ("second", {"authResult": "0XX"}),
        ("second", {"authResult": ["0XXX"]}),
        ("second", {"authResult": None}),
        ("second", {"errorDesc": "认证服务异常"}),
        ("second", {"errorDesc": "人像不一致"}),
        ("second", {"errorDesc": "库中无人像"}),
        ("second", {"errorDesc": "库中无此号，次数耗尽"}),
        ("second", {"errorDesc": 5}),
        ("second", {"businessSerialNumber": "45A12A9D"}),
        ("second", {"timeStamp": _time(-301)}),
        ("second", {"customNumber": "somebody"}),
        ("second", {"appName": "别的应用"}),
    ],
)
def test_what_is_unclear_is_no_answer(ctid, authority, step, said):
    """Stale, somebody else's, contradictory or unknown: never a match, never a refusal."""
    setattr(authority, step, said)

    with pytest.raises(AuthorityError):
        ctid.check(ASKED)


def test_a_portrait_that_was_sent_must_have_been_looked_at(ctid, authority):
    authority.second = {"authResult": "0XXX"}

    with pytest.raises(AuthorityError):
        ctid.check(PersonQuery(name=NAME, id_number=NUMBER, portrait=JPEG))


@pytest.mark.parametrize(
    ("words", "result"), [("人像数据有误", Result.BAD_INPUT), ("次数耗尽", Result.RATE_LIMITED)]
)
def test_a_refusal_need_not_name_the_question(ctid, authority, words, result):
    """Nothing is learned from it, so nobody gains by playing an old one back."""
    authority.second = {"success": False, "errorDesc": words, "businessSerialNumber": None}
    query = PersonQuery(name=NAME, id_number=NUMBER, portrait=JPEG)

    assert ctid.check(query).result is result


@pytest.mark.parametrize("words", ["身份信息不在库", "身份信息不一致", ""])
def test_a_finding_names_the_question(ctid, authority, words):
    authority.second = {"errorDesc": words, "businessSerialNumber": None}

    with pytest.raises(AuthorityError):
        ctid.check(ASKED)


def test_tries_that_are_used_up_are_not_a_failure(ctid, authority):
    authority.first = {"success": False, "errorDesc": "次数耗尽"}
    with pytest.raises(RateLimitedError):
        ctid.check(ASKED)

    authority.reset()
    authority.status = 429
    with pytest.raises(RateLimitedError):
        ctid.check(ASKED)


@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_another_status_is_no_answer(ctid, authority, status):
    authority.status = status

    with pytest.raises(AuthorityError):
        ctid.check(ASKED)


def test_nobody_there_is_a_failure(keys):
    outbound = Outbound(OutboundSettings(allow=("127.0.0.0/8",)))

    with pytest.raises(OutboundFailedError):
        Ctid(_settings(keys), outbound).check(ASKED)


def test_only_the_authority_may_sign(ctid, authority):
    authority.sign = authority.stranger.signed_data

    with pytest.raises(AuthorityError):
        ctid.check(ASKED)


def test_a_signature_is_over_the_bytes_as_they_stand(ctid, authority):
    """What means the same when parsed is still not what was signed."""
    authority.write = lambda package, sign: _body(package.replace(b"\n", b""), sign)

    with pytest.raises(AuthorityError):
        ctid.check(ASKED)


@pytest.mark.parametrize(
    "write",
    [
        lambda package, sign: _body(package, ""),
        lambda package, sign: _body(package, "%%%"),
        lambda package, sign: b'{"bizPackage":' + package + b"}",
        lambda package, sign: b'{"bizPackage":' + package + b',"sign":null}',
        lambda package, sign: b'{"bizPackage":' + package + b',"sign":["' + sign.encode() + b'"]}',
        lambda package, sign: json.dumps({"bizPackage": package.decode(), "sign": sign}).encode(),
        lambda package, sign: _body(package, sign) + b"{}",
        lambda package, sign: _body(package, sign)[:-3],
        lambda package, sign: b"\xef\xbb\xbf" + _body(package, sign),
        lambda package, sign: _body(package, sign)[:-2] + b',"bizPackage":{}}',
        lambda package, sign: b"[" * 50_000,
        lambda package, sign: b'{"bizPackage":' + b"[" * 50_000,
        lambda package, sign: b"<html>",
        lambda package, sign: b"",
        lambda package, sign: bytes(300_000),
        lambda package, sign: _body(package, sign).decode().encode("gb18030"),
    ],
)
def test_garbled_answers_are_no_answers(ctid, authority, write):
    authority.write = write

    with pytest.raises(OutboundFailedError):
        ctid.check(ASKED)


def test_signatures_broken_into_lines_are_read(ctid, authority):
    """Java's encoder breaks base64 after 76 characters."""
    authority.write = lambda package, sign: _body(package, sign[:76] + "\\r\\n" + sign[76:])

    assert ctid.check(ASKED).result is Result.MATCH


def test_a_name_twice_in_the_package_is_garbled(ctid, authority):
    """The signer and we could read it differently."""
    plain = authority.sign
    doubled = {}

    def sign(package):
        doubled["package"] = package[:-1] + b', "authResult": "0XXX"}'
        return plain(doubled["package"])

    authority.second = {"authResult": "5XXX"}
    authority.sign = sign
    authority.write = lambda package, signed: _body(doubled["package"], signed)

    with pytest.raises(AuthorityError):
        ctid.check(ASKED)


class Replay:
    """A line on which somebody plays back what was once answered."""

    def __init__(self, *bodies):
        self.bodies = list(bodies)

    def request(self, method, url, **rest):
        return Answer(200, {}, self.bodies.pop(0))


def _answers(authority, **said):
    """Return both answers to one question, as they went over the wire."""
    taken = []

    def write(package, sign):
        taken.append(_body(package, sign))
        return taken[-1]

    authority.reset()
    authority.second, authority.write = said, write
    return taken


@pytest.fixture(scope="module")
def recorded(keys, listening):
    """A pair of answers that say MATCH, and a pair that say MISMATCH."""
    pairs = {}
    for code in ("0XXX", "5XXX"):
        taken = _answers(listening, authResult=code)
        outbound = Outbound(OutboundSettings(allow=("127.0.0.0/8",)))
        Ctid(_settings(keys, listening.server_port), outbound).check(ASKED)
        pairs[code] = tuple(taken)
    return pairs


def test_answers_come_once(keys, recorded):
    """Two genuine, fresh answers about one person are none about the next."""
    match = recorded["0XXX"]
    ctid = Ctid(_settings(keys), Replay(*match, *match))

    assert ctid.check(ASKED).result is Result.MATCH
    with pytest.raises(AuthorityError):
        ctid.check(PersonQuery(name="李四", id_number=NUMBER))


def test_an_answer_belongs_to_its_application(keys, recorded):
    crossed = (recorded["5XXX"][0], recorded["0XXX"][1])

    with pytest.raises(AuthorityError):
        Ctid(_settings(keys), Replay(*crossed)).check(ASKED)


@pytest.mark.parametrize("late", [295, 301])
def test_an_answer_turns_stale(keys, recorded, monkeypatch, late):
    """Clocks differ, and recordings age: five minutes are enough."""
    said = signed_json.read(recorded["0XXX"][1])["bizPackage"][0]["timeStamp"]
    spoken = datetime.strptime(said + "000+0800", "%Y%m%d%H%M%S%f%z").timestamp()
    monkeypatch.setattr(clock, "_source", lambda: spoken + late)
    ctid = Ctid(_settings(keys), Replay(*recorded["0XXX"]))

    if late < 300:
        assert ctid.check(ASKED).result is Result.MATCH
    else:
        with pytest.raises(AuthorityError):
            ctid.check(ASKED)


@st.composite
def _splices(draw, body):
    """Return *body* with some bytes replaced, taken out or put in."""
    begin = draw(st.integers(0, len(body) - 1))
    end = draw(st.integers(begin, min(len(body), begin + 12)))
    put = draw(st.binary(max_size=12) | st.sampled_from([b'"', b"true", b"{", b",", b"\\", b" "]))
    return body[:begin] + put + body[end:]


@st.composite
def _verdicts_rewritten(draw, body):
    """Return *body* with another authResult."""
    begin = body.index(b'"authResult": "') + len(b'"authResult": "')
    put = "".join(draw(st.lists(st.sampled_from("05X"), min_size=4, max_size=4)))
    return body[:begin] + draw(st.just(b"0XXX") | st.just(put.encode())) + body[begin + 4 :]


def _mutations(body):
    return _splices(body) | _verdicts_rewritten(body)


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_mutation_of_a_mismatch_is_a_match(keys, recorded, data):
    first, second = recorded["5XXX"]
    altered = data.draw(_mutations(second))

    try:
        verdict = Ctid(_settings(keys), Replay(first, altered)).check(ASKED)
    except AuthorityError:
        return
    assert verdict.result is Result.MISMATCH


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_match_that_was_altered_stays_one_only_beside_what_was_signed(keys, recorded, data):
    first, second = recorded["0XXX"]
    altered = data.draw(_mutations(second))

    try:
        verdict = Ctid(_settings(keys), Replay(first, altered)).check(ASKED)
    except AuthorityError:
        return
    assert verdict.result is Result.MATCH
    assert signed_json.read(altered)["bizPackage"] == signed_json.read(second)["bizPackage"]


def test_a_result_written_over_is_not_believed(keys, recorded):
    first, second = recorded["5XXX"]

    forged = second.replace(b"5XXX", b"0XXX")

    with pytest.raises(AuthorityError):
        Ctid(_settings(keys), Replay(first, forged)).check(ASKED)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signing_key", ""),
        ("certificate", "nothing"),
        ("authority_certificate", ""),
        ("envelope_certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
    ],
)
def test_keys_are_looked_at_before_the_first_question(keys, name, value):
    with pytest.raises(SettingsError, match=f"ctid.{name}:"):
        Ctid(_settings(keys, **{name: value}), Replay())


def test_the_certificate_is_that_of_the_key(keys):
    with pytest.raises(SettingsError, match="certificate"):
        Ctid(_settings(keys, certificate=keys[3].certificate.read_text()), Replay())


def test_certificates_have_a_term(keys, recorded, monkeypatch):
    """An authority whose certificate has run out is not believed."""
    later = clock.now().timestamp() + 31 * 86_400
    monkeypatch.setattr(clock, "_source", lambda: later)

    with pytest.raises(AuthorityError) as failed:
        Ctid(_settings(keys), Replay(*recorded["0XXX"])).check(ASKED)

    assert "certificate" in failed.value.detail


def test_failures_name_nobody(ctid, authority):
    """Details go to the log: no name, no number."""
    authority.second = {"errorDesc": f"{NAME} {NUMBER} 未知错误"}

    with pytest.raises(AuthorityError) as failed:
        ctid.check(ASKED)

    assert NAME not in failed.value.detail
    assert NUMBER not in failed.value.detail
