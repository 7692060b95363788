"""WeChat's API: GET with the secret in the query, errors with HTTP 200, text/plain of UTF-8."""

import secrets
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from sandbox.authorities.wire import compact
from sandbox.upstreams.codes import CodeRefusedError, Codes, Why
from sandbox.upstreams.faults import Fault
from sandbox.upstreams.office import PLAIN, Desk, desk
from sandbox.upstreams.wallets import Holder, holders

WEBSITE, ACCOUNT, MINI_PROGRAM = "website", "account", "mini_program"
LIFETIME, MONTH = 7200, 30 * 86_400
AVATAR = "https://thirdwx.qlogo.cn/mmopen/vi_32/{}/132"
PROFILES = ("snsapi_login", "snsapi_userinfo")
MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40013: "invalid appid",
    40029: "invalid code",
    40030: "invalid refresh_token",
    40125: "invalid appsecret",
    40163: "code been used",
    40226: "code blocked",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    41009: "missing openid",
    42001: "access_token expired",
    42002: "refresh_token expired",
    42003: "code expired",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    48001: "api unauthorized",
}
_CODES = {Why.UNKNOWN: 40029, Why.USED: 40163, Why.EXPIRED: 42003}
_TOKENS = {Why.UNKNOWN: 40001, Why.EXPIRED: 42001}

bp = Blueprint("wechat_api", __name__)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for: somebody, at one app, within a scope."""

    holder: Holder
    app_id: str
    scope: str

    @property
    def openid(self) -> str:
        return f"o{self.holder.stable('wechat', self.app_id)[:27]}"

    @property
    def unionid(self) -> str:
        return f"o{self.holder.stable('wechat', 'open platform')[:27]}"


class WrongError(Exception):
    """An answer with an errcode."""

    def __init__(self, errcode: int) -> None:
        self.errcode = errcode
        super().__init__(str(errcode))


@bp.get("/sns/oauth2/access_token")
def access_token() -> Response:
    """Change a code for a token."""
    here = desk()
    _authenticate(here, WEBSITE, ACCOUNT)
    grant = _spend(here, "code")
    here.note("access_token", grant.holder.nickname, "ok")
    return _answer({**_token(here, grant), **_snapshot(here)})


@bp.get("/sns/oauth2/refresh_token")
def refresh_token() -> Response:
    """Change a refresh token for a new token; the app needs no secret for that."""
    here = desk()
    _needed(appid=41002, refresh_token=41001)
    try:
        grant: Grant = _refreshers(here).look(request.args["refresh_token"])
    except CodeRefusedError as refusal:
        raise WrongError(42002 if refusal.why is Why.EXPIRED else 40030) from None
    if grant.app_id != request.args["appid"]:
        raise WrongError(40030)
    return _answer(_token(here, grant, request.args["refresh_token"]))


@bp.get("/sns/userinfo")
def userinfo() -> Response:
    """Tell what the person agreed to."""
    here = desk()
    grant = _bearer(here)
    if not set(grant.scope.split(",")) & set(PROFILES):
        raise WrongError(48001)
    shown = grant
    if here.fault is Fault.OTHER_USER:
        other = next(one for one in holders(here.register) if one != grant.holder)
        shown = Grant(other, grant.app_id, grant.scope)
    here.note("userinfo", shown.holder.nickname, "ok")
    empty = dict.fromkeys(("language", "city", "province", "country"), "")  # since 2021
    return _answer(
        {
            "openid": shown.openid,
            "nickname": shown.holder.nickname,
            "sex": 0,
            **empty,
            "headimgurl": AVATAR.format(shown.openid[1:9]),
            "privilege": [],
            **_unionid(here, shown),
        }
    )


@bp.get("/sns/auth")
def auth() -> Response:
    """Say whether a token is good."""
    _bearer(desk())
    return _answer({"errcode": 0, "errmsg": "ok"})


@bp.get("/sns/jscode2session")
def jscode2session() -> Response:
    """Change what `wx.login` gave for a session."""
    here = desk()
    _authenticate(here, MINI_PROGRAM)
    if here.fault is Fault.RISKY_USER:
        raise WrongError(40226)
    grant = _spend(here, "js_code")
    here.note("jscode2session", grant.holder.nickname, "ok")
    session_key = b64encode(secrets.token_bytes(16)).decode()
    answer = {"session_key": session_key, "openid": grant.openid, **_unionid(here, grant)}
    return _answer(answer)


@bp.get("/cgi-bin/token")
def app_token() -> Response:
    """Give the app a token of its own."""
    here = desk()
    _authenticate(here, ACCOUNT, MINI_PROGRAM)
    return _answer({"access_token": secrets.token_urlsafe(48), "expires_in": LIFETIME})


@bp.errorhandler(WrongError)
def _wrong(error: WrongError) -> Response:
    """Say with HTTP 200 what went wrong, and number it as WeChat does."""
    rid = "-".join(secrets.token_hex(4) for _ in range(3))
    desk().note(request.path.rpartition("/")[2], "", str(error.errcode))
    message = f"{MESSAGES[error.errcode]}, rid: {rid}"
    return _answer({"errcode": error.errcode, "errmsg": message})


def _authenticate(here: Desk, *kinds: str) -> None:
    """See that one of our apps asks, with its secret."""
    busy = {Fault.ERROR_IN_200: -1, Fault.RATE_LIMIT: 45011, Fault.WRONG_APP: 40013}
    if here.fault in busy:
        raise WrongError(busy[here.fault])
    _needed(appid=41002, secret=41004)
    apps = {here.credentials[f"{kind}_app_id"]: kind for kind in kinds}
    kind = apps.get(request.args["appid"])
    if kind is None:
        raise WrongError(40013)
    right = here.credentials[f"{kind}_secret"]
    given = request.args["secret"].encode()
    if here.fault is Fault.WRONG_SECRET or not secrets.compare_digest(right.encode(), given):
        raise WrongError(40125)


def _needed(**missing: int) -> None:
    for name, errcode in missing.items():
        if not request.args.get(name):
            raise WrongError(errcode)


def _spend(here: Desk, name: str) -> Grant:
    _needed(**{name: 41008})
    feigned = {Fault.CODE_REPLAYED: 40163, Fault.CODE_EXPIRED: 42003}
    if here.fault in feigned:
        raise WrongError(feigned[here.fault])
    try:
        grant: Grant = here.codes.spend(request.args[name])
    except CodeRefusedError as refusal:
        raise WrongError(_CODES[refusal.why]) from None
    if grant.app_id != request.args["appid"]:
        raise WrongError(40029)
    return grant


def _bearer(here: Desk) -> Grant:
    _needed(access_token=41001, openid=41009)
    if here.fault is Fault.TOKEN_EXPIRED:
        raise WrongError(42001)
    try:
        grant: Grant = here.tokens.look(request.args["access_token"])
    except CodeRefusedError as refusal:
        raise WrongError(_TOKENS[refusal.why]) from None
    if grant.openid != request.args["openid"]:
        raise WrongError(40001)
    return grant


def _token(here: Desk, grant: Grant, refresh: str = "") -> dict[str, Any]:
    return {
        "access_token": here.tokens.issue(grant),
        "expires_in": LIFETIME,
        "refresh_token": refresh or _refreshers(here).issue(grant),
        "openid": grant.openid,
        "scope": grant.scope,
        **_unionid(here, grant),
    }


def _refreshers(here: Desk) -> Codes:
    found: Codes = here.memory.setdefault("refreshers", Codes(MONTH, time.time))
    return found


def _unionid(here: Desk, grant: Grant) -> Mapping[str, str]:
    return {} if here.fault is Fault.NO_UNIONID else {"unionid": grant.unionid}


def _snapshot(here: Desk) -> Mapping[str, int]:
    return {"is_snapshotuser": 1} if here.fault is Fault.SNAPSHOT_USER else {}


def _answer(content: Mapping[str, Any]) -> Response:
    """Answer in UTF-8 that does not call itself so."""
    response = Response(compact(content).encode())
    response.headers["Content-Type"] = PLAIN
    return response
