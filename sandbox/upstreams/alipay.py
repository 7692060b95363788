"""Alipay's page: an application asks for a person's profile, inside the wallet."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox.upstreams import alipay_gateway, screen
from sandbox.upstreams.alipay_gateway import Grant
from sandbox.upstreams.faults import EVERYWHERE, Fault
from sandbox.upstreams.office import Desk, Upstream, desk
from sandbox.wording import Both

SCOPES = {
    "auth_base": (Both("你的用户标识", "Your identifier"),),
    "auth_user": (
        Both("你的头像、昵称", "Your picture and nickname"),
        Both("你的实名信息（本应用已获特别许可）", "Your proven name (this application may)"),
    ),
}

bp = Blueprint("alipay_pages", __name__)

UPSTREAM = Upstream(
    key="alipay",
    name=Both("支付宝", "Alipay"),
    about=Both(
        "公共应用授权与网关；普通公钥、证书、AES 三种方式。",
        "Authorization and the gateway, with plain keys, certificates, and AES.",
    ),
    genuine=True,
    signatures="RSA2, AES-128-CBC",
    faults=(
        *EVERYWHERE,
        Fault.TOKEN_EXPIRED,
        Fault.OTHER_USER,
        Fault.BAD_SIGNATURE,
        Fault.CLOCK_FAST,
        Fault.CLOCK_SLOW,
        Fault.PLAIN_TEXT,
        Fault.OPEN_ID_ONLY,
    ),
    pages=bp,
    wire=alipay_gateway.bp,
    token_lifetime=1_296_000.0,
    skin="alipay",
)


@bp.get("/oauth2/publicAppAuthorize.htm")
def authorize() -> ResponseReturnValue:
    """Ask whoever's phone this is."""
    refusal = _refusal(desk())
    if refusal is not None:
        return refusal
    wish = Both("申请获取你的以下信息", "would like to know")
    return screen.ask(wish, SCOPES[request.args["scope"]])


@bp.post("/oauth2/publicAppAuthorize.htm")
def decide() -> ResponseReturnValue:
    """Send the browser back, with an auth_code or without one."""
    here = desk()
    refusal = _refusal(here)
    if refusal is not None:
        return refusal
    holder = screen.decided()
    app_id, scope = here.credentials["app_id"], request.args["scope"]
    parameters = {"app_id": app_id, "source": "alipay_wallet", "scope": scope}
    if holder is not None:
        parameters["auth_code"] = here.codes.issue(Grant(holder, app_id, scope))
    parameters["state"] = request.args.get("state", "")
    return screen.send_back(request.args["redirect_uri"], parameters, holder)


def _refusal(here: Desk) -> ResponseReturnValue | None:
    asked = request.args
    if asked.get("app_id") != here.credentials["app_id"] or here.fault is Fault.WRONG_APP:
        return screen.refuse("INVALID_APPID", Both("app_id 无效", "app_id is wrong"))
    if not here.knows_callback(asked.get("redirect_uri", "")):
        why = Both("redirect_uri 与应用配置不一致", "redirect_uri is not as configured")
        return screen.refuse("REDIRECT_URI_ERROR", why)
    if asked.get("scope") not in SCOPES:
        return screen.refuse("INVALID_SCOPE", Both("scope 无效", "scope is wrong"))
    return None
