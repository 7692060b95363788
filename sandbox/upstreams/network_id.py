"""The network ID (网号/网证): a page, a code, and a signed answer; the profile is our own."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from sandbox.authorities.wire import answer, compact
from sandbox.crypto.rsa import PrivateKey, PublicKey
from sandbox.upstreams import counter, screen
from sandbox.upstreams.codes import CodeRefusedError, Why
from sandbox.upstreams.faults import EVERYWHERE, Fault
from sandbox.upstreams.office import Desk, Upstream, desk
from sandbox.upstreams.wallets import Holder
from sandbox.wording import Both

_CODES = {Why.UNKNOWN: "1001", Why.USED: "1002", Why.EXPIRED: "1003"}
_ORG, _SIGN, _BUSY, _QUOTA = "2001", "2002", "9001", "9002"
_VALID, _CANCELLED, _WITH_FACE = "0", "3", "2"

pages = Blueprint("network_id_pages", __name__, url_prefix="/network_id")
wire = Blueprint("network_id_api", __name__, url_prefix="/network_id")

UPSTREAM = Upstream(
    key="network_id",
    name=Both("国家网络身份（网号、网证）", "National network ID"),
    about=Both(
        "只返回核验结果与业务标识；明文姓名须另行同意。没有公开接口，格式系我们自拟。",
        "A result and a pseudonym; plain names need consent. No interface is published.",
    ),
    genuine=False,
    signatures="bizPackage, sign (RSA-SHA256)",
    faults=(
        *EVERYWHERE,
        Fault.WRONG_SECRET,
        Fault.BAD_SIGNATURE,
        Fault.UNSIGNED,
        Fault.WRONG_NONCE,
        Fault.CLOCK_FAST,
        Fault.CLOCK_SLOW,
        Fault.REVOKED,
        Fault.PLAIN_TEXT,
    ),
    pages=pages,
    wire=wire,
    skin="network-id",
)


class _RefusedError(Exception):
    """An answer without a package."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for; *plain* is the holder's separate consent."""

    holder: Holder
    callback: str
    plain: bool


def _back(here: Desk, holder: Holder | None) -> Response:
    asked = request.args
    told = {"state": asked.get("state", "")}
    if holder is not None:
        plain = "plain" in asked.get("scope", "").split(" ")
        told = {"code": here.codes.issue(Grant(holder, asked["redirectUri"], plain)), **told}
    return screen.send_back(asked["redirectUri"], told, holder)


counter.open_at(
    pages,
    "/v1/authorize",
    knows=lambda here: request.args.get("orgCode") == here.credentials["org_code"],
    callback=lambda _here: request.args.get("redirectUri", ""),
    back=_back,
    items=(
        Both("核验结果与业务标识（不含姓名与号码）", "A result and a pseudonym, and no name"),
        Both("如对方请求：姓名与证件号码", "Where asked for: your name and ID number"),
    ),
)


@wire.post("/v1/result")
def result() -> Response:
    """Change a code for a signed result."""
    here = desk()
    asked = _believed(here)
    try:
        grant: Grant = counter.spend(here, str(asked.get("code", "")))
    except CodeRefusedError as refusal:
        raise _RefusedError(_CODES[refusal.why]) from None
    if asked.get("redirectUri") != grant.callback:
        raise _RefusedError(_CODES[Why.UNKNOWN])
    said: dict[str, Any] = {
        "orgCode": here.credentials["org_code"],
        "nonce": "another" if here.fault is Fault.WRONG_NONCE else asked.get("nonce"),
        "timeStamp": int(here.clock() * 1000),
        "bid": grant.holder.stable("network id", here.credentials["org_code"]).upper()[:32],
        "verifyResult": _VALID,
        "certStatus": _CANCELLED if here.fault is Fault.REVOKED else _VALID,
        "level": _WITH_FACE,
    }
    if grant.plain:
        said["plain"] = {"name": grant.holder.name, "number": grant.holder.id_number}
    here.note("result", grant.holder.nickname, _VALID)
    return _signed(here, compact(said))


@wire.errorhandler(_RefusedError)
def _refused(refusal: _RefusedError) -> Response:
    desk().note("result", "", str(refusal))
    return answer({"resultCode": str(refusal), "resultDesc": "失败"})


def _signed(here: Desk, package: str) -> Response:
    told = {"resultCode": _VALID, "resultDesc": "成功", "bizPackage": package}
    if here.fault is Fault.UNSIGNED:
        return answer(told)
    covered = f"{package} " if here.fault is Fault.BAD_SIGNATURE else package
    signature = PrivateKey.read(here.credentials["service_key"]).sign(covered.encode())
    return answer(told | {"sign": urlsafe_b64encode(signature).decode()})


def _believed(here: Desk) -> dict[str, Any]:
    """Return the package of the question: signed by the organisation, now, for the first time."""
    feigned = {
        Fault.ERROR_IN_200: _BUSY,
        Fault.RATE_LIMIT: _QUOTA,
        Fault.WRONG_APP: _ORG,
        Fault.WRONG_SECRET: _SIGN,
    }
    if here.fault in feigned:
        raise _RefusedError(feigned[here.fault])
    key = PublicKey.read(here.credentials["organisation_public_key"])
    try:
        body = request.get_json(silent=True) or {}
        package = body["bizPackage"].encode()
        good = key.verify(package, urlsafe_b64decode(body["sign"]))
        asked = json.loads(package)
        moment, nonce = int(asked["timeStamp"]) / 1000, str(asked["nonce"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _RefusedError(_SIGN) from None
    if not good or not here.in_time(moment) or not here.freshness.first_time(nonce):
        raise _RefusedError(_SIGN)
    if asked.get("orgCode") != here.credentials["org_code"]:
        raise _RefusedError(_ORG)
    return dict(asked)
