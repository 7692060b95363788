"""DingTalk, v2 of its sign-in: `authCode`, JSON, a token in a header of its own."""

from typing import Any

from flask import Blueprint, Response, request

from sandbox.authorities.wire import answer
from sandbox.upstreams import counter, screen
from sandbox.upstreams.codes import CodeRefusedError
from sandbox.upstreams.faults import EVERYWHERE, Fault
from sandbox.upstreams.office import Desk, Upstream, desk
from sandbox.upstreams.wallets import Holder
from sandbox.wording import Both

CORP = "dingsandbox0001"
_CLIENT = "invalidClientIdOrSecret"
_CODE = "invalidParameter.authCode.notFound"
_TOKEN = "InvalidAuthentication.token"

pages = Blueprint("dingtalk_pages", __name__, url_prefix="/dingtalk")
wire = Blueprint("dingtalk_api", __name__, url_prefix="/dingtalk")

UPSTREAM = Upstream(
    key="dingtalk",
    name=Both("钉钉", "DingTalk"),
    about=Both(
        "工作人员以所在组织登录；错误有自己的 HTTP 状态与代码。",
        "Staff sign in as members; errors have an HTTP status and a code in words.",
    ),
    genuine=True,
    signatures="clientSecret in JSON; x-acs-dingtalk-access-token",
    faults=(
        *EVERYWHERE,
        Fault.WRONG_SECRET,
        Fault.TOKEN_EXPIRED,
        Fault.OUTSIDER,
        Fault.PLAIN_TEXT,
    ),
    pages=pages,
    wire=wire,
    skin="dingtalk",
)


class _RefusedError(Exception):
    """An error in DingTalk's words."""

    def __init__(self, code: str, status: int = 400) -> None:
        self.code, self.status = code, status
        super().__init__(code)


def _back(here: Desk, holder: Holder | None) -> Response:
    told = {"state": request.args.get("state", "")}
    if holder is not None:
        told = {"authCode": here.codes.issue(holder), **told}
    return screen.send_back(request.args["redirect_uri"], told, holder)


def _knows(here: Desk) -> bool:
    asked = request.args
    return asked.get("client_id") == here.credentials["client_id"] and "openid" in asked.get(
        "scope", ""
    ).split(" ")


counter.open_at(
    pages,
    "/oauth2/challenge.htm",
    knows=_knows,
    callback=lambda _here: request.args.get("redirect_uri", ""),
    back=_back,
    items=counter.STAFF,
)


@wire.post("/v1.0/oauth2/userAccessToken")
def user_access_token() -> Response:
    """Change an `authCode` for a token."""
    here, asked = desk(), _asked()
    _believe(here, asked)
    try:
        holder: Holder = counter.spend(here, str(asked.get("code", "")))
    except CodeRefusedError:
        raise _RefusedError(_CODE) from None
    if asked.get("grantType") != "authorization_code":
        raise _RefusedError("invalidParameter.grantType")
    here.note("userAccessToken", holder.nickname, "ok")
    token = here.tokens.issue(holder)
    return answer(
        {"accessToken": token, "refreshToken": token[::-1], "expireIn": 7200, "corpId": CORP}
    )


@wire.get("/v1.0/contact/users/me")
def me() -> Response:
    """Tell whose token it is."""
    here = desk()
    try:
        holder: Holder = counter.look(here, request.headers.get("x-acs-dingtalk-access-token", ""))
    except CodeRefusedError:
        raise _RefusedError(_TOKEN, 401) from None
    here.note("users/me", holder.nickname, "ok")
    return answer(
        {
            "nick": holder.name,
            "unionId": holder.stable("dingtalk", "union")[:24],
            "openId": holder.stable("dingtalk", here.credentials["client_id"])[:24],
            "mobile": holder.phone,
            "visitor": here.fault is Fault.OUTSIDER,
        }
    )


@wire.errorhandler(_RefusedError)
def _refused(refusal: _RefusedError) -> Response:
    desk().note(request.path.rpartition("/")[2], "", refusal.code)
    return answer({"code": refusal.code, "message": "失败", "requestid": "0"}, refusal.status)


def _asked() -> dict[str, Any]:
    found = request.get_json(silent=True)
    return found if isinstance(found, dict) else {}


def _believe(here: Desk, asked: dict[str, Any]) -> None:
    known = here.credentials
    if here.fault is Fault.RATE_LIMIT:
        raise _RefusedError("Forbidden.AccessDenied.QpsLimitForApi", 429)
    if here.fault is Fault.ERROR_IN_200:
        raise _RefusedError("ServiceUnavailable", 200)
    right = (asked.get("clientId"), asked.get("clientSecret"))
    changed = here.fault in (Fault.WRONG_APP, Fault.WRONG_SECRET)
    if right != (known["client_id"], known["client_secret"]) or changed:
        raise _RefusedError(_CLIENT)
