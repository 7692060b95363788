"""Travel documents and foreigners' residence. The wire profile is our own; both sides sign."""

import hmac
from typing import Any

from flask import Blueprint, Response, request

from sandbox.authorities import wire
from sandbox.authorities.faults import WITH_PORTRAITS, Fault
from sandbox.authorities.findings import Finding, compared, plain_name
from sandbox.authorities.journal import masked
from sandbox.authorities.office import Desk, Office, desk
from sandbox.crypto.sm3 import hmac_sm3, sm3
from sandbox.register import TravelPaper
from sandbox.wording import Both

SAME, DIFFERENT, NOBODY = "1", "2", "3"
UNLIKE = 12

bp = Blueprint("immigration", __name__)

OFFICE = Office(
    key="immigration",
    name=Both("出入境证件核验", "Travel documents"),
    about=Both(
        "护照、港澳台居民来往内地通行证、外国人永久居留身份证。",
        "Passports, permits of Hong Kong, Macao and Taiwan residents, foreign residents' cards.",
    ),
    genuine=False,
    wire="JSON, HMAC-SM3",
    faults=WITH_PORTRAITS,
    blueprint=bp,
)


@bp.post("/nia/verify")
def verify() -> Response:
    """Say whether a document is this traveller's, and whether it is still good."""
    here = desk()
    try:
        told: dict[str, Any] = {"code": "0000", "msg": "", "data": _found(here, _believed(here))}
    except wire.RefusedError as refusal:
        here.note("verify", "", f"{refusal.code} {refusal}")
        told = {"code": refusal.code, "msg": str(refusal), "data": None}
    answer = wire.answer(told)
    answer.headers["X-NIA-Signature"] = _signature_of(here, answer.get_data())
    return answer


def _believed(here: Desk) -> dict[str, Any]:
    """Check who asks and when, and that it is asked for the first time."""
    names = ("App", "Timestamp", "Nonce", "Signature")
    app, timestamp, nonce, given = (request.headers.get(f"X-NIA-{n}", "") for n in names)
    body = request.get_data()
    told = "\n".join((app, timestamp, nonce, sm3(body).hex()))
    right = hmac_sm3(here.credentials["secret"].encode(), told.encode()).hex()
    if app != here.credentials["app_id"] or not hmac.compare_digest(right.encode(), given.encode()):
        raise wire.RefusedError("1003", "the signature does not fit")
    if here.fault is Fault.STALE or not here.freshness.in_time(wire.moment(timestamp)):
        raise wire.RefusedError("1003", "the timestamp is out of range")
    if not nonce or not here.freshness.first_time(nonce):
        raise wire.RefusedError("1003", "the nonce was used before")
    if here.fault is Fault.RATE_LIMIT:
        raise wire.RefusedError("1029", "too many calls")
    if here.fault is Fault.ERROR_IN_200:
        raise wire.RefusedError("9999", "something broke")
    return _read(body)


def _read(body: bytes) -> dict[str, Any]:
    try:
        asked = wire.json_object(body)
        wire.day(wire.text(asked, "birthDate"))
    except ValueError as error:
        raise wire.RefusedError("1001", "no JSON object with a birth date") from error
    if not wire.text(asked, "docType") or not wire.text(asked, "docNo"):
        raise wire.RefusedError("1001", "docType and docNo are expected")
    return asked


def _found(here: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    paper = here.register.paper(asked["docType"], asked["docNo"])
    name = wire.text(asked, "nameCn") or wire.text(asked, "nameEn")
    if paper is None or here.fault in (Fault.NO_RECORD, Fault.DECEASED):
        here.note(asked["docType"], masked(name, asked["docNo"]), NOBODY)
        return {"result": NOBODY}
    fields = _compared(paper, asked, name)
    if here.fault is Fault.MISMATCH:
        fields["name"] = DIFFERENT
    same = DIFFERENT not in fields.values() and _same_country_and_issue(paper, asked)
    told = {
        "result": SAME if same else DIFFERENT,
        "fields": fields,
        "docStatus": paper.status,
        **_face(here, paper, asked),
    }
    here.note(asked["docType"], masked(name, asked["docNo"]), f"{told['result']} {paper.status}")
    return told


def _compared(paper: TravelPaper, asked: dict[str, Any], name: str) -> dict[str, str]:
    good = {
        "name": plain_name(name) in {plain_name(paper.holder), plain_name(paper.holder_latin)},
        "birth": wire.text(asked, "birthDate") == f"{paper.birth:%Y%m%d}",
    }
    if "expireDate" in asked:
        good["expire"] = asked["expireDate"] == f"{paper.expires:%Y%m%d}"
    return {field: SAME if fits else DIFFERENT for field, fits in good.items()}


def _same_country_and_issue(paper: TravelPaper, asked: dict[str, Any]) -> bool:
    """Compare nationality, and the number of renewals, if it was told."""
    issue = wire.text(asked, "issueNo") or paper.issue
    return (wire.text(asked, "nationality"), issue) == (paper.nationality, paper.issue)


def _face(here: Desk, paper: TravelPaper, asked: dict[str, Any]) -> dict[str, Any]:
    if "photo" not in asked:
        return {}
    given = wire.picture(wire.text(asked, "photo"))
    if given is None:
        raise wire.RefusedError("1001", "photo is no JPEG")
    if here.fault is Fault.OTHER_FACE:
        return {"faceScore": UNLIKE}
    kept = None if here.fault is Fault.NO_PHOTO else paper.portrait
    found = compared(kept, given, here.matcher)
    if found.finding is Finding.UNFIT_FACE:
        raise wire.RefusedError("1001", "photo shows no single face")
    if found.finding is Finding.NO_PHOTO:
        return {"photo": "NONE"}
    return {"faceScore": found.score}


def _signature_of(here: Desk, body: bytes) -> str:
    nonce = request.headers.get("X-NIA-Nonce", "")
    spoilt = " " if here.fault is Fault.BAD_SIGNATURE else ""
    told = f"{nonce}\n{sm3(body).hex()}{spoilt}"
    return hmac_sm3(here.credentials["secret"].encode(), told.encode()).hex()
