"""Alipay's gateway: one address, many methods; signatures checked and made over raw strings."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from sandbox.authorities.wire import compact
from sandbox.crypto.rsa import PrivateKey, PublicKey
from sandbox.offices import CHINA
from sandbox.upstreams import alipay_signatures as signatures
from sandbox.upstreams.codes import CodeRefusedError
from sandbox.upstreams.faults import Fault
from sandbox.upstreams.office import Desk, desk
from sandbox.upstreams.wallets import Holder, holders

TOKEN, SHARE = "alipay.system.oauth.token", "alipay.user.info.share"
ERROR = "error_response"

bp = Blueprint("alipay_gateway", __name__)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for."""

    holder: Holder
    app_id: str
    scope: str

    @property
    def open_id(self) -> str:
        return f"0{self.holder.stable('alipay', self.app_id)[:38]}"

    @property
    def user_id(self) -> str:
        return f"2088{int(self.holder.stable('alipay')[:12], 16) % 10**12:012d}"


class RefusedError(Exception):
    """An answer with a code other than 10000."""

    def __init__(self, code: str, sub_code: str, message: str) -> None:
        self.node = {"code": code, "msg": _MESSAGES[code], "sub_code": sub_code, "sub_msg": message}
        super().__init__(sub_code)


_MESSAGES = {
    "20000": "Service Currently Unavailable",
    "20001": "Insufficient Token Permissions",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40004": "Business Failed",
}


@bp.post("/gateway.do")
def gateway() -> Response:
    """Answer one call; common parameters may stand in the query or in the form."""
    here = desk()
    asked = {**request.args.to_dict(), **request.form.to_dict()}
    method = asked.get("method", "")
    try:
        _believe(here, asked)
        answer = _METHODS[method](here, asked)
        name = f"{method.replace('.', '_')}_response"
        here.note(method, "", "ok")
    except RefusedError as refusal:
        name, answer = ERROR, refusal.node
        here.note(method, "", str(refusal))
    return _signed(here, asked, name, answer)


def _believe(here: Desk, asked: Mapping[str, str]) -> None:
    """See that our application asks, now, and signed all of it."""
    known = here.credentials
    if asked.get("app_id") != known["app_id"] or here.fault is Fault.WRONG_APP:
        raise RefusedError("40002", "isv.invalid-app-id", "无效的AppID参数")
    if here.fault is Fault.ERROR_IN_200:
        raise RefusedError("20000", "isp.unknow-error", "系统繁忙")
    if here.fault is Fault.RATE_LIMIT:
        raise RefusedError("40002", "isv.app-call-limited", "应用调用次数超限")
    if not asked.get("sign"):
        raise RefusedError("40001", "isv.missing-signature", "缺少签名参数")
    right = _certified(asked, known) and asked.get("sign_type") == "RSA2"
    key = PublicKey.read(known["app_public_key"])
    if not right or not signatures.verify(key, signatures.content(asked), asked["sign"]):
        raise RefusedError("40002", "isv.invalid-signature", "验签出错")
    if not here.in_time(_moment(asked.get("timestamp", ""))):
        raise RefusedError("40002", "isv.invalid-timestamp", "非法的时间戳参数")
    if asked.get("method") not in _METHODS:
        raise RefusedError("40002", "isv.invalid-method", "不存在的方法名")


def _certified(asked: Mapping[str, str], known: Mapping[str, str]) -> bool:
    """Whether the certificates that are named, if any, are those that we know."""
    if "app_cert_sn" not in asked:
        return True
    ours = signatures.serial_of(known["app_certificate"])
    root = signatures.serial_of(known["root_certificates"])
    return (asked["app_cert_sn"], asked.get("alipay_root_cert_sn")) == (ours, root)


def _moment(told: str) -> float:
    try:
        return datetime.strptime(told, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).timestamp()
    except ValueError:
        return 0.0


def _token(here: Desk, asked: Mapping[str, str]) -> dict[str, Any]:
    if asked.get("grant_type") != "authorization_code":
        raise RefusedError("40002", "isv.grant-type-invalid", "grant_type不支持")
    if here.fault in (Fault.CODE_REPLAYED, Fault.CODE_EXPIRED):
        raise RefusedError("40002", "isv.code-invalid", "授权码code无效")
    try:
        grant: Grant = here.codes.spend(asked.get("code", ""))
    except CodeRefusedError:
        raise RefusedError("40002", "isv.code-invalid", "授权码code无效") from None
    begins = datetime.fromtimestamp(here.clock(), CHINA)
    return {
        **_named(here, grant),
        "access_token": f"authusrB{here.tokens.issue(grant)}",
        "expires_in": 1_296_000,
        "re_expires_in": 2_592_000,
        "refresh_token": f"authusrR{secrets.token_hex(16)}",
        "auth_start": f"{begins:%Y-%m-%d %H:%M:%S}",
    }


def _share(here: Desk, asked: Mapping[str, str]) -> dict[str, Any]:
    try:
        if here.fault is Fault.TOKEN_EXPIRED:
            raise RefusedError("20001", "aop.auth-token-time-out", "用户授权令牌超时")
        grant: Grant = here.tokens.look(asked.get("auth_token", "").removeprefix("authusrB"))
    except CodeRefusedError:
        raise RefusedError("20001", "aop.invalid-auth-token", "无效的访问令牌") from None
    if grant.scope != "auth_user":
        raise RefusedError("20001", "aop.invalid-auth-token", "无效的访问令牌")
    if here.fault is Fault.OTHER_USER:
        other = next(one for one in holders(here.register) if one != grant.holder)
        grant = Grant(other, grant.app_id, grant.scope)
    holder = grant.holder
    return {
        "code": "10000",
        "msg": "Success",
        **_named(here, grant),
        "nick_name": holder.nickname,
        "avatar": "https://tfs.alipayobjects.com/images/partner/none",
        "is_certified": "T",
        "user_name": holder.name,
        "cert_type": "0",
        "cert_no": holder.id_number,
    }


_METHODS: dict[str, Callable[[Desk, Mapping[str, str]], dict[str, Any]]] = {
    TOKEN: _token,
    SHARE: _share,
}


def _named(here: Desk, grant: Grant) -> dict[str, str]:
    """Name the person: by user_id at an application of before, by open_id at a newer one."""
    if here.fault is Fault.OPEN_ID_ONLY:
        return {"open_id": grant.open_id}
    return {"user_id": grant.user_id}


def _signed(here: Desk, asked: Mapping[str, str], name: str, node: Mapping[str, Any]) -> Response:
    """Sign the node's very octets; enciphered first where that was asked for."""
    raw = compact(node)
    if asked.get("encrypt_type") == "AES" and name != ERROR:
        raw = json.dumps(signatures.encipher(here.credentials["aes_key"], raw))
    key = PrivateKey.read(here.credentials["alipay_key"])
    covered = raw + " " if here.fault is Fault.BAD_SIGNATURE else raw
    certificate = ""
    if "app_cert_sn" in asked:
        serial = signatures.serial_of(here.credentials["alipay_certificate"])
        certificate = f',"alipay_cert_sn":"{serial}"'
    body = f'{{"{name}":{raw}{certificate},"sign":"{signatures.sign(key, covered)}"}}'
    return Response(body, content_type="application/json;charset=utf-8")
