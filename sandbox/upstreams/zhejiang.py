"""A province of the Zhejiang family: ticket, token, person, behind a gateway that wants HMAC."""

import hashlib
import hmac
from base64 import b64encode
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, request

from sandbox.authorities.wire import answer
from sandbox.offices import CHINA
from sandbox.upstreams import counter, screen
from sandbox.upstreams.codes import CodeRefusedError, Why
from sandbox.upstreams.faults import EVERYWHERE, Fault
from sandbox.upstreams.office import Desk, Upstream, desk
from sandbox.upstreams.wallets import Holder
from sandbox.wording import Both

VALIDATE = "/restapi/prod/IC33000020220228000002/sso/servlet/simpleauth"
USER = "/restapi/prod/IC33000020220228000004/sso/servlet/simpleauth"
_RESULTS = {Why.EXPIRED: "6001", Why.UNKNOWN: "6002", Why.USED: "6002"}
_OF_ANOTHER, _FORMAT, _OTHER = "6003", "6004", "6099"
_ADVANCED, _ID_CARD = "3", "1"

pages = Blueprint("zhejiang_pages", __name__, url_prefix="/zhejiang")
wire = Blueprint("zhejiang_api", __name__, url_prefix="/zhejiang")

UPSTREAM = Upstream(
    key="zhejiang",
    name=Both("浙江政务服务网", "Zhejiang province"),
    about=Both(
        "票据换令牌，令牌换个人信息；每次调用经网关验签。",
        "A ticket for a token, a token for a person; a gateway checks each request.",
    ),
    genuine=True,
    signatures="MD5(AK+SK+time); X-BG-HMAC (HMAC-SHA256)",
    faults=(
        *EVERYWHERE,
        Fault.WRONG_SECRET,
        Fault.TOKEN_EXPIRED,
        Fault.OTHER_USER,
        Fault.CLOCK_FAST,
        Fault.CLOCK_SLOW,
        Fault.PLAIN_TEXT,
    ),
    pages=pages,
    wire=wire,
    skin="province",
)


class _RefusedError(Exception):
    """An answer whose result is not 0."""


def _back(here: Desk, holder: Holder | None) -> Response:
    told = {"sp": request.args.get("goto", "")}
    if holder is not None:
        told = {"ticket": here.codes.issue(holder), **told}
    return screen.send_back(counter.registered(here), told, holder)


counter.open_at(
    pages,
    "/sso/mobile.do",
    knows=lambda here: request.args.get("servicecode") == here.credentials["access_key"],
    callback=counter.registered,
    back=_back,
    items=counter.NAME_AND_NUMBER,
)


@wire.post(VALIDATE)
def validate() -> Response:
    """Change a ticket for a token."""
    here = desk()
    _believe(here, "ticketValidation")
    _is_signed(here)
    try:
        holder: Holder = counter.spend(here, request.form.get("st", ""))
    except CodeRefusedError as refusal:
        raise _RefusedError(_RESULTS[refusal.why]) from None
    here.note("ticketValidation", holder.nickname, "0")
    return answer(
        {
            "result": "0",
            "errmsg": "成功",
            "token": here.tokens.issue(holder),
            "userid": _user_id(holder),
            "loginname": holder.nickname,
            "username": holder.name,
            "orgcoding": "",
        }
    )


@wire.post(USER)
def user() -> Response:
    """Tell whose token it is."""
    here = desk()
    _believe(here, "getUserInfo")
    try:
        holder = counter.shown(here, counter.look(here, request.form.get("token", "")))
    except CodeRefusedError:
        raise _RefusedError(_RESULTS[Why.EXPIRED]) from None
    here.note("getUserInfo", holder.nickname, "0")
    return answer({"result": "0", "errmsg": "成功", **_profile(holder)})


@wire.errorhandler(_RefusedError)
def _refused(refusal: _RefusedError) -> Response:
    desk().note(request.form.get("method", ""), "", str(refusal))
    return answer({"result": str(refusal), "errmsg": "失败"})


def _profile(holder: Holder) -> dict[str, Any]:
    return {
        "userid": _user_id(holder),
        "authlevel": _ADVANCED,
        "idtype": _ID_CARD,
        "idnum": holder.id_number,
        "username": holder.name,
        "mobile": holder.phone,
        "useable": "1",
    }


def _user_id(holder: Holder) -> str:
    return holder.stable("zhejiang")[:32]


def _believe(here: Desk, method: str) -> None:
    """See that the gateway lets the request through, and that it is of a form."""
    busy = counter.busy(here)
    if busy is not None:
        raise _RefusedError(_OTHER)
    key, secret = here.credentials["access_key"], _secret(here)
    headers = request.headers
    date = headers.get("X-BG-DATE-TIME", "")
    query = urlencode(sorted(parse_qsl(request.query_string.decode())))
    told = headers.get("X-BG-HMAC-SIGNATURE", "")
    right = gateway_signature(secret, request.method, request.path, query, key, date)
    faults = (
        headers.get("X-BG-HMAC-ACCESS-KEY") != key,
        headers.get("X-BG-HMAC-ALGORITHM") != "hmac-sha256",
        not hmac.compare_digest(told.encode(), right.encode()),
        not here.in_time(_moment(date)),
        here.fault is Fault.WRONG_APP,
    )
    if any(faults):
        raise _RefusedError(_OF_ANOTHER)
    if here.fault is Fault.ERROR_IN_200 or request.form.get("method") != method:
        raise _RefusedError(_OTHER)


def _is_signed(here: Desk) -> None:
    form = request.form
    moment = form.get("time", "")
    right = sign(here.credentials["access_key"], _secret(here), moment)
    if form.get("servicecode") != here.credentials["access_key"]:
        raise _RefusedError(_OF_ANOTHER)
    if form.get("sign") != right or not here.in_time(_civil(moment)):
        raise _RefusedError(_FORMAT)


def _secret(here: Desk) -> str:
    changed = "changed-" if here.fault is Fault.WRONG_SECRET else ""
    return changed + here.credentials["secret_key"]


def sign(access_key: str, secret_key: str, moment: str) -> str:
    return hashlib.md5(  # noqa: S324 - theirs
        b"".join(part.encode() for part in (access_key, secret_key, moment))
    ).hexdigest()


def gateway_signature(
    secret: str, method: str, path: str, query: str, access_key: str, date: str
) -> str:
    lines = (method, path, query, access_key, date)
    text = "".join(f"{line}\n" for line in lines)
    return b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()


def _moment(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return 0.0


def _civil(moment: str) -> float:
    try:
        return datetime.strptime(moment, "%Y%m%d%H%M%S").replace(tzinfo=CHINA).timestamp()
    except ValueError:
        return 0.0
