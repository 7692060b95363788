"""Beijing's natural persons: a code, a token, and an ID number that is enciphered."""

from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from flask import Blueprint, Response, request

from sandbox.authorities.wire import answer
from sandbox.upstreams import counter, screen
from sandbox.upstreams.codes import CodeRefusedError, Why
from sandbox.upstreams.faults import EVERYWHERE, Fault
from sandbox.upstreams.office import Desk, Upstream, desk
from sandbox.upstreams.wallets import Holder
from sandbox.wording import Both

_CODES = {Why.UNKNOWN: 1001, Why.USED: 1002, Why.EXPIRED: 1003}
_CLIENT, _SECRET, _BUSY, _OTHER = 2001, 2002, 3001, 9999
_BLOCK, _PROOF_PARTS = 16, 3
_RESIDENT = "111"

pages = Blueprint("beijing_pages", __name__, url_prefix="/beijing")
wire = Blueprint("beijing_api", __name__, url_prefix="/beijing")

UPSTREAM = Upstream(
    key="beijing",
    name=Both("北京通", "Beijing"),
    about=Both(
        "OAuth 外形，身份证号用密钥加密；等级 L1 至 L4。登录页地址由对接时约定，沙盒自拟。",
        "OAuth by shape; the ID number comes enciphered. The login page's address is ours.",
    ),
    genuine=True,
    signatures="auth_token = AES-ECB(clientId:secret:ms)",
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
    """An answer whose meta says why."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(str(code))


def _back(here: Desk, holder: Holder | None) -> Response:
    told = {"state": request.args.get("state", "")}
    if holder is not None:
        told = {"code": here.codes.issue((holder, request.args["redirect_uri"])), **told}
    return screen.send_back(request.args["redirect_uri"], told, holder)


counter.open_at(
    pages,
    "/oauth/login",
    knows=lambda here: request.args.get("client_id") == here.credentials["client_id"],
    callback=lambda _here: request.args.get("redirect_uri", ""),
    back=_back,
    items=counter.NAME_AND_NUMBER,
)


@wire.post("/api/oauth/getAccessToken")
def access_token() -> Response:
    """Change a code for a token."""
    here, form = desk(), request.form
    _believe(here)
    try:
        holder, callback = counter.spend(here, form.get("grant_code", ""))
    except CodeRefusedError as refusal:
        raise _RefusedError(_CODES[refusal.why]) from None
    if form.get("redirect_uri") != callback or form.get("grant_type") != "authorization_code":
        raise _RefusedError(_CODES[Why.UNKNOWN])
    here.note("getAccessToken", holder.nickname, "0")
    token = {"access_token": here.tokens.issue(holder), "token_type": "bearer"}
    return _told(token | {"expires_in": 7200, "refresh_token": ""})


@wire.get("/api/info/getUserInfo")
def user_info() -> Response:
    """Tell whose token it is."""
    here = desk()
    try:
        holder: Holder = counter.look(here, request.args.get("access_token", ""))
    except CodeRefusedError as refusal:
        raise _RefusedError(_CODES[refusal.why]) from None
    secret = bytes.fromhex(here.credentials["client_secret"])
    key = secret[::-1] if here.fault is Fault.BAD_SIGNATURE else secret
    here.note("getUserInfo", holder.nickname, "0")
    return _told(
        {
            "uniqueId": holder.stable("beijing")[:32],
            "certName": holder.name,
            "certNo": seal(key, holder.id_number),
            "certNoType": _RESIDENT,
            "mobile": holder.phone,
            "certLevel": "L3",
        }
    )


@wire.errorhandler(_RefusedError)
def _refused(refusal: _RefusedError) -> Response:
    desk().note(request.path.rpartition("/")[2], "", str(refusal))
    return answer({"meta": {"code": refusal.code, "message": "失败"}, "data": {}})


def _told(data: dict[str, Any]) -> Response:
    return answer({"meta": {"code": 0, "message": "成功"}, "data": data})


def _believe(here: Desk) -> None:
    form, known = request.form, here.credentials
    busy = {Fault.RATE_LIMIT: _BUSY, Fault.ERROR_IN_200: _OTHER, Fault.WRONG_APP: _CLIENT}
    if here.fault in busy:
        raise _RefusedError(busy[here.fault])
    if form.get("client_id") != known["client_id"]:
        raise _RefusedError(_CLIENT)
    if form.get("client_secret") != known["client_secret"] or here.fault is Fault.WRONG_SECRET:
        raise _RefusedError(_SECRET)
    proof = unseal(bytes.fromhex(known["client_secret"]), form.get("auth_token", "")).split(":")
    right = len(proof) == _PROOF_PARTS and proof[:2] == [known["client_id"], known["client_secret"]]
    if not right or not proof[2].isdecimal() or not here.in_time(int(proof[2]) / 1000):
        raise _RefusedError(_SECRET)


def seal(key: bytes, text: str) -> str:
    octets = text.encode()
    missing = _BLOCK - len(octets) % _BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - theirs
    return encryptor.update(octets + bytes([missing]) * missing).hex().upper()


def unseal(key: bytes, told: str) -> str:
    """Return what `seal` took, or nothing."""
    try:
        decryptor = Cipher(algorithms.AES(key), modes.ECB()).decryptor()  # noqa: S305 - theirs
        octets = decryptor.update(bytes.fromhex(told)) + decryptor.finalize()
        return octets[: -octets[-1]].decode() if octets else ""
    except ValueError:
        return ""
