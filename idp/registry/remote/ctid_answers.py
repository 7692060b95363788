"""What CTID's answers mean: who signed them, when, about what, and with which result."""

import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp import clock
from idp.crypto import gmt0010
from idp.crypto.sm2 import ShangmiError
from idp.crypto.sm2_certificates import Certificate
from idp.registry.ports import AuthorityError
from idp.registry.remote import signed_json
from idp.registry.results import Result

FRESH = 300
"""Seconds that an answer's time may differ from ours."""

_TIME = re.compile(r"[0-9]{17}")
_SERIAL = re.compile(r"[0-9A-Za-z_-]{1,64}")

# Position 1 is the identity, position 2 the portrait; 0 consistent, 5 not, X not looked at.
_WITHOUT_PORTRAIT = {"0XXX": Result.MATCH, "5XXX": Result.MISMATCH}
_WITH_PORTRAIT = {
    "00XX": Result.MATCH,
    "05XX": Result.FACE_MISMATCH,
    "5XXX": Result.MISMATCH,
    "50XX": Result.MISMATCH,
    "55XX": Result.MISMATCH,
}

# fmt: off
_VOCABULARY = tuple((re.compile(words), result, reason) for words, result, reason in (
    ("库中无人像",                         Result.NO_PHOTO,      "no_photo"),
    ("非同一人",                           Result.FACE_MISMATCH, "not_the_same_person"),
    ("不在库|库中无此号",                  Result.NO_RECORD,     "not_in_register"),
    ("人员已死亡",                         Result.NO_RECORD,     "deceased"),
    ("户口已注销",                         Result.NO_RECORD,     "cancelled"),
    ("(?<!人像)不一致",                    Result.MISMATCH,      "not_consistent"),
    ("次数耗尽",                           Result.RATE_LIMITED,  "rate_limited"),
    ("身份信息无效",                       Result.BAD_INPUT,     "identity_invalid"),
    ("参数错误",                           Result.BAD_INPUT,     "parameters"),
    ("人像数据有误|非JPEG|质量不合格",     Result.BAD_INPUT,     "portrait_unfit"),
))
# fmt: on
_ABOUT_PORTRAITS = frozenset({"no_photo", "not_the_same_person", "portrait_unfit"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What an answer says, in our words; *reason* is for the record."""

    result: Result
    reason: str


def package_of(body: bytes, authority: Certificate) -> dict[str, Any]:
    """Return the bizPackage of *body*, which *authority* signed as it stands there.

    Raises:
        AuthorityError: it did not, or the answer is garbled.
    """
    if not authority.current:
        raise AuthorityError(detail="ctid: the authority's certificate is not current")
    try:
        members = signed_json.read(body)
        package, octets = members["bizPackage"]
        message = b64decode("".join(members["sign"][0].split()), validate=True)
        gmt0010.verify(message, authority, octets)
    except (KeyError, AttributeError, ValueError):
        raise AuthorityError(detail="ctid: the answer is garbled") from None
    except ShangmiError as error:
        raise AuthorityError(detail=f"ctid: {error.detail}") from None
    if not isinstance(package, dict):
        raise AuthorityError(detail="ctid: the answer's bizPackage is no object")
    return package


def check_occasion(package: dict[str, Any], *, customer: str, app: str) -> None:
    """Make sure that *package* was made now, and for us.

    Raises:
        AuthorityError: it was not, or does not say when.
    """
    said = package.get("timeStamp")
    if not isinstance(said, str) or not _TIME.fullmatch(said):
        raise AuthorityError(detail="ctid: the answer has no time")
    try:
        moment = datetime.strptime(said + "000+0800", "%Y%m%d%H%M%S%f%z")
    except ValueError:
        raise AuthorityError(detail="ctid: the answer's time does not exist") from None
    age = (clock.now() - moment).total_seconds()
    if not abs(age) <= FRESH:
        raise AuthorityError(detail=f"ctid: the answer is {age:.0f} s old")
    ours = (("customerNumber", customer), ("customNumber", customer), ("appName", app))
    for name, value in ours:
        if package.get(name) not in (None, value):
            raise AuthorityError(detail=f"ctid: the answer's {name} is not ours")


def serial_of(package: dict[str, Any]) -> str:
    """Return the serial number of *package*.

    Raises:
        AuthorityError: it has none.
    """
    serial = package.get("businessSerialNumber")
    if not isinstance(serial, str) or not _SERIAL.fullmatch(serial):
        raise AuthorityError(detail="ctid: the answer has no serial number")
    return serial


def refusal(package: dict[str, Any]) -> Finding | None:
    """Return what the errorDesc of *package* says, or None when it is empty.

    Raises:
        AuthorityError: it says something that we do not know, or two things at once.
    """
    said = package.get("errorDesc")
    if said in (None, ""):
        return None
    text = said if isinstance(said, str) else ""
    known = [Finding(result, reason) for words, result, reason in _VOCABULARY if words.search(text)]
    if len(known) != 1:
        raise AuthorityError(detail="ctid: the answer's errorDesc is not understood")
    return known[0]


def finding(package: dict[str, Any], *, portrait: bool) -> Finding:
    """Return what the second answer found; *portrait* if one was sent.

    Raises:
        AuthorityError: it is unclear.
    """
    refused = refusal(package)
    if refused is not None:
        if refused.reason in _ABOUT_PORTRAITS and not portrait:
            raise AuthorityError(detail="ctid: an answer about a portrait that was not sent")
        return refused
    code = package.get("authResult")
    results = _WITH_PORTRAIT if portrait else _WITHOUT_PORTRAIT
    if package.get("success") is not True or not isinstance(code, str) or code not in results:
        raise AuthorityError(detail="ctid: the answer's authResult is not understood")
    return Finding(results[code], code)


def check_serial(package: dict[str, Any], serial: str, found: Finding) -> None:
    """Make sure that *package* answers the question numbered *serial*.

    Only a refusal to answer may leave the number out: nothing is learned from it.

    Raises:
        AuthorityError: it answers another one.
    """
    if found.result.unanswered and package.get("businessSerialNumber") is None:
        return
    if serial_of(package) != serial:
        raise AuthorityError(detail="ctid: the answer is to another question")
