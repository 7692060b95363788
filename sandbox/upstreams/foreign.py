"""Two foreign OpenID providers: one with pushed requests and `iss`, one as plain as can be."""

import hashlib
import json
import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from flask import Blueprint, Response, request

from sandbox.authorities.wire import answer
from sandbox.upstreams import counter, screen
from sandbox.upstreams.codes import CodeRefusedError
from sandbox.upstreams.faults import EVERYWHERE, Fault
from sandbox.upstreams.office import Desk, Upstream, desk
from sandbox.upstreams.wallets import Holder
from sandbox.wording import Both

FIVE_MINUTES, COORDINATE = 300, 32
_STRANGER = "https://elsewhere.example"
_REQUEST_URI = "urn:ietf:params:oauth:request_uri:"
_FAULTS = (
    *(fault for fault in EVERYWHERE if fault is not Fault.ERROR_IN_200),
    Fault.WRONG_SECRET,
    Fault.TOKEN_EXPIRED,
    Fault.OTHER_USER,
    Fault.BAD_SIGNATURE,
    Fault.CLOCK_FAST,
    Fault.CLOCK_SLOW,
    Fault.WRONG_ISSUER,
    Fault.WRONG_AUDIENCE,
    Fault.WRONG_NONCE,
    Fault.UNSIGNED,
    Fault.PLAIN_TEXT,
)


class _RefusedError(Exception):
    """An error response (RFC 6749 §5.2)."""

    def __init__(self, error: str, status: int = 400) -> None:
        self.error, self.status = error, status
        super().__init__(error)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for."""

    holder: Holder
    asked: Mapping[str, str]


def _house(key: str, name: Both, about: Both, *, modern: bool) -> Upstream:
    """Return one of the two; a *modern* one takes pushed requests and names itself in answers."""
    pages = Blueprint(f"{key}_pages", __name__, url_prefix=f"/{key}")
    wire = Blueprint(f"{key}_api", __name__, url_prefix=f"/{key}")
    counter.open_at(
        pages,
        "/authorize",
        knows=lambda here: _request(here).get("client_id") == here.credentials["client_id"],
        callback=lambda here: _request(here).get("redirect_uri", ""),
        back=_back_modern if modern else _back,
        items=counter.NAME_AND_NUMBER,
    )
    wire.add_url_rule("/.well-known/openid-configuration", view_func=_metadata, methods=("GET",))
    for rule, view, method in (
        ("/jwks", jwks, "GET"),
        ("/token", token, "POST"),
        ("/userinfo", userinfo, "GET"),
    ):
        wire.add_url_rule(rule, view_func=view, methods=(method,))
    if modern:
        wire.add_url_rule("/par", view_func=push, methods=("POST",))
    wire.register_error_handler(_RefusedError, _refused)
    return Upstream(
        key=key,
        name=name,
        about=about,
        genuine=True,
        signatures="ES256",
        faults=(*_FAULTS, Fault.NO_ISSUER) if modern else _FAULTS,
        pages=pages,
        wire=wire,
        skin="foreign",
    )


def _issuer(here: Desk) -> str:
    return f"{request.host_url}{here.upstream.key}"


def _is_modern(here: Desk) -> bool:
    return Fault.NO_ISSUER in here.upstream.faults


def _request(here: Desk) -> Mapping[str, str]:
    """Return the authorization request: what was pushed, or the query."""
    pushed = request.args.get("request_uri", "")
    if not pushed:
        return request.args
    found: Mapping[str, str] = here.memory.get(pushed.removeprefix(_REQUEST_URI), {})
    return found


def _back(here: Desk, holder: Holder | None) -> Response:
    asked = dict(_request(here))
    told = {"state": asked.get("state", "")}
    if holder is None:
        told["error"] = "access_denied"
    else:
        told["code"] = here.codes.issue(Grant(holder, asked))
    return screen.send_back(asked["redirect_uri"], told, holder)


def _back_modern(here: Desk, holder: Holder | None) -> Response:
    """Send people back, and say who does (RFC 9207)."""
    asked = _request(here)
    sent = _back(here, holder)
    if here.fault is not Fault.NO_ISSUER:
        issuer = _STRANGER if here.fault is Fault.WRONG_ISSUER else _issuer(here)
        sent.location = screen.with_query(sent.location or asked["redirect_uri"], {"iss": issuer})
    return sent


def _metadata() -> Response:
    """Say where everything is (OpenID Connect Discovery §3)."""
    here = desk()
    base = _issuer(here)
    told: dict[str, Any] = {
        "issuer": base,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        "userinfo_endpoint": f"{base}/userinfo",
        "jwks_uri": f"{base}/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    }
    if _is_modern(here):
        told["pushed_authorization_request_endpoint"] = f"{base}/par"
        told["authorization_response_iss_parameter_supported"] = True
    return answer(told)


def jwks() -> Response:
    """Show the key."""
    here = desk()
    point = _key(here).public_key().public_numbers()
    key = {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "1"}
    x, y = (_text(number.to_bytes(COORDINATE)) for number in (point.x, point.y))
    return answer({"keys": [key | {"x": x, "y": y}]})


def push() -> Response:
    """Keep a request (RFC 9126)."""
    here = desk()
    _authenticate(here)
    mark = secrets.token_urlsafe(24)
    here.memory[mark] = {**request.form, "client_id": here.credentials["client_id"]}
    return answer({"request_uri": _REQUEST_URI + mark, "expires_in": 60}, 201)


def token() -> Response:
    """Change a code for tokens; the verifier must fit the challenge (RFC 7636)."""
    here, form = desk(), request.form
    _authenticate(here)
    try:
        grant: Grant = counter.spend(here, form.get("code", ""))
    except CodeRefusedError:
        raise _RefusedError("invalid_grant") from None
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    if (
        form.get("redirect_uri") != grant.asked.get("redirect_uri")
        or _text(digest) != grant.asked.get("code_challenge")
        or grant.asked.get("code_challenge_method") != "S256"
    ):
        raise _RefusedError("invalid_grant")
    access = here.tokens.issue(grant)
    here.note("token", grant.holder.nickname, "ok")
    return answer(
        {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": FIVE_MINUTES,
            "id_token": _id_token(here, grant, access),
        }
    )


def userinfo() -> Response:
    """Tell whose token it is."""
    here = desk()
    scheme, _, told = request.headers.get("Authorization", "").partition(" ")
    try:
        grant: Grant = counter.look(here, told if scheme == "Bearer" else "")
    except CodeRefusedError:
        raise _RefusedError("invalid_token", 401) from None
    holder = counter.shown(here, grant.holder)
    return answer(
        {
            "sub": _subject(here, holder),
            "name": holder.nickname,
            "phone_number": f"+86{holder.phone}",
            "phone_number_verified": True,
        }
    )


def _refused(refusal: _RefusedError) -> Response:
    desk().note(request.path.rpartition("/")[2], "", refusal.error)
    return answer({"error": refusal.error}, refusal.status)


def _authenticate(here: Desk) -> None:
    """See that our client asks, by HTTP Basic (RFC 6749 §2.3.1)."""
    if here.fault is Fault.RATE_LIMIT:
        raise _RefusedError("temporarily_unavailable", 429)
    scheme, _, told = request.headers.get("Authorization", "").partition(" ")
    try:
        name, _, secret = b64decode(told).decode().partition(":")
    except ValueError:
        name = secret = ""
    known = (here.credentials["client_id"], here.credentials["client_secret"])
    changed = here.fault in (Fault.WRONG_APP, Fault.WRONG_SECRET)
    if scheme != "Basic" or (unquote_plus(name), unquote_plus(secret)) != known or changed:
        raise _RefusedError("invalid_client", 401)


def _id_token(here: Desk, grant: Grant, access: str) -> str:
    now, fault = int(here.clock()), here.fault
    half = hashlib.sha256(access.encode()).digest()[:16]
    claims = {
        "iss": _STRANGER if fault is Fault.WRONG_ISSUER else _issuer(here),
        "sub": _subject(here, grant.holder),
        "aud": "somebody-else" if fault is Fault.WRONG_AUDIENCE else grant.asked["client_id"],
        "exp": now + FIVE_MINUTES,
        "iat": now,
        "auth_time": now,
        "nonce": "another" if fault is Fault.WRONG_NONCE else grant.asked.get("nonce", ""),
        "at_hash": _text(half),
    }
    if fault is Fault.UNSIGNED:
        return f"{_part({'alg': 'none'})}.{_part(claims)}."
    head = f"{_part({'alg': 'ES256', 'kid': '1', 'typ': 'JWT'})}.{_part(claims)}"
    signature = _key(here).sign(head.encode(), ec.ECDSA(hashes.SHA256()))
    octets = b"".join(number.to_bytes(COORDINATE) for number in decode_dss_signature(signature))
    if fault is Fault.BAD_SIGNATURE:
        octets = octets[:-1] + bytes([octets[-1] ^ 1])
    return f"{head}.{_text(octets)}"


def _subject(here: Desk, holder: Holder) -> str:
    return holder.stable(here.upstream.key)[:32]


def _key(here: Desk) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(here.credentials["signing_key"].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - we made it
    return key


def _part(document: Mapping[str, Any]) -> str:
    return _text(json.dumps(document).encode())


def _text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")


MODERN = _house(
    "foreign",
    Both("外部 OpenID（新）", "A foreign OpenID provider"),
    Both(
        "推送授权请求、PKCE、回调写明签发者。", "Pushed requests, PKCE, and `iss` in its answers."
    ),
    modern=True,
)
PLAIN = _house(
    "foreign_plain",
    Both("外部 OpenID（旧）", "A plain OpenID provider"),
    Both("没有推送请求，也不写签发者。", "No pushed requests, and no `iss`."),
    modern=False,
)
