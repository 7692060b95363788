"""Government DingTalk: every request signed over its path, two flags of success in each answer."""

import hmac
from base64 import b64encode
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from sandbox.authorities.wire import answer
from sandbox.upstreams import counter, screen
from sandbox.upstreams.codes import CodeRefusedError
from sandbox.upstreams.faults import EVERYWHERE, Fault
from sandbox.upstreams.office import Desk, Upstream, desk
from sandbox.upstreams.wallets import Holder
from sandbox.wording import Both

PREFIX = "/government_dingtalk"
REALM = "50040001"

pages = Blueprint("government_dingtalk_pages", __name__, url_prefix=PREFIX)
wire = Blueprint("government_dingtalk_api", __name__, url_prefix=PREFIX)

UPSTREAM = Upstream(
    key="government_dingtalk",
    name=Both("政务钉钉", "Government DingTalk"),
    about=Both(
        "每个请求按路径与参数签名；应答有内外两层 success。",
        "Each request is signed over path and parameters; an answer has two flags of success.",
    ),
    genuine=True,
    signatures="X-Hmac-Auth-Signature (HMAC-SHA256)",
    faults=(
        *EVERYWHERE,
        Fault.WRONG_SECRET,
        Fault.TOKEN_EXPIRED,
        Fault.INNER_FAILURE,
        Fault.NONCE_REPLAYED,
        Fault.CLOCK_FAST,
        Fault.CLOCK_SLOW,
        Fault.PLAIN_TEXT,
    ),
    pages=pages,
    wire=wire,
    skin="dingtalk",
)


class _RefusedError(Exception):
    """An answer that is no success."""


def _back(here: Desk, holder: Holder | None) -> Response:
    told = {"state": request.args.get("state", "")}
    if holder is not None:
        told = {"code": here.codes.issue(holder), **told}
    return screen.send_back(request.args["redirect_uri"], told, holder)


counter.open_at(
    pages,
    "/oauth2/auth.htm",
    knows=lambda here: request.args.get("client_id") == here.credentials["app_key"],
    callback=lambda _here: request.args.get("redirect_uri", ""),
    back=_back,
    items=counter.STAFF,
)


@wire.get("/gettoken.json")
def get_token() -> Response:
    """Give the application a token of its own."""
    here = desk()
    _believe(here)
    asked, known = request.args, here.credentials
    if (asked.get("appkey"), asked.get("appsecret")) != (known["app_key"], known["app_secret"]):
        raise _RefusedError("appkey")
    return _told(here, {"accessToken": here.tokens.issue("app"), "expiresIn": 7200})


@wire.post("/rpc/oauth2/getuserinfo_bycode.json")
@wire.post("/rpc/oauth2/dingtalk_app_user.json")
def user_info() -> Response:
    """Change a code for an officer."""
    here, form = desk(), request.form
    _believe(here)
    inside = request.path.endswith("dingtalk_app_user.json")
    try:
        counter.look(here, form.get("access_token", ""))
        holder: Holder = counter.spend(here, form.get("auth_code" if inside else "code", ""))
    except CodeRefusedError as refusal:
        raise _RefusedError(str(refusal)) from None
    here.note(request.path.rpartition("/")[2], holder.nickname, "ok")
    account = int(holder.stable("government_dingtalk")[:12], 16)
    return _told(
        here,
        {
            "accountId": account,
            "account": holder.key,
            "employeeCode": f"GE_{holder.stable('employee')[:24]}",
            "lastName": holder.name,
            "nickNameCn": holder.name,
            "realmId": int(REALM),
            "realmName": "沙盒省",
        },
    )


@wire.errorhandler(_RefusedError)
def _refused(refusal: _RefusedError) -> Response:
    desk().note(request.path.rpartition("/")[2], "", str(refusal))
    return answer({"success": False, "errorCode": str(refusal), "errorMsg": "失败"})


def _told(here: Desk, data: dict[str, Any]) -> Response:
    good = here.fault is not Fault.INNER_FAILURE
    content = {"success": good, "responseCode": "0" if good else "1", "data": data}
    return answer({"success": True, "content": content, "bizErrorCode": "0"})


def _believe(here: Desk) -> None:
    """See that the request is signed by our application, now, and for the first time."""
    headers = request.headers
    if here.fault in (Fault.RATE_LIMIT, Fault.ERROR_IN_200):
        raise _RefusedError(here.fault.value)
    if headers.get("apiKey") != here.credentials["app_key"] or here.fault is Fault.WRONG_APP:
        raise _RefusedError("apiKey")
    moment, nonce = (headers.get(f"X-Hmac-Auth-{n}", "") for n in ("Timestamp", "Nonce"))
    secret = here.credentials["app_secret"]
    secret = secret[::-1] if here.fault is Fault.WRONG_SECRET else secret
    asked = request.args if request.method == "GET" else request.form
    path = request.path.removeprefix(PREFIX)
    right = signature(secret, request.method, moment, nonce, path, dict(asked.items()))
    told = headers.get("X-Hmac-Auth-Signature", "")
    if not hmac.compare_digest(told.encode(), right.encode()):
        raise _RefusedError("signature")
    if not here.in_time(_moment(moment)):
        raise _RefusedError("timestamp")
    if here.fault is Fault.NONCE_REPLAYED or not here.freshness.first_time(nonce):
        raise _RefusedError("nonce")


def signature(
    secret: str, method: str, moment: str, nonce: str, path: str, asked: dict[str, str]
) -> str:
    text = f"{method}\n{moment}\n{nonce}\n{path}"
    if asked:
        text += "\n" + "&".join("=".join(pair) for pair in sorted(asked.items()))
    return b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()


def _moment(told: str) -> float:
    try:
        return datetime.strptime(told, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
    except ValueError:
        return 0.0
