"""Callers of the sandbox's authorities: each signs a question as its wire wants, by hand."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from flask.testing import FlaskClient

from sandbox.crypto import certificates, messages
from sandbox.crypto.pem import read_key
from sandbox.crypto.sm3 import hmac_sm3, sm3

CHINA = timezone(timedelta(hours=8))
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0 a face").decode()


@dataclass
class Caller:
    """One authority, its secrets, and the clock by which we ask."""

    client: FlaskClient
    secrets: dict[str, str]
    now: float

    def post(self, path: str, body: str | bytes, headers: dict[str, str] | None = None) -> Any:
        told = {"content-type": "application/json; charset=utf-8"} | (headers or {})
        return self.client.post(path, data=body, headers=told)


def compact(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def signed_package(caller: Caller, package: dict[str, Any]) -> str:
    said = compact(package)
    key = read_key(caller.secrets["customer_key"])
    holder = certificates.read(caller.secrets["customer_certificate"])
    signature = base64.b64encode(messages.sign(said.encode(), key, holder)).decode()
    return f'{{"bizPackage":{said},"sign":"{signature}"}}'


def ctid_time(moment: float) -> str:
    now = datetime.fromtimestamp(moment, UTC).astimezone(CHINA)
    return f"{now:%Y%m%d%H%M%S}{now.microsecond // 1000:03d}"


def ctid_apply(caller: Caller, mode: str = "0x40", **changes: Any) -> Any:
    package = {
        "customerNumber": caller.secrets["customer_number"],
        "appName": caller.secrets["app_name"],
        "timeStamp": ctid_time(caller.now),
        "cardReaderVersion": secrets.token_hex(2),
        "authMode": mode,
    }
    return caller.post("/apply", signed_package(caller, package | changes))


def ctid_question(
    caller: Caller, serial: str, name: str, number: str, mode: str = "0x40", **more: Any
) -> dict[str, Any]:
    begins, ends = more.get("dates", ("", ""))
    person = {"xM": name, "gMSFZHM": number, "yXQQSRQ": begins, "yXQJZRQ": ends}
    holder = certificates.read(caller.secrets["envelope_certificate"])
    sealed = messages.seal(compact({"sFXX": person, "zP": {}}).encode(), holder, bytes(16))
    return {
        "customNumber": caller.secrets["customer_number"],
        "appName": caller.secrets["app_name"],
        "timeStamp": ctid_time(caller.now),
        "businessSerialNumber": serial,
        "authMode": mode,
        "photoData": more.get("photo", ""),
        "authApplyRetainData": base64.b64encode(sealed).decode(),
    }


def ctid(caller: Caller, name: str, number: str, mode: str = "0x40", **more: Any) -> Any:
    first = ctid_apply(caller, mode)
    serial = (first.get_json(silent=True) or {}).get("bizPackage", {}).get("businessSerialNumber")
    if not serial:
        return first
    package = ctid_question(caller, serial, name, number, mode, **more)
    return caller.post("/authentication", signed_package(caller, package))


def acs3_headers(caller: Caller, action: str, body: bytes, nonce: str = "") -> dict[str, str]:
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "host": "localhost",
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-acs-date": f"{datetime.fromtimestamp(caller.now, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce or secrets.token_hex(8),
        "x-acs-version": "2019-03-07",
    }
    signed = ";".join(sorted(headers))
    lines = "".join(f"{n}:{headers[n]}\n" for n in sorted(headers))
    digest = headers["x-acs-content-sha256"]
    canonical = f"POST\n/\n\n{lines}\n{signed}\n{digest}"
    told = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = caller.secrets["access_key_secret"].encode()
    signature = hmac.new(key, told.encode(), hashlib.sha256).hexdigest()
    who = caller.secrets["access_key_id"]
    headers["authorization"] = (
        f"ACS3-HMAC-SHA256 Credential={who},SignedHeaders={signed},Signature={signature}"
    )
    return headers


def aliyun(
    caller: Caller, name: str, number: str, action: str = "Id2MetaVerify", **more: str
) -> Any:
    from urllib.parse import urlencode

    body = urlencode(
        {"ParamType": "normal", "IdentifyNum": number, "UserName": name, **more}
    ).encode()
    return caller.post("/", body, acs3_headers(caller, action, body))


def tencent(
    caller: Caller, name: str, number: str, action: str = "IdCardVerification", **more: str
) -> Any:
    body = compact({"IdCard": number, "Name": name, **more}).encode()
    kind = "application/json; charset=utf-8"
    day = f"{datetime.fromtimestamp(caller.now, UTC):%Y-%m-%d}"
    lines = f"content-type:{kind}\nhost:localhost\nx-tc-action:{action.lower()}\n"
    signed = "content-type;host;x-tc-action"
    canonical = f"POST\n/\n\n{lines}\n{signed}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/faceid/tc3_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    told = f"TC3-HMAC-SHA256\n{int(caller.now)}\n{scope}\n{hashed}"
    key = f"TC3{caller.secrets['secret_key']}".encode()
    for part in (day, "faceid", "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, told.encode(), hashlib.sha256).hexdigest()
    who = caller.secrets["secret_id"]
    headers = {
        "host": "localhost",
        "x-tc-action": action,
        "x-tc-version": "2018-03-01",
        "x-tc-timestamp": str(int(caller.now)),
        "authorization": f"TC3-HMAC-SHA256 Credential={who}/{scope}, "
        f"SignedHeaders={signed}, Signature={signature}",
    }
    return caller.post("/", body, headers)


def exchange(caller: Caller, service: str, body: dict[str, Any]) -> Any:
    at, who = str(int(caller.now * 1000)), caller.secrets["requester"]
    message = f"{service}{who}{at}".encode()
    signature = hmac.digest(caller.secrets["app_secret"].encode(), message, "sha256")
    headers = {
        "gjgxjhpt_rid": who,
        "gjgxjhpt_sid": service,
        "gjgxjhpt_rtime": at,
        "gjgxjhpt_sign": base64.b64encode(signature).decode(),
    }
    return caller.post(f"/{service}", compact(body), headers)


def population_gateway(caller: Caller, name: str, number: str) -> Any:
    return exchange(caller, caller.secrets["service"], {"gmsfhm": number})


def legal_person_gateway(caller: Caller, name: str, number: str, **more: str) -> Any:
    asked = {"entname": name, "uniscid": number, **more}
    return exchange(caller, caller.secrets["verify_service"], asked)


def social_security_gateway(caller: Caller, name: str, number: str, **more: str) -> Any:
    asked = {
        "access_id": caller.secrets["access_id"],
        "timestamp": str(int(caller.now * 1000)),
        "nonce": secrets.token_hex(8),
        "AAC002": number,
        "AAC003": name,
    } | more
    told = "&".join(f"{k}={asked[k]}" for k in sorted(asked))
    sign = hmac_sm3(caller.secrets["secret"].encode(), told.encode()).hex()
    return caller.post("/api/v1/insured/verify", compact(asked | {"sign": sign}))


def immigration(caller: Caller, name: str, number: str, **more: str) -> Any:
    asked = {
        "docType": "PASSPORT",
        "docNo": number,
        "nameCn": name,
        "birthDate": "19900307",
        "nationality": "CHN",
    } | more
    body = compact(asked).encode()
    app, at, nonce = caller.secrets["app_id"], str(int(caller.now)), secrets.token_hex(8)
    told = f"{app}\n{at}\n{nonce}\n{sm3(body).hex()}"
    sign = hmac_sm3(caller.secrets["secret"].encode(), told.encode()).hex()
    headers = {"X-NIA-App": app, "X-NIA-Timestamp": at, "X-NIA-Nonce": nonce}
    return caller.post("/nia/verify", body, headers | {"X-NIA-Signature": sign})


ASK: dict[str, Callable[..., Any]] = {
    "ctid": ctid,
    "aliyun": aliyun,
    "tencent": tencent,
    "population_gateway": population_gateway,
    "legal_person_gateway": legal_person_gateway,
    "social_security_gateway": social_security_gateway,
    "immigration": immigration,
}


def told(authority: str, answer: Any) -> str:
    """Return the one word of *answer* that matters on the wire of *authority*."""
    body = answer.get_json()
    if authority == "ctid":
        package = body["bizPackage"]
        return package["errorDesc"] or package["authResult"]
    if authority == "aliyun":
        return body["ResultObject"]["BizCode"] if "ResultObject" in body else body["Code"]
    if authority == "tencent":
        inner = body["Response"]
        return inner["Error"]["Code"] if "Error" in inner else inner["Result"]
    if authority == "population_gateway":
        rows = [f"{row['xm']}/{row['ryzt']}" for row in body["DataList"]]
        return " ".join(rows) if body["IsSuccess"] else str(body["ErrorCode"])
    if authority == "legal_person_gateway":
        return body.get("code") or f"{body['entchk_checkres_key']}/{body['regstateCn']}"
    return body["data"]["result"] if body["data"] else body["code"]
