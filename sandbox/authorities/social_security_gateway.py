"""Social security: is this person insured. The wire profile is our own; both sides sign."""

import hmac
import json
from typing import Any

from flask import Blueprint, Response, request

from sandbox.authorities import wire
from sandbox.authorities.faults import EVERYWHERE, Fault
from sandbox.authorities.findings import Finding, Question, judge
from sandbox.authorities.journal import masked
from sandbox.authorities.office import Desk, Office, desk
from sandbox.crypto.sm3 import hmac_sm3
from sandbox.wording import Both

MILLISECONDS = 1000.0
SAME, DIFFERENT, NOBODY = "1", "2", "3"

bp = Blueprint("social_security_gateway", __name__)

OFFICE = Office(
    key="social_security_gateway",
    name=Both("社会保险参保核验", "Social security"),
    about=Both(
        "按姓名、号码、社保卡号核验参保状态。",
        "Whether somebody is insured, by name, number and card.",
    ),
    genuine=False,
    wire="JSON, HMAC-SM3",
    faults=EVERYWHERE,
    blueprint=bp,
)


@bp.post("/api/v1/insured/verify")
def verify() -> Response:
    """Say whether somebody is insured."""
    here = desk()
    nonce = ""
    try:
        asked = _believed(here)
        nonce = wire.text(asked, "nonce")
        told: dict[str, Any] = {"code": "0", "msg": "", "data": _found(here, asked)}
    except wire.RefusedError as refusal:
        here.note("verify", "", f"{refusal.code} {refusal}")
        told = {"code": refusal.code, "msg": str(refusal), "data": None}
    return wire.answer(_signed(here, {**told, "nonce": nonce}))


def _believed(here: Desk) -> dict[str, Any]:
    try:
        asked = wire.json_object(request.get_data())
    except ValueError as error:
        raise wire.RefusedError("4001", "no JSON object") from error
    if any(not isinstance(value, str) for value in asked.values()):
        raise wire.RefusedError("4001", "every field is a text")
    given = asked.pop("sign", "")
    told = "&".join(f"{name}={asked[name]}" for name in sorted(asked))
    right = hmac_sm3(here.credentials["secret"].encode(), told.encode()).hex()
    known = asked.get("access_id") == here.credentials["access_id"]
    if not known or not hmac.compare_digest(right.encode(), given.encode()):
        raise wire.RefusedError("4003", "the signature does not fit")
    in_time = here.freshness.in_time(wire.moment(asked.get("timestamp", ""), MILLISECONDS))
    if here.fault is Fault.STALE or not in_time:
        raise wire.RefusedError("4003", "the timestamp is out of range")
    if not asked.get("nonce") or not here.freshness.first_time(asked["nonce"]):
        raise wire.RefusedError("4003", "the nonce was used before")
    _refuse_by_fault(here)
    if not asked.get("AAC002") or not asked.get("AAC003"):
        raise wire.RefusedError("4001", "AAC002 and AAC003 are expected")
    return asked


def _refuse_by_fault(here: Desk) -> None:
    if here.fault is Fault.RATE_LIMIT:
        raise wire.RefusedError("4290", "too many calls")
    if here.fault is Fault.ERROR_IN_200:
        raise wire.RefusedError("5000", "something broke")


def _found(here: Desk, asked: dict[str, Any]) -> dict[str, str]:
    question = Question(name=asked["AAC003"], id_number=asked["AAC002"])
    finding = judge(here.register, question, here.fault, here.matcher).finding
    card = here.register.insured(question.id_number)
    if card is None or finding in (Finding.NO_RECORD, Finding.DECEASED, Finding.CANCELLED):
        told = {"result": NOBODY, "AAC008": "", "AAB301": ""}
    else:
        asked_for = (asked.get("AAZ500", card.card_number), asked.get("AAB301", card.region))
        same = finding is Finding.SAME and asked_for == (card.card_number, card.region)
        # Whoever asked wrongly learns nothing more.
        told = {
            "result": SAME if same else DIFFERENT,
            "AAC008": card.state if same else "",
            "AAB301": card.region if same else "",
        }
    here.note("verify", masked(question.name, question.id_number), told["result"])
    return told


def _signed(here: Desk, told: dict[str, Any]) -> dict[str, Any]:
    data = json.dumps(told["data"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    message = f"code={told['code']}&data={data}&msg={told['msg']}&nonce={told['nonce']}"
    if here.fault is Fault.BAD_SIGNATURE:
        message += " "
    secret = here.credentials["secret"].encode()
    return {**told, "sign": hmac_sm3(secret, message.encode()).hex()}
