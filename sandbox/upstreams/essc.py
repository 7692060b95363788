"""The electronic social-security card's pages: consent to a site, and the camera that scans."""

import json
from base64 import b64decode

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.crypto.pem import read_key
from sandbox.crypto.sm2 import verify
from sandbox.upstreams import essc_api, screen
from sandbox.upstreams.essc_api import Grant, Scan, State, channel_key, scans
from sandbox.upstreams.faults import EVERYWHERE, Fault
from sandbox.upstreams.office import Desk, Upstream, desk
from sandbox.wording import Both

SIGNED = ("_api_access_id", "_api_name", "_api_timestamp", "security")
SHARED = (
    Both("姓名、社会保障号码", "Your name and social security number"),
    Both("签发号、签发等级、手机号", "The card's signing number and level, your phone"),
)

bp = Blueprint("essc_pages", __name__)

UPSTREAM = Upstream(
    key="essc",
    name=Both("电子社保卡", "Electronic social-security card"),
    about=Both(
        "授权页、令牌接口、扫码登录；参数用 SM2 加密并签名。",
        "Authorization, tokens and scanning; parameters are sealed and signed with SM2.",
    ),
    genuine=False,
    signatures="SM2 with SM3",
    faults=(
        *EVERYWHERE,
        Fault.BAD_SIGNATURE,
        Fault.CLOCK_FAST,
        Fault.CLOCK_SLOW,
        Fault.NONCE_REPLAYED,
        Fault.OTHER_USER,
        Fault.EXPIRED_CARD,
        Fault.PLAIN_TEXT,
    ),
    pages=bp,
    wire=essc_api.bp,
    code_lifetime=60.0,
    skin="essc",
)


@bp.get("/h5/index")
def authorize() -> ResponseReturnValue:
    """Ask whoever's card this is."""
    here = desk()
    refusal, _ = _read(here)
    if refusal is not None:
        return refusal
    return screen.ask(Both("申请使用你的电子社保卡登录", "would like to use your card"), SHARED)


@bp.post("/h5/index")
def decide() -> ResponseReturnValue:
    """Send the browser back, with an authCode or without one."""
    here = desk()
    refusal, sequence = _read(here)
    if refusal is not None:
        return refusal
    if not here.freshness.first_time(f"busiSeq {sequence}"):
        return screen.refuse("4003", Both("请求已被用过", "The request was used before"))
    holder = screen.decided()
    parameters = {"state": request.args.get("state", "")}
    if holder is not None:
        parameters = {"authCode": here.codes.issue(Grant(holder, sequence)), **parameters}
    return screen.send_back(request.args["redirect_uri"], parameters, holder)


@bp.get("/phone/scan")
def camera() -> ResponseReturnValue:
    """Scan a code: the camera of this phone is a field for the code's text."""
    text = request.args.get("qr", "")
    if not text:
        return render_template("upstreams/scan.html", fault=None)
    scan = _scanned(text)
    if scan is None or scan.state not in (State.NEW, State.SCANNED):
        why = Both("二维码无效或已过期", "This code is unknown, or too old")
        return render_template("upstreams/scan.html", fault=why), 404
    scan.state = State.SCANNED
    return screen.ask(Both("申请在电脑上登录", "asks to sign in on a computer"), SHARED, scan=False)


@bp.post("/phone/scan")
def confirm() -> ResponseReturnValue:
    """Say yes or no to what was scanned."""
    scan = _scanned(request.args.get("qr", ""))
    if scan is None or scan.state is not State.SCANNED:
        abort(400)
    scan.holder = screen.decided()
    scan.state = State.CONFIRMED if scan.holder else State.CANCELLED
    return render_template("upstreams/scanned.html", confirmed=scan.holder is not None)


def _scanned(text: str) -> Scan | None:
    return scans(desk()).find(text.removeprefix("essc:")) if text.startswith("essc:") else None


def _read(here: Desk) -> tuple[ResponseReturnValue | None, str]:
    """Return our refusal, or None and the business number that was sealed for us."""
    asked = request.args
    wrong = asked.get("_api_access_id") != here.credentials["access_id"]
    if wrong or here.fault is Fault.WRONG_APP or asked.get("_api_name") != "auth":
        return screen.refuse("4004", Both("渠道不存在", "The channel is unknown")), ""
    if not here.knows_callback(asked.get("redirect_uri", "")):
        return screen.refuse("4005", Both("回调地址未登记", "The callback is not registered")), ""
    if not _is_signed(here):
        return screen.refuse("4003", Both("签名不正确", "The signature does not fit")), ""
    told = asked["_api_timestamp"]
    if not here.in_time(int(told) / 1000 if told.isdecimal() else 0.0):
        return screen.refuse("4003", Both("时间戳超出范围", "The timestamp is out of range")), ""
    sequence = _unsealed(here)
    if not sequence:
        return screen.refuse("4001", Both("参数无法解密", "The parameters cannot be opened")), ""
    return None, sequence


def _is_signed(here: Desk) -> bool:
    text = "&".join(f"{name}={request.args.get(name, '')}" for name in SIGNED)
    try:
        signature = b64decode(request.args.get("_api_signature", ""), validate=True)
    except ValueError:
        return False
    return verify(channel_key(here), text.encode(), signature)


def _unsealed(here: Desk) -> str:
    """Return the business number inside of `security`; empty when it was not sealed for us."""
    try:
        sealed = b64decode(request.args["security"], validate=True)
        inside = json.loads(read_key(here.credentials["platform_key"]).decrypt(sealed))
        if inside["channelNo"] != here.credentials["channel_no"]:
            return ""
        return str(inside["busiSeq"])
    except (ValueError, KeyError, TypeError):
        return ""
