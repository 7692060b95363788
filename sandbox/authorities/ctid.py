"""CTID, the trusted identity of the first research institute: apply, then authenticate.

The questions are signed and their content sealed (GM/T 0010); so are the answers signed.
"""

import base64
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from sandbox.authorities import wire
from sandbox.authorities.faults import WITH_PORTRAITS, Fault
from sandbox.authorities.findings import Finding, Question, judge
from sandbox.authorities.journal import masked
from sandbox.authorities.office import Desk, Office, desk
from sandbox.authorities.serials import Serials
from sandbox.authorities.signed_json import read, write
from sandbox.crypto import certificates
from sandbox.crypto.messages import open_envelope
from sandbox.crypto.pem import read_key
from sandbox.crypto.sm3 import sm3
from sandbox.offices import CHINA
from sandbox.wording import Both

PORTRAIT, PERIOD = ("0x42", "0x12"), ("0x10", "0x12")
MODES = ("0x40", *PORTRAIT, "0x10")
UNSURE = "XXXX"
SPOILT_AGE = 3600
BAD = "参数错误"

bp = Blueprint("ctid", __name__)

OFFICE = Office(
    key="ctid",
    name=Both("CTID 可信身份认证平台", "CTID trusted identity platform"),
    about=Both(
        "公安部第一研究所一类的两步接口：先取业务流水号，再送加密的姓名与号码。",
        "The two-step interface: a serial number first, then name and number under seal.",
    ),
    genuine=True,
    wire="GM/T 0010 SignedData + EnvelopedData (SM2, SM3, SM4)",
    faults=(*WITH_PORTRAITS, Fault.WRONG_SERIAL),
    blueprint=bp,
)

VERDICTS = {
    Finding.SAME: ("0", "0", ""),
    Finding.OTHER_NAME: ("5", "X", ""),
    Finding.OTHER_DATES: ("5", "X", ""),
    Finding.OTHER_FACE: ("0", "5", "人像比对非同一人"),
    Finding.GREY_FACE: ("0", "5", "人像比对非同一人"),  # this wire knows yes and no only
    Finding.UNFIT_FACE: ("0", "X", "人像质量不合格"),
    Finding.NO_PHOTO: ("0", "X", "库中无人像"),
    Finding.NO_RECORD: ("5", "X", "身份信息不在库"),
    Finding.DECEASED: ("5", "X", "人员已死亡"),
    Finding.CANCELLED: ("5", "X", "户口已注销"),
}


@bp.post("/apply")
def apply() -> Response:
    """Give out a serial number for one question."""
    return _answered("customerNumber", _apply)


@bp.post("/authentication")
def authentication() -> Response:
    """Answer the question that a serial number was given for."""
    return _answered("customNumber", _authenticate)


def _answered(customer: str, work: Callable[[Desk, dict[str, Any]], dict[str, Any]]) -> Response:
    here = desk()
    try:
        asked = _believed(here, customer)
        _refuse_by_fault(here)
        told = {"success": True, "errorDesc": "", **work(here, asked)}
    except wire.RefusedError as refusal:
        here.note(request.path, "", str(refusal))
        told = {"success": False, "errorDesc": str(refusal)}
        if customer == "customNumber":
            told["authResult"] = UNSURE
    return _sealed(here, {**told, "timeStamp": _now(here)})


def _believed(here: Desk, customer: str) -> dict[str, Any]:
    """Return what was asked, once it is signed, new, in time and from our customer."""
    body = request.get_data()
    try:
        asked, said = read(body, certificates.read(here.credentials["customer_certificate"]))
    except ValueError as error:
        raise wire.RefusedError("sign", "签名验证失败") from error
    if not here.freshness.in_time(_read_time(wire.text(asked, "timeStamp"))):
        raise wire.RefusedError("time", "时间戳超出范围")
    if not here.freshness.first_time(sm3(said).hex()):
        raise wire.RefusedError("replay", "重复的请求")
    if wire.text(asked, customer) != here.credentials["customer_number"]:
        raise wire.RefusedError("customer", "未开通")
    if wire.text(asked, "appName") != here.credentials["app_name"]:
        raise wire.RefusedError("application", "未开通")
    if wire.text(asked, "authMode") not in MODES:
        raise wire.RefusedError("mode", BAD)
    return asked


def _refuse_by_fault(here: Desk) -> None:
    if here.fault is Fault.RATE_LIMIT:
        raise wire.RefusedError("limit", "认证次数耗尽")
    if here.fault is Fault.ERROR_IN_200:
        raise wire.RefusedError("inside", "系统内部错误")


def _apply(here: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "businessSerialNumber": _serials(here).give(asked["authMode"]),
        "randomNumber": secrets.token_hex(16),
    }


def _authenticate(here: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    mode, serial = asked["authMode"], wire.text(asked, "businessSerialNumber")
    if not _serials(here).take(serial, mode):
        raise wire.RefusedError("serial", "业务流水号无效")
    question = _question(here, asked, mode)
    finding = judge(here.register, question, here.fault, here.matcher).finding
    here.note(mode, masked(question.name, question.id_number), finding)
    identity, portrait, description = VERDICTS[finding]
    shown = portrait if mode in PORTRAIT else "X"
    return {
        "businessSerialNumber": "SN00" if here.fault is Fault.WRONG_SERIAL else serial,
        "authResult": f"{identity}{shown}XX",
        "errorDesc": description,
    }


def _question(here: Desk, asked: dict[str, Any], mode: str) -> Question:
    """Open the envelope (authApplyRetainData), and read what is asked."""
    try:
        content = open_envelope(
            base64.b64decode(wire.text(asked, "authApplyRetainData"), validate=True),
            read_key(here.credentials["envelope_key"]),
            certificates.read(here.credentials["envelope_certificate"]),
        )
        person = wire.json_object(content)["sFXX"]
        dates = wire.period(person["yXQQSRQ"], person["yXQJZRQ"]) if mode in PERIOD else None
        name, number = str(person["xM"]), str(person["gMSFZHM"])
    except (ValueError, KeyError, TypeError) as error:
        raise wire.RefusedError("retain", BAD) from error
    portrait = wire.picture(wire.text(asked, "photoData")) if mode in PORTRAIT else None
    if mode in PORTRAIT and portrait is None:
        raise wire.RefusedError("picture", "人像数据有误")
    return Question(name=name, id_number=number, dates=dates, portrait=portrait)


def _sealed(here: Desk, told: dict[str, Any]) -> Response:
    body = write(
        told,
        read_key(here.credentials["authority_key"]),
        certificates.read(here.credentials["authority_certificate"]),
        spoilt=here.fault is Fault.BAD_SIGNATURE,
    )
    return Response(body, content_type=wire.JSON)


def _serials(here: Desk) -> Serials:
    found: Serials = here.memory.setdefault("serials", Serials(here.freshness.clock))
    return found


def _now(here: Desk) -> str:
    """Return the time as this wire writes it: seventeen digits, of Shanghai."""
    now = datetime.fromtimestamp(here.freshness.clock(), UTC).astimezone(CHINA)
    if here.fault is Fault.STALE:
        now -= timedelta(seconds=SPOILT_AGE)
    return f"{now:%Y%m%d%H%M%S}{now.microsecond // 1000:03d}"


def _read_time(told: str) -> float:
    try:
        return datetime.strptime(told + "000", "%Y%m%d%H%M%S%f").replace(tzinfo=CHINA).timestamp()
    except ValueError:
        return 0.0
