"""WeCom: a token of the application, then a code for a member; errors come with HTTP 200."""

from typing import Any

from flask import Blueprint, Response, request

from sandbox.authorities.wire import answer
from sandbox.upstreams import counter, screen
from sandbox.upstreams.codes import CodeRefusedError, Why
from sandbox.upstreams.faults import EVERYWHERE, Fault
from sandbox.upstreams.office import Desk, Upstream, desk
from sandbox.upstreams.wallets import Holder
from sandbox.wording import Both

_BUSY, _CORP, _SECRET, _CODE, _TOKEN, _QUOTA = -1, 40013, 40001, 40029, 40014, 45009
_CODES = {Why.UNKNOWN: _CODE, Why.USED: _CODE, Why.EXPIRED: _CODE}

pages = Blueprint("wecom_pages", __name__, url_prefix="/wecom")
wire = Blueprint("wecom_api", __name__, url_prefix="/wecom")

UPSTREAM = Upstream(
    key="wecom",
    name=Both("企业微信", "WeCom"),
    about=Both(
        "成员给 userid，外部人员只给 openid；出错时 HTTP 仍是 200。",
        "Members have a userid, outsiders an openid alone; errors come with HTTP 200.",
    ),
    genuine=True,
    signatures="corpsecret in the query",
    faults=(
        *EVERYWHERE,
        Fault.WRONG_SECRET,
        Fault.TOKEN_EXPIRED,
        Fault.OUTSIDER,
        Fault.PLAIN_TEXT,
    ),
    pages=pages,
    wire=wire,
    skin="wecom",
)


class _RefusedError(Exception):
    """An answer with an errcode."""

    def __init__(self, errcode: int) -> None:
        self.errcode = errcode
        super().__init__(str(errcode))


def _back(here: Desk, holder: Holder | None) -> Response:
    told = {"state": request.args.get("state", "")}
    if holder is not None:
        told = {"code": here.codes.issue(holder), **told}
    return screen.send_back(request.args["redirect_uri"], told, holder)


def _knows(here: Desk) -> bool:
    asked, known = request.args, here.credentials
    return (asked.get("appid"), asked.get("agentid")) == (known["corp_id"], known["agent_id"])


counter.open_at(
    pages,
    "/wwlogin/sso/login",
    "/connect/oauth2/authorize",
    knows=_knows,
    callback=lambda _here: request.args.get("redirect_uri", ""),
    back=_back,
    items=counter.STAFF,
)


@wire.get("/cgi-bin/gettoken")
def get_token() -> Response:
    """Give the application a token of its own."""
    here, asked, known = desk(), request.args, desk().credentials
    feigned = {
        Fault.ERROR_IN_200: _BUSY,
        Fault.RATE_LIMIT: _QUOTA,
        Fault.WRONG_APP: _CORP,
        Fault.WRONG_SECRET: _SECRET,
    }
    if here.fault in feigned:
        raise _RefusedError(feigned[here.fault])
    if asked.get("corpid") != known["corp_id"]:
        raise _RefusedError(_CORP)
    if asked.get("corpsecret") != known["secret"]:
        raise _RefusedError(_SECRET)
    return _told({"access_token": here.tokens.issue("app"), "expires_in": 7200})


@wire.get("/cgi-bin/auth/getuserinfo")
def user_info() -> Response:
    """Change a code for a member."""
    here, asked = desk(), request.args
    try:
        counter.look(here, asked.get("access_token", ""))
    except CodeRefusedError:
        raise _RefusedError(_TOKEN) from None
    try:
        holder: Holder = counter.spend(here, asked.get("code", ""))
    except CodeRefusedError as refusal:
        raise _RefusedError(_CODES[refusal.why]) from None
    here.note("getuserinfo", holder.nickname, "ok")
    if here.fault is Fault.OUTSIDER:
        return _told({"openid": f"o{holder.stable('wecom')[:27]}"})
    return _told({"userid": holder.key, "user_ticket": here.codes.issue(holder)})


@wire.errorhandler(_RefusedError)
def _refused(refusal: _RefusedError) -> Response:
    desk().note(request.path.rpartition("/")[2], "", str(refusal))
    return answer({"errcode": refusal.errcode, "errmsg": "failed"})


def _told(content: dict[str, Any]) -> Response:
    return answer({"errcode": 0, "errmsg": "ok", **content})
