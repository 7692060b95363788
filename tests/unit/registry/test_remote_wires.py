"""The dialects of remote authorities: signatures as others make them, answers read strictly."""

import hashlib
import json
from dataclasses import dataclass, field

import pytest

from config.authorities import (
    AliyunSettings,
    ImmigrationSettings,
    LegalPersonGatewaySettings,
    PopulationGatewaySettings,
    SocialSecurityGatewaySettings,
    TencentSettings,
)
from idp.registry.ports import AuthorityError, RateLimitedError
from idp.registry.queries import LegalPersonQuery, PersonQuery, SocialSecurityQuery
from idp.registry.remote import aliyun, national_gateway, sm3_seals, tencent
from idp.registry.remote.aliyun import Aliyun
from idp.registry.remote.legal_person_gateway import LegalPersonGateway, spelling
from idp.registry.remote.population_gateway import PopulationGateway
from idp.registry.remote.social_security_gateway import SocialSecurityGateway, canonical
from idp.registry.remote.tencent import Tencent
from idp.registry.results import Result
from idp.web.outbound import Answer

URL = "https://authority.example"
PERSON = PersonQuery(name="张三", id_number="11010119900307002X")
JPEG = b"\xff\xd8\xff\xe0 jpeg \xff\xd9"


@dataclass
class Scripted:
    """A transport that gives one answer, and keeps what it was told."""

    body: bytes
    status: int = 200
    headers: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)

    def request(self, method, url, *, headers, body, timeout):
        self.asked.append((method, url, headers, body))
        return Answer(self.status, self.headers, self.body)


def answering(document, status=200):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Scripted(body, status)


def test_tc3_signs_as_the_vendor_publishes():
    """The worked example of "Signature v3": its masked key is the key that it was made with."""
    body = (
        rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    )

    signature = tencent.sign(
        "Gu5t9xGARNpq86cd98joQYCN3*******",
        "cvm",
        "cvm.tencentcloudapi.com",
        "DescribeInstances",
        1551113065,
        body,
    )

    assert signature == "be4f67d323c78ab9acb7395e43c0dbcf822a9cfac32fea2449a7bc7726b770a3"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "7941f63cf25aab3ff66c80ee45591584ef0e9c708e37f9ec8f0be1a42590d650"),
        ("/aliyun/", "b2d2699d3a852d7b5dcd28134ee63c0f821ba4003ed4baff56f023c172d471b7"),
    ],
)
def test_acs3_signs_as_the_vendors_sdk_does(path, expected):
    """Computed once with alibabacloud-openapi-util 0.2.4 for this very request."""
    body = b"ParamType=normal&IdentifyNum=11010119900307002X&UserName=%E5%BC%A0%E4%B8%89"
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "host": "cloudauth.aliyuncs.com",
        "x-acs-action": "Id2MetaVerify",
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-acs-date": "2026-11-22T05:00:00Z",
        "x-acs-signature-nonce": "0123456789abcdef0123456789abcdef",
        "x-acs-version": "2019-03-07",
    }

    assert aliyun.sign("testsecret", path, headers) == expected


def test_the_exchange_is_signed_as_openssl_would():
    """printf sidrid1700000000000 | openssl dgst -sha256 -hmac secret -binary | base64"""
    signature = national_gateway.sign("secret", "sid", "rid", "1700000000000")

    assert signature == "2/e8nyOQto/LdaZOMqek0PU6fZpjBXR8i3cj3oZ3a1Q="


def test_sm3_seals_as_openssl_would():
    """printf message | openssl dgst -sm3 -hmac secret; SM3("abc") is of GB/T 32905 annex A."""
    assert sm3_seals.digest(b"abc").startswith("66c7f0f462eeedd9d1f2d46bdc10e4e2")
    assert (
        sm3_seals.seal("secret", b"message")
        == "ed331f2a7fce4af26274639e04a1226be3ef67609b60f4ce1be2da8648a5014e"
    )
    assert sm3_seals.is_sealed(
        "secret",
        b"message",
        "ed331f2a7fce4af26274639e04a1226be3ef67609b60f4ce1be2da8648a5014e".upper(),
    )
    assert not sm3_seals.is_sealed("secret", b"message", "ü" * 64)


def test_personal_data_never_travel_in_a_url_or_a_header(clock):
    line = answering({"Code": "200", "ResultObject": {"BizCode": "1"}})

    Aliyun(AliyunSettings(base_url=URL), line).check(PERSON)

    (_, url, headers, body) = line.asked[0]
    assert "%E5%BC%A0" in body.decode()
    assert url == URL + "/"
    assert PERSON.id_number not in url + str(headers)


def test_md5_is_what_the_vendor_documents(clock):
    """First six digits, MD5 of the birth date, last four; MD5 of the first character, the rest."""
    line = answering({"Code": "200", "ResultObject": {"BizCode": "1"}})

    Aliyun(AliyunSettings(base_url=URL, param_type="md5"), line).check(PERSON)

    body = line.asked[0][3].decode()
    assert f"110101{hashlib.md5(b'19900307').hexdigest()}002X" in body
    assert hashlib.md5("张".encode()).hexdigest() in body
    assert "19900307" not in body


def test_utf8_is_read_whatever_the_content_type_claims(clock):
    """text/plain without a charset is no Latin-1 here, and a JSON string may hold the document."""
    document = json.dumps({"Response": {"Result": "0", "Description": "一致", "RequestId": "r"}})
    line = answering(json.dumps(document).encode())
    line.headers = {"content-type": "text/plain"}

    verdict = Tencent(TencentSettings(base_url=URL), line).check(PERSON)

    assert (verdict.result, verdict.reference) == (Result.MATCH, "r")


NO_VERDICTS = [
    b"",
    b"null",
    b"true",
    b'"0"',
    b"[]",
    b"{}",
    b"\xff\xfe{}",
    b'{"Response": null}',
    b'{"Response": {"Result": 0.0}}',
    b'{"Response": {"Result": true}}',
    b'{"Response": {"Result": ["0"]}}',
    b'{"Response": {"Result": "00"}}',
    b'{"Response": {"Result": "0", "Error": {"Code": "InternalError"}}}',
    b'{"Response": {"Error": {"Code": "AuthFailure.SignatureFailure"}}}',
    b'{"Response": {"Error": {"Code": "0"}}}',
    b'{"Response": {"Result": "-4"}}',
    b'{"Response": {"Result": NaN}}',
    b'{"Code": "200"}',
    b'{"Code": "200", "ResultObject": {}}',
    b'{"Code": "200", "ResultObject": {"BizCode": "4"}}',
    b'{"Code": "500", "ResultObject": {"BizCode": "1"}}',
    b'{"Code": 200.0, "ResultObject": {"BizCode": "1"}}',
    b'{"IsSuccess": true, "Result": 1, "TotalCount": 0, "DataList": []}',
    b'{"IsSuccess": "true", "Result": 1, "ErrorCode": 0, "TotalCount": 0, "DataList": []}',
    b'{"IsSuccess": true, "Result": 0, "ErrorCode": 0, "TotalCount": 0, "DataList": []}',
    b'{"IsSuccess": true, "Result": 1, "ErrorCode": 7, "TotalCount": 0, "DataList": []}',
    b'{"IsSuccess": true, "Result": 1, "ErrorCode": 0, "TotalCount": 1, "DataList": []}',
    b'{"IsSuccess": true, "Result": 1, "ErrorCode": 0, "TotalCount": 1, "DataList": [1]}',
    b'{"Response": {"Result": "-1", "Result": "0"}}',
    b'{"Response": {"Result": "-1"}, "Response": {"Result": "0"}}',
    b'{"Response": {"Result": "\xef\xbc\x90"}}',
    b'{"Response": {"Result": "+0"}}',
    b'{"Response": {"Result": -0.0}}',
    b'{"Code": "200", "ResultObject": {"BizCode": "2", "BizCode": "1"}}',
    b'{"Code": "500", "Code": "200", "ResultObject": {"BizCode": "1"}}',
    b'{"Code": "200", "ResultObject": {"BizCode": "01"}}',
    b'{"Code": "200", "ResultObject": {"BizCode": "1,2"}}',
    b'{"Code": "200", "ResultObject": [{"BizCode": "1"}]}',
    b"<html></html>",
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", NO_VERDICTS, ids=range(len(NO_VERDICTS)))
@pytest.mark.parametrize(
    ("adapter", "room"),
    [
        (Aliyun, AliyunSettings),
        (Tencent, TencentSettings),
        (PopulationGateway, PopulationGatewaySettings),
    ],
)
def test_what_is_not_clearly_a_verdict_is_none(clock, adapter, room, body):
    """A wrong answer is never better than none."""
    with pytest.raises(AuthorityError):
        adapter(room(base_url=URL), answering(body)).check(PERSON)


@pytest.mark.parametrize("status", [201, 204, 301, 400, 403, 500, 503])
def test_a_verdict_needs_a_good_status(clock, status):
    line = answering({"Response": {"Result": "0"}}, status)

    with pytest.raises(AuthorityError):
        Tencent(TencentSettings(base_url=URL), line).check(PERSON)


@pytest.mark.parametrize(
    ("adapter", "room", "line"),
    [
        (Tencent, TencentSettings, answering(b"", 429)),
        (Tencent, TencentSettings, answering({"Response": {"Result": "-7"}})),
        (
            Tencent,
            TencentSettings,
            answering({"Response": {"Error": {"Code": "RequestLimitExceeded"}}}),
        ),
        (Aliyun, AliyunSettings, answering({"Code": "Throttling.User"}, 400)),
        (Aliyun, AliyunSettings, answering({"Code": "418"})),
        (PopulationGateway, PopulationGatewaySettings, answering({"ErrorCode": 429})),
    ],
)
def test_a_limit_is_no_failure(clock, adapter, room, line):
    with pytest.raises(RateLimitedError):
        adapter(room(base_url=URL), line).check(PERSON)


@pytest.mark.parametrize(
    ("adapter", "room", "line"),
    [
        (
            Tencent,
            TencentSettings,
            answering({"Response": {"Error": {"Code": "InvalidParameterValue"}}}),
        ),
        (Tencent, TencentSettings, answering({"Response": {"Result": "-3"}})),
        (Aliyun, AliyunSettings, answering({"Code": "InvalidParameter.UserName"}, 400)),
        (Aliyun, AliyunSettings, answering({"Code": "401"})),
    ],
)
def test_bad_input_is_no_failure_of_theirs(clock, adapter, room, line):
    """Otherwise five people with odd names would close the authority to everybody."""
    assert adapter(room(base_url=URL), line).check(PERSON).result is Result.BAD_INPUT


@pytest.mark.parametrize(
    ("biz", "sub", "result"),
    [
        ("1", "101", Result.MATCH),
        ("2", "201", Result.MISMATCH),
        ("2", "202", Result.FACE_GREY),
        ("3", "203", Result.NO_PHOTO),
        ("2", "204", Result.FACE_MISMATCH),
        ("2", "206", Result.BAD_INPUT),
        ("3", "301", Result.NO_RECORD),
        ("3", "302", Result.NO_RECORD),
        ("1", "204", None),
        ("2", "101", None),
        ("1", "", None),
        ("1", "999", None),
    ],
)
def test_both_of_aliyuns_codes_must_agree(clock, biz, sub, result):
    query = PersonQuery(name="张三", id_number="11010119900307002X", portrait=JPEG)
    line = answering({"Code": "200", "ResultObject": {"BizCode": biz, "SubCode": sub}})
    asked = Aliyun(AliyunSettings(base_url=URL), line)

    if result is None:
        with pytest.raises(AuthorityError):
            asked.check(query)
    else:
        assert asked.check(query).result is result


@pytest.mark.parametrize(
    ("told", "result"),
    [
        ({"Result": "Success", "Sim": 70.0}, Result.MATCH),
        ({"Result": "Success", "Sim": 69.99}, Result.FACE_MISMATCH),
        ({"Result": "Success"}, None),
        ({"Result": "Success", "Sim": "100"}, None),
        ({"Result": "Success", "Sim": True}, None),
        ({"Result": "Success", "Sim": 700}, None),
        ({"Result": "Success", "Sim": 10**400}, None),
        ({"Result": "Success", "Sim": -1}, None),
        ({"Error": {"Code": "FailedOperation.IdPhotoNoExist"}}, Result.NO_PHOTO),
        ({"Error": {"Code": "FailedOperation.IdNoExistSystem"}}, Result.NO_RECORD),
        ({"Error": {"Code": "FailedOperation.CompareLowSimilarity"}}, Result.FACE_MISMATCH),
        ({"Error": {"Code": "FailedOperation.LifePhotoDetectFake"}}, Result.LIVENESS_FAIL),
        ({"Error": {"Code": "FailedOperation.UnKnown"}}, None),
    ],
)
def test_a_face_needs_a_score(clock, told, result):
    query = PersonQuery(name="张三", id_number="11010119900307002X", portrait=JPEG)
    asked = Tencent(TencentSettings(base_url=URL), answering({"Response": told}))

    if result is None:
        with pytest.raises(AuthorityError):
            asked.check(query)
    else:
        assert asked.check(query).result is result


def row(**changes):
    return {"gmsfhm": PERSON.id_number, "xm": "张三", "ryzt": "0", "jlbz": "1", **changes}


def rows(*listed):
    return answering(
        {
            "IsSuccess": True,
            "Result": 1,
            "TotalCount": len(listed),
            "DataList": json.dumps(listed),
            "ErrorCode": 0,
        }
    )


@pytest.mark.parametrize(
    ("listed", "result"),
    [
        ([row()], Result.MATCH),
        ([row(xm="李四", jlbz="0", jssj="20200101"), row()], Result.MATCH),
        ([row(xm="李四", qysj="20100101"), row(qysj="20200101")], Result.MATCH),
        ([row(qysj="20100101"), row(xm="李四", qysj="20200101")], Result.MISMATCH),
        ([row(), row(xm="李四", qysj="20990101")], Result.MATCH),
        ([row(jssj="20200101000000")], Result.NO_RECORD),
        ([row(jssj="20990101000000")], Result.MATCH),
        ([row(swrq="20200101")], Result.NO_RECORD),
        ([row(swzxrq="20200101")], Result.NO_RECORD),
        ([row(ryzt="1")], Result.NO_RECORD),
        ([row(ryzt=2)], Result.NO_RECORD),
        ([row(xm="张\ue123")], Result.NO_RECORD),
        ([row(xm="李四")], Result.MISMATCH),
        ([], Result.NO_RECORD),
        ([row(), row(xm="李四")], None),
        ([row(), row(swrq="20200101")], None),
        ([row(ryzt="9")], None),
        ([row(xm="")], None),
        ([row(qysj="never")], None),
        ([row(gmsfhm="110101200002290026")], None),
    ],
)
def test_the_present_row_counts(clock, listed, result):
    """Several that hold at once must agree; a row of somebody else spoils the answer."""
    asked = PopulationGateway(PopulationGatewaySettings(base_url=URL), rows(*listed))

    if result is None:
        with pytest.raises(AuthorityError):
            asked.check(PERSON)
    else:
        assert asked.check(PERSON).result is result


ENTERPRISE = LegalPersonQuery(name="江北云水(集团)有限公司", credit_code="91110000600037341L")


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({}, Result.MATCH),
        ({"entchk_checkres_key": "01", "regstateCn": ""}, Result.NO_RECORD),
        ({"entchk_checkres_key": "02"}, Result.MISMATCH),
        ({"entchk_checkres_key": "04", "diff_list": [{"chk_key": "name"}]}, Result.MISMATCH),
        ({"entchk_checkres_key": "05"}, Result.BAD_INPUT),
        ({"regstateCn": "吊销，未注销"}, Result.NO_RECORD),
        ({"regstateCn": "注销"}, Result.NO_RECORD),
        ({"entchk_checkres_key": "06"}, None),
        ({"entchk_checkres_key": "0x"}, None),
        ({"entchk_checkres_key": "04"}, None),
        ({"diff_list": [{"chk_key": "name"}]}, None),
        ({"regstateCn": "?"}, None),
        ({"regstateCn": "非正常"}, None),
        ({"regstateCn": "未开业"}, None),
        ({"ent_idx": {"uniscid": "N2340100MA2UN1234E"}}, None),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_the_registers_codes_for_enterprises(clock, changes, result, wrapped):
    told = {
        "ent_idx": {"entname": "x", "uniscid": ENTERPRISE.credit_code},
        "regstateCn": "存续（在营、开业、在册）",
        "entchk_checkres_key": "03",
        "diff_list": [],
        **changes,
    }
    line = answering({"code": "200", "msg": "", "data": json.dumps(told)} if wrapped else told)
    asked = LegalPersonGateway(LegalPersonGatewaySettings(base_url=URL), line)

    if result is None:
        with pytest.raises(AuthorityError):
            asked.check(ENTERPRISE)
    else:
        assert asked.check(ENTERPRISE).result is result
        assert "江北云水（集团）有限公司" in line.asked[0][3].decode()


def test_only_han_names_get_wide_brackets():
    assert spelling("江北 云水(集团)有限公司") == "江北云水（集团）有限公司"
    assert spelling("Acme (China) Ltd") == "Acme (China) Ltd"


class Mirror:
    """Social security as it ought to answer, but for *changes* made after signing."""

    def __init__(self, signed=(), after=()):
        self.signed, self.after = dict(signed), dict(after)

    def request(self, method, url, *, headers, body, timeout):
        asked = json.loads(body)
        told = {"code": "0", "msg": "", "data": {"result": "1", "AAC008": "1"}}
        told |= {"nonce": asked["nonce"]} | self.signed
        data = json.dumps(told["data"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        told["sign"] = sm3_seals.seal("secret", canonical({**told, "data": data}))
        return Answer(200, {}, json.dumps({**told, **self.after}).encode())


@pytest.mark.parametrize(
    ("line", "result"),
    [
        (Mirror(), Result.MATCH),
        (Mirror(signed={"data": {"result": "2"}}), Result.MISMATCH),
        (Mirror(signed={"data": {"result": "1", "AAC008": "4"}}), Result.NO_RECORD),
        (Mirror(signed={"data": {"result": "1", "AAC008": "7"}}), None),
        (Mirror(signed={"data": {"result": "1"}}), None),
        (Mirror(signed={"nonce": "another"}), None),
        (Mirror(after={"data": {"result": "2", "AAC008": "1"}}), None),
        (Mirror(after={"sign": ""}), None),
    ],
)
def test_an_answer_of_social_security_is_signed_and_ours(clock, line, result):
    settings = SocialSecurityGatewaySettings(base_url=URL, secret="secret")
    asked = SocialSecurityGateway(settings, line)
    query = SocialSecurityQuery(name="张三", id_number=PERSON.id_number)

    if result is None:
        with pytest.raises(AuthorityError):
            asked.check(query)
    else:
        assert asked.check(query).result is result


def test_secrets_stay_out_of_what_is_printed():
    assert "hush" not in repr(ImmigrationSettings(secret="hush"))
