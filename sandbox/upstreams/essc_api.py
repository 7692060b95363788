"""The card platform's API, in a profile of our own: JSON both ways, SM2 signatures both ways."""

import secrets
import threading
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from flask import Blueprint, Response, request

from sandbox.authorities import wire
from sandbox.crypto.pem import read_key, unarmour
from sandbox.crypto.sm2 import POINT, verify
from sandbox.upstreams.codes import CodeRefusedError, Why
from sandbox.upstreams.faults import Fault
from sandbox.upstreams.office import Desk, desk
from sandbox.upstreams.wallets import Holder, holders

SCAN_LIFETIME = 300
SIGNED_FOR = timedelta(days=3650)
SIGNED_ON = date(2024, 5, 20)
MILLISECONDS = 1000.0
NO_CODE = {
    Why.UNKNOWN: wire.RefusedError("4010", "authCode unknown"),
    Why.USED: wire.RefusedError("4011", "authCode was used before"),
    Why.EXPIRED: wire.RefusedError("4012", "authCode has expired"),
}

bp = Blueprint("essc_api", __name__)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an authCode stands for: somebody, in answer to one question."""

    holder: Holder
    sequence: str


class State(StrEnum):
    """How far a displayed code has come."""

    NEW = "NEW"
    SCANNED = "SCANNED"
    CONFIRMED = "CONFIRMED"
    USED = "USED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


@dataclass(slots=True)
class Scan:
    """A code that is displayed somewhere."""

    until: float
    state: State = State.NEW
    holder: Holder | None = None


class Scans:
    """Every code that is displayed."""

    def __init__(self) -> None:
        self._scans: dict[str, Scan] = {}
        self._lock = threading.Lock()

    def new(self) -> str:
        qrid, now = secrets.token_hex(16), time.time()
        with self._lock:
            self._scans = {k: s for k, s in self._scans.items() if s.until > now - SCAN_LIFETIME}
            self._scans[qrid] = Scan(now + SCAN_LIFETIME)
        return qrid

    def find(self, qrid: str) -> Scan | None:
        with self._lock:
            scan = self._scans.get(qrid)
            if scan is not None and scan.until < time.time() and scan.state is not State.USED:
                scan.state = State.EXPIRED
            return scan


def scans(here: Desk) -> Scans:
    found: Scans = here.memory.setdefault("scans", Scans())
    return found


def channel_key(here: Desk) -> bytes:
    """Return the point by which the channel's signatures are verified."""
    return unarmour(here.credentials["channel_public_key"], "PUBLIC KEY")[-POINT:]


@bp.post("/api/v1/auth/token")
def token() -> Response:
    """Change an authCode for whoever's card it was."""
    return _answered("token", ("access_id", "authCode", "nonce", "timestamp"), _redeemed)


@bp.post("/api/v1/qr/create")
def create() -> Response:
    """Return a code to be displayed."""

    def made(here: Desk, _asked: dict[str, Any]) -> dict[str, str]:
        qrid = scans(here).new()
        return {"qrid": qrid, "content": f"essc:{qrid}", "expiresIn": str(SCAN_LIFETIME)}

    return _answered("qr/create", ("access_id", "nonce", "timestamp"), made)


@bp.post("/api/v1/qr/status")
def status() -> Response:
    """Say how far a displayed code has come; who confirmed it is told once, by an authCode."""

    def told(here: Desk, asked: dict[str, Any]) -> dict[str, str]:
        scan = scans(here).find(wire.text(asked, "qrid"))
        if scan is None:
            raise wire.RefusedError("4010", "qrid unknown")
        if scan.state is not State.CONFIRMED or scan.holder is None:
            return {"state": scan.state}
        scan.state = State.USED
        code = here.codes.issue(Grant(scan.holder, wire.text(asked, "qrid")))
        return {"state": State.CONFIRMED, "authCode": code}

    return _answered("qr/status", ("access_id", "nonce", "qrid", "timestamp"), told)


def _redeemed(here: Desk, asked: dict[str, Any]) -> dict[str, str]:
    feigned = {Fault.CODE_REPLAYED: Why.USED, Fault.CODE_EXPIRED: Why.EXPIRED}
    if here.fault in feigned:
        raise NO_CODE[feigned[here.fault]]
    try:
        grant: Grant = here.codes.spend(wire.text(asked, "authCode"))
    except CodeRefusedError as refusal:
        raise NO_CODE[refusal.why] from None
    holder, sequence = grant.holder, grant.sequence
    if here.fault is Fault.OTHER_USER:
        holder = next(one for one in holders(here.register) if one != grant.holder)
        sequence = secrets.token_hex(16)
    insured = here.register.insured(holder.id_number)
    ends = SIGNED_ON if here.fault is Fault.EXPIRED_CARD else date.today() + SIGNED_FOR  # noqa: DTZ011
    return {
        "busiSeq": sequence,
        "esscNo": f"E{holder.stable('essc card')[:19].upper()}",
        "signNo": holder.stable("essc signing")[:32],
        "aac002": holder.id_number,
        "aac003": holder.name,
        "aac067": holder.phone,
        "aab301": insured.region if insured else "",
        "signLevel": "2",
        "signDate": f"{SIGNED_ON:%Y%m%d}",
        "validDate": f"{ends:%Y%m%d}",
    }


def _answered(name: str, members: tuple[str, ...], answer: Any) -> Response:
    """Answer a signed question with a signed answer, or with why not."""
    here, nonce = desk(), ""
    try:
        asked = _believed(here, members)
        nonce = wire.text(asked, "nonce")
        data = wire.compact(answer(here, asked))
        code, message = "0", ""
        here.note(name, "", "ok")
    except wire.RefusedError as refusal:
        code, message, data = refusal.code, str(refusal), "null"
        here.note(name, "", f"{code} {message}")
    key = read_key(here.credentials["platform_key"])
    covered = f"{nonce}\n{data}{' ' if here.fault is Fault.BAD_SIGNATURE else ''}"
    sign = b64encode(key.sign(covered.encode())).decode()
    head = wire.compact({"code": code, "msg": message, "nonce": nonce, "sign": sign})
    return Response(f'{head[:-1]},"data":{data}}}', content_type=wire.JSON)


def _believed(here: Desk, members: tuple[str, ...]) -> dict[str, Any]:
    busy = {
        Fault.ERROR_IN_200: ("5000", "something broke"),
        Fault.RATE_LIMIT: ("4290", "too many calls"),
        Fault.WRONG_APP: ("4004", "access_id unknown"),
    }
    if here.fault in busy:
        raise wire.RefusedError(*busy[here.fault])
    try:
        asked = wire.json_object(request.get_data())
        signature = b64decode(wire.text(asked, "sign"), validate=True)
    except ValueError:
        raise wire.RefusedError("4001", "no JSON object") from None
    if asked.get("access_id") != here.credentials["access_id"]:
        raise wire.RefusedError("4004", "access_id unknown")
    told = "&".join(f"{member}={wire.text(asked, member)}" for member in members)
    if not verify(channel_key(here), told.encode(), signature):
        raise wire.RefusedError("4003", "the signature does not fit")
    if not here.in_time(wire.moment(wire.text(asked, "timestamp"), MILLISECONDS)):
        raise wire.RefusedError("4003", "the timestamp is out of range")
    new = bool(asked.get("nonce")) and here.freshness.first_time(wire.text(asked, "nonce"))
    if not new or here.fault is Fault.NONCE_REPLAYED:
        raise wire.RefusedError("4003", "the nonce was used before")
    return asked
