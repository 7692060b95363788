"""The cloud check in Aliyun's shape (cloudauth 2019-03-07), signed with ACS3-HMAC-SHA256."""

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
from sandbox.authorities.findings import Finding, Question, judge, plain_name
from sandbox.authorities.journal import masked
from sandbox.authorities.office import Desk, Office, desk
from sandbox.register import Citizen
from sandbox.wording import Both

SKEW = 900.0
VERSION = "2019-03-07"
SCHEME = "ACS3-HMAC-SHA256"
MUST_SIGN = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"}
AUTHORIZATION = re.compile(
    rf"{SCHEME} Credential=([^,\s]+),\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{{64}})"
)
MAINLAND = "+86"

bp = Blueprint("aliyun", __name__)

OFFICE = Office(
    key="aliyun",
    name=Both("云上实人核验（阿里云格式）", "Cloud check in Aliyun's shape"),
    about=Both(
        "二要素、手机号三要素、人像比对；参数可为明文或 MD5。",
        "Two elements, phone as a third, portrait; in clear or hashed with MD5.",
    ),
    genuine=True,
    wire="ACS3-HMAC-SHA256, Id2MetaVerify, Mobile3MetaDetailVerify, Id3MetaVerify",
    faults=(*WITH_PORTRAITS, Fault.GREY_FACE),
    blueprint=bp,
)

NOBODY = (Finding.NO_RECORD, Finding.DECEASED, Finding.CANCELLED)
MOBILE = {
    Finding.SAME: ("1", "101"),
    Finding.OTHER_PHONE: ("2", "202"),
    Finding.OTHER_NAME: ("2", "203"),
} | dict.fromkeys(NOBODY, ("3", "301"))
FACE = {
    Finding.SAME: ("1", "101"),
    Finding.OTHER_NAME: ("2", "201"),
    Finding.NO_PHOTO: ("3", "203"),
    Finding.GREY_FACE: ("2", "202"),
    Finding.OTHER_FACE: ("2", "204"),
    Finding.UNFIT_FACE: ("2", "205"),
} | dict.fromkeys(NOBODY, ("3", "301"))


@bp.post("/")
def call() -> Response:
    """Answer one call; the action is in a header."""
    here = desk()
    action = request.headers.get("x-acs-action", "")
    try:
        _believe(here)
        _refuse_by_fault(here)
        return wire.answer(_envelope("200", "success", _action(action)(here)))
    except wire.RefusedError as refusal:
        here.note(action, "", refusal.code)
        inside = refusal.code.isdecimal()
        return wire.answer(_envelope(refusal.code, str(refusal)), 200 if inside else 400)


def _action(name: str) -> Callable[[Desk], dict[str, str]]:
    if request.headers.get("x-acs-version") != VERSION or name not in ACTIONS:
        raise wire.RefusedError("InvalidAction.NotFound", "no such action")
    return ACTIONS[name]


def _believe(here: Desk) -> None:
    """Check credential, date, nonce, body and signature, in the order of the vendor."""
    match = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if match is None or not set(match[2].split(";")) >= MUST_SIGN:
        raise wire.RefusedError("IncompleteSignature", "the authorization is not complete")
    if match[1] != here.credentials["access_key_id"]:
        raise wire.RefusedError("InvalidAccessKeyId.NotFound", "the key is not known")
    if here.fault is Fault.STALE or not here.freshness.in_time(_date(), SKEW):
        raise wire.RefusedError("InvalidTimeStamp.Expired", "x-acs-date is out of range")
    spoilt = here.fault is Fault.BAD_SIGNATURE
    if spoilt or not hmac.compare_digest(_signature(here, match[2]), match[3]):
        raise wire.RefusedError("SignatureDoesNotMatch", "the signature does not fit")
    if not here.freshness.first_time(request.headers["x-acs-signature-nonce"]):
        raise wire.RefusedError("SignatureNonceUsed", "the nonce was used before")


def _date() -> float:
    told = request.headers.get("x-acs-date", "")
    try:
        return datetime.strptime(told, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _signature(here: Desk, signed: str) -> str:
    body = hashlib.sha256(request.get_data()).hexdigest()
    lines = [f"{name}:{request.headers.get(name, '').strip()}\n" for name in signed.split(";")]
    query = request.query_string.decode()
    canonical = "\n".join(("POST", request.path, query, "".join(lines), signed, body))
    told = f"{SCHEME}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    secret = here.credentials["access_key_secret"].encode()
    return hmac.new(secret, told.encode(), hashlib.sha256).hexdigest()


def _refuse_by_fault(here: Desk) -> None:
    if here.fault is Fault.RATE_LIMIT:
        raise wire.RefusedError("Throttling.User", "too many calls")
    if here.fault is Fault.ERROR_IN_200:
        raise wire.RefusedError("500", "internal error")


def _envelope(code: str, message: str, result: dict[str, str] | None = None) -> dict[str, Any]:
    told = {"RequestId": str(uuid.uuid4()).upper(), "Code": code, "Message": message}
    return told if result is None else {**told, "ResultObject": result}


def _two_elements(here: Desk) -> dict[str, str]:
    finding = _judged(here, _asked(here, _halves))
    return {"BizCode": "1" if finding is Finding.SAME else "3" if finding in NOBODY else "2"}


def _with_phone(here: Desk) -> dict[str, str]:
    code, detail = MOBILE[_judged(here, _asked(here, _wholes, phone=True))]
    return {"BizCode": code, "SubCode": detail, "IspName": "CMCC"}


def _with_portrait(here: Desk) -> dict[str, str]:
    portrait = wire.picture(request.form.get("FacePicture", ""))
    if portrait is None:
        return {"BizCode": "2", "SubCode": "205"}
    question = _asked(here, _halves)
    asked = Question(name=question.name, id_number=question.id_number, portrait=portrait)
    code, detail = FACE[_judged(here, asked)]
    return {"BizCode": code, "SubCode": detail}


ACTIONS = {
    "Id2MetaVerify": _two_elements,
    "Mobile3MetaDetailVerify": _with_phone,
    "Id3MetaVerify": _with_portrait,
}


def _judged(here: Desk, question: Question) -> Finding:
    finding = judge(here.register, question, here.fault, here.matcher).finding
    action = request.headers["x-acs-action"]
    here.note(action, masked(question.name, question.id_number), finding)
    return finding


def _asked(here: Desk, hashed: Any, *, phone: bool = False) -> Question:
    """Return what is asked; hashed values are found again among those on file."""
    name, number = (request.form.get(n, "") for n in ("UserName", "IdentifyNum"))
    mobile = request.form.get("Mobile", "") if phone else None
    if not name or not number or mobile == "":
        raise wire.RefusedError("401", "a parameter is missing")
    if request.form.get("ParamType") != "md5":
        return Question(name=name, id_number=number, phone=mobile and _plain(mobile))
    for citizen in here.register.citizens():
        if hashed(citizen, "number") == number:
            known = citizen.phone and (_md5(citizen.phone) == mobile)
            return Question(
                name=citizen.name if hashed(citizen, "name") == name else "?",
                id_number=citizen.id_number,
                phone=None if mobile is None else citizen.phone if known else "?",
            )
    return Question(name="?", id_number="?", phone=mobile)


def _plain(mobile: str) -> str:
    return mobile.removeprefix(MAINLAND)


def _halves(citizen: Citizen, which: str) -> str:
    """Return the name's first character, or the birth date in the number, hashed."""
    if which == "name":
        name = plain_name(citizen.name)
        return _md5(name[0]) + name[1:]
    number = citizen.id_number
    return number[:6] + _md5(number[6:14]) + number[14:]


def _wholes(citizen: Citizen, which: str) -> str:
    return _md5(plain_name(citizen.name) if which == "name" else citizen.id_number)


def _md5(told: str) -> str:
    return hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()
