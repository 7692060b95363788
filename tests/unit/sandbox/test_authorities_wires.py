"""What is particular to single wires: serial numbers, seals, hashed parameters, rows, papers."""

import base64
import hashlib
import json
import time

import pytest

from sandbox.authorities.signed_json import members
from sandbox.crypto import certificates, messages
from sandbox.crypto.sm3 import hmac_sm3, sm3
from sandbox.people import everyone
from sandbox.register.awkward import cases
from tests.unit.sandbox import callers
from tests.unit.sandbox.callers import signed_package
from tests.unit.sandbox.test_authorities import CHEN, CREDENTIALS, FIRM, Country7

CASES = {person.name: person for person in cases()}
QUESTION = (CHEN.name, CHEN.id_number)


@pytest.fixture
def land():
    return Country7()


class TestCtid:
    """The two steps, and the signature over the very octets."""

    def serial(self, caller, mode="0x40"):
        answer = callers.ctid_apply(caller, mode).get_json()["bizPackage"]
        assert answer["success"] is True
        return answer["businessSerialNumber"]

    def authenticate(self, caller, package):
        answer = caller.post("/authentication", signed_package(caller, package))
        return answer.get_json()["bizPackage"]

    def test_the_answer_is_signed_over_its_octets_as_they_stand(self, land):
        body = land.ask("ctid").text
        parts = members(body)
        holder = certificates.read(CREDENTIALS["ctid"]["authority_certificate"])
        signature = base64.b64decode(json.loads(parts["sign"]))

        messages.check(signature, parts["bizPackage"].encode(), holder)
        with pytest.raises(messages.MessageError):
            messages.check(signature, parts["bizPackage"].encode() + b" ", holder)

    def test_a_bad_signature_is_bad(self, land):
        land.switchboard.set("ctid", "bad_signature")
        parts = members(land.ask("ctid").text)
        holder = certificates.read(CREDENTIALS["ctid"]["authority_certificate"])
        signature = base64.b64decode(json.loads(parts["sign"]))

        with pytest.raises(messages.MessageError, match="does not fit"):
            messages.check(signature, parts["bizPackage"].encode(), holder)

    def test_a_stale_answer_is_an_hour_old(self, land):
        land.switchboard.set("ctid", "stale")

        stamp = land.ask("ctid").get_json()["bizPackage"]["timeStamp"]

        assert stamp < callers.ctid_time(time.time() - 3000)

    def test_the_serial_number_comes_back_unless_it_is_made_wrong(self, land):
        caller = land.caller("ctid")
        serial = self.serial(caller)
        good = self.authenticate(caller, callers.ctid_question(caller, serial, *QUESTION))
        land.switchboard.set("ctid", "wrong_serial")
        serial2 = self.serial(caller)
        bad = self.authenticate(caller, callers.ctid_question(caller, serial2, *QUESTION))

        assert good["businessSerialNumber"] == serial
        assert bad["businessSerialNumber"] != serial2

    def test_a_serial_number_is_good_once_and_in_its_mode(self, land):
        caller = land.caller("ctid")
        serial, other = self.serial(caller), self.serial(caller, "0x10")
        first = callers.ctid_question(caller, serial, *QUESTION)

        assert self.authenticate(caller, first)["authResult"] == "0XXX"
        again = callers.ctid_question(caller, serial, *QUESTION)
        assert self.authenticate(caller, again)["errorDesc"] == "业务流水号无效"
        crossed = callers.ctid_question(caller, other, *QUESTION)
        assert self.authenticate(caller, crossed)["errorDesc"] == "业务流水号无效"

    def test_a_serial_number_lives_five_minutes(self, land):
        caller = land.caller("ctid")
        serial = self.serial(caller)
        desk = land.apps["ctid"].extensions["desk"]
        later = time.time() + 301
        desk.freshness.clock = lambda: later
        desk.memory["serials"]._clock = lambda: later
        caller.now = later

        answer = self.authenticate(caller, callers.ctid_question(caller, serial, *QUESTION))

        assert answer["errorDesc"] == "业务流水号无效"

    def test_the_validity_of_the_card_is_compared(self, land):
        assert land.word("ctid", *QUESTION, mode="0x10", dates=("20240520", "20440520")) == "0XXX"
        assert land.word("ctid", *QUESTION, mode="0x10", dates=("20240520", "00000000")) == "5XXX"
        assert land.word("ctid", *QUESTION, mode="0x10", dates=("2024", "")) == "参数错误"
        sun = everyone()[5]
        question = (sun.name, sun.id_number)
        assert land.word("ctid", *question, mode="0x10", dates=("20240520", "00000000")) == "0XXX"

    @pytest.mark.parametrize(
        "changes",
        [{"customerNumber": "x"}, {"appName": "x"}, {"authMode": "0x99"}, {"timeStamp": "today"}],
    )
    def test_another_customer_mode_or_hour_is_refused(self, land, changes):
        answer = callers.ctid_apply(land.caller("ctid"), **changes).get_json()["bizPackage"]

        assert answer["success"] is False
        assert "businessSerialNumber" not in answer

    def test_an_identity_sealed_for_somebody_else_is_refused(self, land):
        caller = land.caller("ctid")
        serial = self.serial(caller)
        package = callers.ctid_question(caller, serial, *QUESTION)
        other = certificates.read(CREDENTIALS["ctid"]["authority_certificate"])
        sealed = messages.seal(b'{"sFXX":{}}', other, bytes(16))
        package["authApplyRetainData"] = base64.b64encode(sealed).decode()

        assert self.authenticate(caller, package)["errorDesc"] == "参数错误"


@pytest.mark.parametrize(
    ("name", "ctid", "aliyun", "tencent"),
    [
        ("吴守信", "人员已死亡", "3", "-5"),
        ("郑国安", "户口已注销", "3", "-5"),
        ("石远山", "身份信息不在库", "3", "-5"),
        ("何晓敏", "0XXX", "1", "0"),
        ("龚䶮", "0XXX", "1", "0"),
        ("白𰻝", "0XXX", "1", "0"),
        ("迪丽努尔·阿卜杜热西提·肉孜", "0XXX", "1", "0"),
    ],
)
def test_the_awkward_cases_are_told_apart(land, name, ctid, aliyun, tencent):
    question = (name, CASES[name].id_number)

    assert land.word("ctid", *question) == ctid
    assert land.word("aliyun", *question) == aliyun
    assert land.word("tencent", *question) == tencent


@pytest.mark.parametrize("dot", "·•‧・.")
def test_every_middle_dot_is_the_same_dot(land, dot):
    person = CASES["迪丽努尔·阿卜杜热西提·肉孜"]

    assert land.word("ctid", person.name.replace("·", dot), person.id_number) == "0XXX"


def test_a_former_name_is_no_longer_so_but_its_row_is_there(land):
    person = CASES["何晓敏"]

    assert land.word("ctid", "何小敏", person.id_number) == "5XXX"
    rows = land.ask("population_gateway", "", person.id_number).get_json()["DataList"]
    assert [(row["xm"], row["jlbz"], bool(row["jssj"])) for row in rows] == [
        ("何小敏", "0", True),
        ("何晓敏", "1", False),
    ]


def test_the_gateway_sends_rare_characters_as_old_machines_do(land):
    rows = land.ask("population_gateway", "", CASES["龚䶮"].id_number).get_json()["DataList"]

    assert rows[0]["xm"] == "龚\ue863"


def test_the_gateway_tells_death_and_removal(land):
    for name, state, kind in (("吴守信", "1", "1"), ("郑国安", "2", "2")):
        row = land.ask("population_gateway", "", CASES[name].id_number).get_json()["DataList"][0]
        assert (row["ryzt"], row["swzxlb"], bool(row["swrq"])) == (state, kind, state == "1")


def md5(told):
    return hashlib.md5(told.encode()).hexdigest()


class TestAliyun:
    """Parameters hashed, phones, and the codes beneath the code."""

    def result(self, land, *question, **more):
        return land.ask("aliyun", *question, **more).get_json()["ResultObject"]

    def test_hashed_parameters_mean_the_same(self, land):
        number, name = CHEN.id_number, CHEN.name
        hashed = number[:6] + md5(number[6:14]) + number[14:]

        assert self.result(land, md5(name[0]) + name[1:], hashed, ParamType="md5")["BizCode"] == "1"
        assert self.result(land, md5("王") + name[1:], hashed, ParamType="md5")["BizCode"] == "2"
        other = "110199" + md5(number[6:14]) + number[14:]
        assert self.result(land, md5(name[0]) + name[1:], other, ParamType="md5")["BizCode"] == "3"

    @pytest.mark.parametrize(
        ("name", "phone", "codes"),
        [
            (CHEN.name, CHEN.phone, ("1", "101")),
            (CHEN.name, "13900000000", ("2", "202")),
            ("陈雨桥", CHEN.phone, ("2", "203")),
        ],
    )
    def test_a_phone_is_a_third_element_hashed_or_not(self, land, name, phone, codes):
        action = {"action": "Mobile3MetaDetailVerify"}
        plain = self.result(land, name, CHEN.id_number, Mobile=phone, **action)
        hashed = self.result(
            land, md5(name), md5(CHEN.id_number), Mobile=md5(phone), ParamType="md5", **action
        )

        assert (plain["BizCode"], plain["SubCode"]) == codes
        assert (hashed["BizCode"], hashed["SubCode"]) == codes

    def test_a_body_that_was_changed_on_the_way_is_refused(self, land):
        caller = land.caller("aliyun")
        headers = callers.acs3_headers(caller, "Id2MetaVerify", b"UserName=a&IdentifyNum=b")

        answer = caller.post("/", b"UserName=a&IdentifyNum=c", headers)

        assert answer.status_code == 400
        assert answer.get_json()["Code"] == "SignatureDoesNotMatch"

    def test_an_action_that_nobody_offers_is_refused(self, land):
        assert (
            land.word("aliyun", *QUESTION, action="DescribeFaceVerify") == "InvalidAction.NotFound"
        )


class TestTencent:
    """The further actions."""

    def test_a_phone(self, land):
        action = "PhoneVerification"
        assert land.word("tencent", *QUESTION, action=action, Phone=CHEN.phone) == "0"
        assert land.word("tencent", *QUESTION, action=action, Phone="13900000000") == "-4"

    def test_a_validity(self, land):
        dates = {"ValidityBegin": "20240520", "ValidityEnd": "20440520"}
        action = "CheckIdNameDate"
        assert land.word("tencent", *QUESTION, action=action, **dates) == "0"
        wrong = dates | {"ValidityEnd": "00000000"}
        assert land.word("tencent", *QUESTION, action=action, **wrong) == "-1"
        assert land.word("tencent", *QUESTION, action=action, ValidityBegin="x") == "-4"


class TestLegalPersons:
    """Two services behind one door."""

    def test_a_query_returns_a_row(self, land):
        caller = land.caller("legal_person_gateway")
        service = caller.secrets["query_service"]

        (row,) = callers.exchange(caller, service, {"uniscid": FIRM.credit_code}).get_json()
        none = callers.exchange(caller, service, {"uniscid": "91110000600037341L"}).get_json()

        assert (row["entname"], row["name"]) == (FIRM.name, FIRM.representative)
        assert none == []

    def test_a_head_who_is_not_is_listed_as_a_difference(self, land):
        caller = land.caller("legal_person_gateway")
        asked = {"entname": FIRM.name, "uniscid": FIRM.credit_code, "name": "别人"}

        told = callers.exchange(caller, caller.secrets["verify_service"], asked).get_json()

        assert told["entchk_checkres_key"] == "04"
        assert [(d["chk_key"], d["in_val"]) for d in told["diff_list"]] == [("name", "别人")]
        assert FIRM.representative not in str(told["diff_list"])

    def test_another_service_is_not_ours(self, land):
        caller = land.caller("legal_person_gateway")

        assert callers.exchange(caller, "s_other", {}).get_json()["code"] == "403"


class TestSocialSecurity:
    """Signed both ways; whoever asks wrongly learns nothing."""

    def test_the_answer_is_signed(self, land):
        body = land.ask("social_security_gateway").get_json()
        data = json.dumps(body["data"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        secret = CREDENTIALS["social_security_gateway"]["secret"].encode()
        told = f"code={body['code']}&data={data}&msg={body['msg']}&nonce={body['nonce']}"

        assert body["sign"] == hmac_sm3(secret, told.encode()).hex()
        land.switchboard.set("social_security_gateway", "bad_signature")
        spoilt = land.ask("social_security_gateway").get_json()
        told = told.replace(body["nonce"], spoilt["nonce"])
        assert spoilt["sign"] != hmac_sm3(secret, told.encode()).hex()

    def test_cards_and_regions_are_compared(self, land):
        card = land.register.insured(CHEN.id_number)

        def result(**more):
            return land.ask("social_security_gateway", **more).get_json()["data"]

        assert result(AAZ500=card.card_number, AAB301=card.region)["result"] == "1"
        assert result(AAZ500="X00000000") == {"result": "2", "AAC008": "", "AAB301": ""}
        assert result(AAB301="110100")["result"] == "2"

    def test_somebody_who_stopped_paying_is_suspended(self, land):
        zhao = everyone()[7]

        answer = land.ask("social_security_gateway", zhao.name, zhao.id_number).get_json()

        assert answer["data"]["AAC008"] == "2"


class TestImmigration:
    """Documents, renewals, and a signed answer."""

    def test_the_answer_is_signed_with_the_callers_nonce(self, land, monkeypatch):
        nonces = []
        post = callers.Caller.post
        monkeypatch.setattr(
            callers.Caller,
            "post",
            lambda self, path, body, headers: (
                nonces.append(headers["X-NIA-Nonce"]) or post(self, path, body, headers)
            ),
        )
        secret = CREDENTIALS["immigration"]["secret"].encode()

        def fits():
            answer = land.ask("immigration")
            told = f"{nonces[-1]}\n{sm3(answer.data).hex()}".encode()
            return answer.headers["X-NIA-Signature"] == hmac_sm3(secret, told).hex()

        assert fits()
        land.switchboard.set("immigration", "bad_signature")
        assert not fits()

    @pytest.mark.parametrize(
        ("asked", "result", "status"),
        [
            ({}, "1", "VALID"),
            ({"expireDate": "20340519"}, "1", "VALID"),
            ({"expireDate": "20300101"}, "2", "VALID"),
            ({"birthDate": "19900308"}, "2", "VALID"),
            ({"nationality": "SWE"}, "2", "VALID"),
            ({"nameCn": "", "nameEn": "CHEN YUTONG"}, "1", "VALID"),
            ({"docNo": "EA9999999"}, "3", None),
        ],
    )
    def test_a_passport_is_compared(self, land, asked, result, status):
        data = land.ask("immigration", **asked).get_json()["data"]

        assert (data["result"], data.get("docStatus")) == (result, status)

    @pytest.mark.parametrize(("issue", "result"), [("02", "1"), ("01", "2"), ("", "1")])
    def test_the_number_of_renewals_is_compared_if_told(self, land, issue, result):
        huang = everyone()[8]
        asked = {"docType": "HKM_PERMIT", "birthDate": "19910708"}
        asked |= {"issueNo": issue} if issue else {}

        data = land.ask("immigration", huang.name, "H12345678", **asked).get_json()["data"]

        assert data["result"] == result

    @pytest.mark.parametrize(
        ("number", "place", "status"), [("EA0000022", 1, "LOST"), ("EA0000033", 7, "EXPIRED")]
    )
    def test_a_lost_or_expired_passport_says_so(self, land, number, place, status):
        holder = everyone()[place]
        birth = holder.id_number[6:14]

        data = land.ask("immigration", holder.name, number, birthDate=birth).get_json()["data"]

        assert (data["result"], data["docStatus"]) == ("1", status)
