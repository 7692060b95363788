"""WeChat's pages: the QR code of a website, the page inside the app, and a mini-program."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox.upstreams import screen, wechat_api
from sandbox.upstreams.faults import EVERYWHERE, Fault
from sandbox.upstreams.office import Desk, Upstream, desk
from sandbox.upstreams.wechat_api import ACCOUNT, MINI_PROGRAM, WEBSITE, Grant
from sandbox.wording import Both

SCOPES = {WEBSITE: ("snsapi_login",), ACCOUNT: ("snsapi_base", "snsapi_userinfo")}
ORDER = ("appid", "redirect_uri", "response_type", "scope")
PROFILE = (Both("你的头像、昵称", "Your picture and nickname"),)

bp = Blueprint("wechat_pages", __name__)

UPSTREAM = Upstream(
    key="wechat",
    name=Both("微信", "WeChat"),
    about=Both(
        "开放平台扫码、公众号网页、小程序，一人多个 openid，一个 unionid。",
        "QR codes for websites, pages inside the app, mini-programs; one unionid over all.",
    ),
    genuine=True,
    signatures="secret in the query",
    faults=(
        *EVERYWHERE,
        Fault.WRONG_SECRET,
        Fault.TOKEN_EXPIRED,
        Fault.OTHER_USER,
        Fault.NO_UNIONID,
        Fault.SNAPSHOT_USER,
        Fault.RISKY_USER,
    ),
    pages=bp,
    wire=wechat_api.bp,
    skin="wechat",
)


@bp.get("/connect/qrconnect")
@bp.get("/connect/oauth2/authorize")
def authorize() -> ResponseReturnValue:
    """Ask whoever's phone this is."""
    here, kind = desk(), _kind()
    refusal = _refusal(here, kind)
    if refusal is not None:
        return refusal
    wish = Both("申请获得以下权限", "asks for the following")
    return screen.ask(wish, PROFILE, scan=kind == WEBSITE, fragment="wechat_redirect")


@bp.post("/connect/qrconnect")
@bp.post("/connect/oauth2/authorize")
def decide() -> ResponseReturnValue:
    """Send the browser back, with a code or without one."""
    here, kind = desk(), _kind()
    refusal = _refusal(here, kind)
    if refusal is not None:
        return refusal
    holder = screen.decided()
    parameters = {"state": request.args.get("state", "")}
    if holder is not None:
        grant = Grant(holder, here.credentials[f"{kind}_app_id"], request.args["scope"])
        parameters = {"code": here.codes.issue(grant), **parameters}
    return screen.send_back(request.args["redirect_uri"], parameters, holder)


@bp.get("/mini-program")
def mini_program() -> ResponseReturnValue:
    """Show a mini-program of the provider's, which lets people in by `wx.login`."""
    if not desk().knows_callback(request.args.get("redirect_uri", "")):
        return screen.refuse(
            "10003", Both("web-view 域名未配置", "The web view's domain is unknown")
        )
    wish = Both("小程序请求登录", "The mini-program asks you to sign in")
    return screen.ask(wish, (Both("你的 openid", "Your openid"),))


@bp.post("/mini-program")
def enter_mini_program() -> ResponseReturnValue:
    """Do as `wx.login` does, and open the web view at the callback."""
    here = desk()
    if not here.knows_callback(request.args.get("redirect_uri", "")):
        return screen.refuse(
            "10003", Both("web-view 域名未配置", "The web view's domain is unknown")
        )
    holder = screen.decided()
    parameters = {"state": request.args.get("state", "")}
    if holder is not None:
        grant = Grant(holder, here.credentials[f"{MINI_PROGRAM}_app_id"], "")
        parameters = {"js_code": here.codes.issue(grant), **parameters}
    return screen.send_back(request.args["redirect_uri"], parameters, holder)


def _kind() -> str:
    return WEBSITE if request.path.endswith("qrconnect") else ACCOUNT


def _refusal(here: Desk, kind: str) -> ResponseReturnValue | None:
    """Return WeChat's own error page, or None when all is as it should be."""
    asked = request.args
    if kind == ACCOUNT and "MicroMessenger" not in request.headers.get("User-Agent", ""):
        return screen.refuse("-", Both("请在微信客户端打开链接", "Open this link inside WeChat"))
    if asked.get("appid") != here.credentials[f"{kind}_app_id"] or here.fault is Fault.WRONG_APP:
        return screen.refuse("10013", Both("appid 参数错误", "appid is wrong"))
    if not here.knows_callback(asked.get("redirect_uri", "")):
        return screen.refuse("10003", Both("redirect_uri 参数错误", "redirect_uri is wrong"))
    scopes = asked.get("scope", "").split(",")
    if asked.get("response_type") != "code" or not set(scopes) <= set(SCOPES[kind]):
        return screen.refuse("10005", Both("scope 参数错误或没有权限", "scope is wrong"))
    in_order = [name for name in asked if name in ORDER]
    if kind == ACCOUNT and in_order != list(ORDER):
        return screen.refuse("-", Both("参数顺序错误", "The parameters are out of order"))
    return None
