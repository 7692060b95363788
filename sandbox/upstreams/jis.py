"""A province of the JIS family: one interface, whose data is text within text."""

import hashlib
import json
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from flask import Blueprint, Response, request

from sandbox.authorities.wire import answer, compact
from sandbox.offices import CHINA
from sandbox.upstreams import counter, screen
from sandbox.upstreams.codes import CodeRefusedError, Why
from sandbox.upstreams.faults import EVERYWHERE, Fault
from sandbox.upstreams.office import Desk, Upstream, desk
from sandbox.upstreams.wallets import Holder
from sandbox.wording import Both

_OK = "000000"
_CODES = {Why.UNKNOWN: "000101", Why.USED: "000102", Why.EXPIRED: "000103"}
_APP, _SIGN, _BUSY, _OTHER = "000201", "000202", "000301", "999999"
_BLOCK = 16

pages = Blueprint("jis_pages", __name__, url_prefix="/jis")
wire = Blueprint("jis_api", __name__, url_prefix="/jis")

UPSTREAM = Upstream(
    key="jis",
    name=Both("大汉 JIS 体系省份", "A JIS province"),
    about=Both(
        "一个接口，参数是 JSON 文本，应答里的数据又是文本或十六进制密文。",
        "One interface: parameters are JSON as text, the data of an answer text or ciphertext.",
    ),
    genuine=True,
    signatures="MD5(appmark+appword+time); AES-128-ECB",
    faults=(
        *EVERYWHERE,
        Fault.WRONG_SECRET,
        Fault.TOKEN_EXPIRED,
        Fault.BAD_SIGNATURE,
        Fault.CLOCK_FAST,
        Fault.CLOCK_SLOW,
        Fault.PLAIN_TEXT,
    ),
    pages=pages,
    wire=wire,
    skin="province",
)


class _RefusedError(Exception):
    """An answer whose retcode is no success."""


def _back(here: Desk, holder: Holder | None) -> Response:
    told = {} if holder is None else {"ticket": here.codes.issue(holder)}
    return screen.send_back(request.args["backUrl"], told, holder)


counter.open_at(
    pages,
    "/jis-web/login",
    knows=lambda here: request.args.get("appMark") == here.credentials["app_mark"],
    callback=lambda _here: request.args.get("backUrl", ""),
    back=_back,
    items=counter.NAME_AND_NUMBER,
)


@wire.post("/JIS/sso/interface.do")
def interface() -> Response:
    """Answer the service that is named."""
    here = desk()
    _believe(here)
    parameters = _parameters()
    services = {"ticketValidate": _token, "findOutsideUserByToken": _user}
    service = services.get(request.form.get("servicename", ""))
    if service is None or here.fault is Fault.ERROR_IN_200:
        raise _RefusedError(_OTHER)
    try:
        data = service(here, parameters)
    except CodeRefusedError as refusal:
        raise _RefusedError(_CODES[refusal.why]) from None
    here.note(request.form["servicename"], "", _OK)
    return answer({"retcode": _OK, "msg": "", "data": data})


@wire.errorhandler(_RefusedError)
def _refused(refusal: _RefusedError) -> Response:
    desk().note(request.form.get("servicename", ""), "", str(refusal))
    return answer({"retcode": str(refusal), "msg": "失败", "data": ""})


def _token(here: Desk, asked: dict[str, Any]) -> str:
    holder: Holder = counter.spend(here, str(asked.get("ticket", "")))
    return compact({"token": here.tokens.issue(holder)})


def _user(here: Desk, asked: dict[str, Any]) -> str:
    holder: Holder = counter.look(here, str(asked.get("token", "")))
    person = {
        "uuid": holder.stable("jis")[:32],
        "name": holder.name,
        "papersnumber": holder.id_number,
        "mobile": holder.phone,
        "authlevel": "2",
    }
    word = here.credentials["app_word"]
    return seal(word[::-1] if here.fault is Fault.BAD_SIGNATURE else word, compact(person))


def _believe(here: Desk) -> None:
    form, known = request.form, here.credentials
    if here.fault is Fault.RATE_LIMIT:
        raise _RefusedError(_BUSY)
    if form.get("appmark") != known["app_mark"] or here.fault is Fault.WRONG_APP:
        raise _RefusedError(_APP)
    word = known["app_word"][::-1] if here.fault is Fault.WRONG_SECRET else known["app_word"]
    right = sign(known["app_mark"], word, form.get("time", ""))
    if form.get("sign") != right or not here.in_time(_civil(form.get("time", ""))):
        raise _RefusedError(_SIGN)


def _parameters() -> dict[str, Any]:
    try:
        found = json.loads(request.form.get("params", ""))
    except ValueError:
        raise _RefusedError(_OTHER) from None
    return found if isinstance(found, dict) else {}


def sign(app_mark: str, app_word: str, moment: str) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for part in (app_mark, app_word, moment):
        digest.update(part.encode())
    return digest.hexdigest()


def seal(app_word: str, text: str) -> str:
    """Return *text* under AES-128-ECB, padded by hand (RFC 5652 §6.3), in hexadecimal."""
    octets = text.encode()
    missing = _BLOCK - len(octets) % _BLOCK
    encryptor = Cipher(algorithms.AES(app_word.encode()), modes.ECB()).encryptor()  # noqa: S305
    return encryptor.update(octets + bytes([missing]) * missing).hex()


def _civil(moment: str) -> float:
    try:
        return datetime.strptime(moment, "%Y%m%d%H%M%S").replace(tzinfo=CHINA).timestamp()
    except ValueError:
        return 0.0
