"""The cloud check in Tencent's shape (faceid 2018-03-01), signed with TC3-HMAC-SHA256.

This wire has no nonce: within five minutes the same call is as good again, here as there.
"""

import hashlib
import hmac
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request

from sandbox.authorities import wire
from sandbox.authorities.faults import WITH_PORTRAITS, Fault
from sandbox.authorities.findings import Finding, Judgement, Question, judge
from sandbox.authorities.journal import masked
from sandbox.authorities.office import Desk, Office, desk
from sandbox.wording import Both

SKEW = 300.0
VERSION, SERVICE, SCHEME = "2018-03-01", "faceid", "TC3-HMAC-SHA256"
MUST_SIGN = {"content-type", "host"}
AUTHORIZATION = re.compile(
    rf"{SCHEME} Credential=([^/\s]+)/(\d{{4}}-\d\d-\d\d)/{SERVICE}/tc3_request,\s*"
    r"SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})"
)

bp = Blueprint("tencent", __name__)

OFFICE = Office(
    key="tencent",
    name=Both("云上人脸核身（腾讯云格式）", "Cloud check in Tencent's shape"),
    about=Both(
        "二要素、手机号、证件有效期、照片比对。",
        "Two elements; phone, validity or portrait as a third.",
    ),
    genuine=True,
    wire="TC3-HMAC-SHA256, IdCardVerification, PhoneVerification, CheckIdNameDate, …",
    faults=WITH_PORTRAITS,
    blueprint=bp,
)

NOBODY = (Finding.NO_RECORD, Finding.DECEASED, Finding.CANCELLED)
# fmt: off
TWO   = {Finding.SAME: "0", Finding.OTHER_NAME: "-1"}  | dict.fromkeys(NOBODY, "-5")
PHONE = {Finding.SAME: "0", Finding.OTHER_NAME: "-4",
         Finding.OTHER_PHONE: "-4"}                    | dict.fromkeys(NOBODY, "-9")
DATES = {Finding.SAME: "0", Finding.OTHER_NAME: "-1",
         Finding.OTHER_DATES: "-1"}                    | dict.fromkeys(NOBODY, "-7")
# fmt: on
FACE = {
    Finding.OTHER_NAME: "FailedOperation.IdNameMisMatch",
    Finding.NO_PHOTO: "FailedOperation.IdPhotoNoExist",
    Finding.OTHER_FACE: "FailedOperation.CompareLowSimilarity",
    Finding.GREY_FACE: "FailedOperation.CompareLowSimilarity",
    Finding.UNFIT_FACE: "FailedOperation.LifePhotoDetectNoFaces",
} | dict.fromkeys(NOBODY, "FailedOperation.IdNoExistSystem")


@bp.post("/")
def call() -> Response:
    """Answer one call; the action is in a header, and errors have status 200 too."""
    here = desk()
    action = request.headers.get("x-tc-action", "")
    try:
        _believe(here)
        _refuse_by_fault(here)
        told = _action(action)(here, _asked())
    except wire.RefusedError as refusal:
        here.note(action, "", refusal.code)
        told = {"Error": {"Code": refusal.code, "Message": str(refusal)}}
    return wire.answer({"Response": {**told, "RequestId": str(uuid.uuid4())}})


def _action(name: str) -> Callable[[Desk, dict[str, Any]], dict[str, Any]]:
    if request.headers.get("x-tc-version") != VERSION or name not in ACTIONS:
        raise wire.RefusedError("InvalidAction", "no such action")
    return ACTIONS[name]


def _believe(here: Desk) -> None:
    match = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if match is None or not set(match[3].split(";")) >= MUST_SIGN:
        raise wire.RefusedError("AuthFailure.InvalidAuthorization", "no authorization")
    if match[1] != here.credentials["secret_id"]:
        raise wire.RefusedError("AuthFailure.SecretIdNotFound", "the key is not known")
    told = request.headers.get("x-tc-timestamp", "")
    at = wire.moment(told)
    if here.fault is Fault.STALE or not here.freshness.in_time(at, SKEW):
        raise wire.RefusedError("AuthFailure.SignatureExpire", "the timestamp is out of range")
    right = match[2] == f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}" and hmac.compare_digest(
        _signature(here, match[2], match[3], told), match[4]
    )
    if here.fault is Fault.BAD_SIGNATURE or not right:
        raise wire.RefusedError("AuthFailure.SignatureFailure", "the signature does not fit")


def _signature(here: Desk, day: str, signed: str, timestamp: str) -> str:
    lines = [
        f"{name}:{request.headers.get(name, '').strip().lower()}\n" for name in signed.split(";")
    ]
    body = hashlib.sha256(request.get_data()).hexdigest()
    canonical = "\n".join(
        ("POST", request.path, request.query_string.decode(), "".join(lines), signed, body)
    )
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    told = "\n".join((SCHEME, timestamp, f"{day}/{SERVICE}/tc3_request", hashed))
    key = f"TC3{here.credentials['secret_key']}".encode()
    for part in (day, SERVICE, "tc3_request", told):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


def _refuse_by_fault(here: Desk) -> None:
    if here.fault is Fault.RATE_LIMIT:
        raise wire.RefusedError("RequestLimitExceeded", "too many calls")
    if here.fault is Fault.ERROR_IN_200:
        raise wire.RefusedError("InternalError", "something broke")


def _asked() -> dict[str, Any]:
    try:
        asked = wire.json_object(request.get_data())
    except ValueError as error:
        raise wire.RefusedError("InvalidParameter", "no JSON object") from error
    if not wire.text(asked, "IdCard") or not wire.text(asked, "Name"):
        raise wire.RefusedError("InvalidParameterValue", "IdCard and Name are expected")
    return asked


def _two_elements(here: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    return _told(TWO[_judged(here, asked)])


def _with_phone(here: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    phone = wire.text(asked, "Phone")
    return _told(PHONE[_judged(here, asked, phone=phone)] if phone else "-7")


def _with_dates(here: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    begins, ends = wire.text(asked, "ValidityBegin"), wire.text(asked, "ValidityEnd")
    try:
        dates = wire.period(begins, ends)
    except ValueError:
        return _told("-4")
    return _told(DATES[_judged(here, asked, dates=dates)])


def _with_portrait(here: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    portrait = wire.picture(wire.text(asked, "ImageBase64"))
    if portrait is None:
        raise wire.RefusedError("FailedOperation.LifePhotoDetectNoFaces", "no picture")
    found = _judgement(here, asked, portrait=portrait)
    finding = found.finding
    if finding is Finding.SAME:
        return {"Sim": found.score, "Result": "Success", "Description": "成功"}
    if finding in (Finding.OTHER_FACE, Finding.GREY_FACE):
        return {"Sim": found.score, "Result": FACE[finding], "Description": "相似度过低"}
    raise wire.RefusedError(FACE[finding], finding)


ACTIONS = {
    "IdCardVerification": _two_elements,
    "PhoneVerification": _with_phone,
    "CheckIdNameDate": _with_dates,
    "ImageRecognitionV2": _with_portrait,
}


def _judged(here: Desk, asked: dict[str, Any], **more: Any) -> Finding:
    return _judgement(here, asked, **more).finding


def _judgement(here: Desk, asked: dict[str, Any], **more: Any) -> Judgement:
    question = Question(name=asked["Name"], id_number=asked["IdCard"], **more)
    found = judge(here.register, question, here.fault, here.matcher)
    action = request.headers["x-tc-action"]
    here.note(action, masked(question.name, question.id_number), found.finding)
    return found


def _told(result: str) -> dict[str, Any]:
    return {"Result": result, "Description": "认证通过" if result == "0" else "未通过"}
