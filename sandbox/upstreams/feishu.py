"""Feishu, v1 of its sign-in: the application's token, then the person's, then the person."""

from typing import Any

from flask import Blueprint, Response, request

from sandbox.authorities.wire import answer
from sandbox.upstreams import counter, screen
from sandbox.upstreams.codes import CodeRefusedError, Why
from sandbox.upstreams.faults import EVERYWHERE, Fault
from sandbox.upstreams.office import Desk, Upstream, desk
from sandbox.upstreams.wallets import Holder
from sandbox.wording import Both

TENANT, ANOTHER = "sandbox-tenant", "another-tenant"
_CODES = {Why.UNKNOWN: 20003, Why.USED: 20007, Why.EXPIRED: 20004}
_APP, _SECRET, _TOKEN, _QUOTA, _OTHER = 10003, 10014, 20005, 99991400, 20050

pages = Blueprint("feishu_pages", __name__, url_prefix="/feishu")
wire = Blueprint("feishu_api", __name__, url_prefix="/feishu")

UPSTREAM = Upstream(
    key="feishu",
    name=Both("飞书", "Feishu"),
    about=Both(
        "三步：应用令牌、用户令牌、用户信息；错误以 code 表示。",
        "Three steps: the application's token, the person's, the person; errors are codes.",
    ),
    genuine=True,
    signatures="app_secret in JSON; Bearer",
    faults=(
        *EVERYWHERE,
        Fault.WRONG_SECRET,
        Fault.TOKEN_EXPIRED,
        Fault.OUTSIDER,
        Fault.PLAIN_TEXT,
    ),
    pages=pages,
    wire=wire,
    skin="feishu",
)


class _RefusedError(Exception):
    """An answer whose code is not 0."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(str(code))


def _back(here: Desk, holder: Holder | None) -> Response:
    told = {"state": request.args.get("state", "")}
    if holder is not None:
        told = {"code": here.codes.issue(holder), **told}
    return screen.send_back(request.args["redirect_uri"], told, holder)


counter.open_at(
    pages,
    "/open-apis/authen/v1/index",
    knows=lambda here: request.args.get("app_id") == here.credentials["app_id"],
    callback=lambda _here: request.args.get("redirect_uri", ""),
    back=_back,
    items=counter.STAFF,
)


@wire.post("/open-apis/auth/v3/app_access_token/internal/")
def app_access_token() -> Response:
    """Give the application a token of its own."""
    here, asked, known = desk(), _asked(), desk().credentials
    feigned = {
        Fault.ERROR_IN_200: _OTHER,
        Fault.RATE_LIMIT: _QUOTA,
        Fault.WRONG_APP: _APP,
        Fault.WRONG_SECRET: _SECRET,
    }
    if here.fault in feigned:
        raise _RefusedError(feigned[here.fault])
    if asked.get("app_id") != known["app_id"]:
        raise _RefusedError(_APP)
    if asked.get("app_secret") != known["app_secret"]:
        raise _RefusedError(_SECRET)
    token = here.tokens.issue("app")
    told = {"app_access_token": token, "tenant_access_token": token, "expire": 7200}
    return answer({"code": 0, "msg": "ok", **told})


@wire.post("/open-apis/authen/v1/access_token")
def access_token() -> Response:
    """Change a code for a token."""
    here, asked = desk(), _asked()
    if _bearer(here) != "app" or asked.get("grant_type") != "authorization_code":
        raise _RefusedError(_TOKEN)
    try:
        holder: Holder = counter.spend(here, str(asked.get("code", "")))
    except CodeRefusedError as refusal:
        raise _RefusedError(_CODES[refusal.why]) from None
    here.note("access_token", holder.nickname, "0")
    told = {"access_token": here.tokens.issue(holder), "token_type": "Bearer"}
    return _told({**told, "expires_in": 7200, **_profile(here, holder)})


@wire.get("/open-apis/authen/v1/user_info")
def user_info() -> Response:
    """Tell whose token it is."""
    here = desk()
    holder = _bearer(here)
    if not isinstance(holder, Holder):
        raise _RefusedError(_TOKEN)
    here.note("user_info", holder.nickname, "0")
    return _told(_profile(here, holder))


@wire.errorhandler(_RefusedError)
def _refused(refusal: _RefusedError) -> Response:
    desk().note(request.path.rpartition("/")[2], "", str(refusal))
    return answer({"code": refusal.code, "msg": "failed"})


def _told(data: dict[str, Any]) -> Response:
    return answer({"code": 0, "msg": "success", "data": data})


def _profile(here: Desk, holder: Holder) -> dict[str, str]:
    return {
        "name": holder.name,
        "open_id": f"ou_{holder.stable('feishu', here.credentials['app_id'])[:32]}",
        "union_id": f"on_{holder.stable('feishu', 'union')[:32]}",
        "mobile": f"+86{holder.phone}",
        "tenant_key": ANOTHER if here.fault is Fault.OUTSIDER else TENANT,
    }


def _bearer(here: Desk) -> Any:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        return counter.look(here, token if scheme == "Bearer" else "")
    except CodeRefusedError:
        raise _RefusedError(_TOKEN) from None


def _asked() -> dict[str, Any]:
    found = request.get_json(silent=True)
    return found if isinstance(found, dict) else {}
