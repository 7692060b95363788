"""Alibaba Cloud's identity checks: cloudauth 2019-03-07, signed with ACS3-HMAC-SHA256.

Parameters go in the form body, never in the URL: URLs end in logs. A person is checked with
`Id2MetaVerify`, a phone besides with `Mobile3MetaDetailVerify`, a portrait with `Id3MetaVerify`;
several elements mean several questions, and all must match.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode, urlsplit

from config.authorities import AliyunSettings
from idp import clock
from idp.registry.ports import RateLimitedError, UnsupportedQueryError
from idp.registry.queries import PersonQuery
from idp.registry.remote import pictures, wire
from idp.registry.results import Result, Verdict
from idp.web.outbound import Answer, Outbound

VERSION = "2019-03-07"
ALGORITHM = "ACS3-HMAC-SHA256"
_FORM = "application/x-www-form-urlencoded"
_BIZ = {"1": Result.MATCH, "2": Result.MISMATCH, "3": Result.NO_RECORD}
_MOBILE = {"101": Result.MATCH, "301": Result.NO_RECORD} | dict.fromkeys(
    ("201", "202", "203", "204"), Result.MISMATCH
)
_FACE = {
    "101": Result.MATCH,
    "201": Result.MISMATCH,
    "202": Result.FACE_GREY,  # "probably the same person"
    "203": Result.NO_PHOTO,
    "204": Result.FACE_MISMATCH,
    "301": Result.NO_RECORD,
    "302": Result.NO_RECORD,  # there, but cannot be verified: moved, enlisted, corrected
} | dict.fromkeys(("205", "206", "207", "208"), Result.BAD_INPUT)
_SUBCODES: dict[str, dict[str, Result]] = {
    "Id2MetaVerify": {},
    "Mobile3MetaDetailVerify": _MOBILE,
    "Id3MetaVerify": _FACE,
}
_BAD_INPUT = frozenset({"400", "401"})
_LIMITED = frozenset({"418", "429"})
_CARDS = re.compile(r"[1-8][0-9]{16}[0-9X]")  # a 9 begins foreigners' cards


class Aliyun:
    """The port `Population`, answered by Alibaba Cloud."""

    source = "aliyun"

    def __init__(self, settings: AliyunSettings, outbound: Outbound) -> None:
        self._settings = settings
        self._line = wire.Line(settings, outbound)
        self._host = urlsplit(self._line.base_url).netloc
        self._path = urlsplit(self._line.base_url).path + "/"

    def check(self, query: PersonQuery) -> Verdict:
        """Ask as many questions as *query* has elements for; the first that fails decides.

        Raises:
            AuthorityError: an answer that is no verdict.
        """
        # They keep second-generation cards and residence permits, and no periods of validity.
        query = wire.tidy(query)
        if query.validity is not None or not _CARDS.fullmatch(query.id_number):
            raise UnsupportedQueryError
        query = pictures.fitted(query, self._settings.picture_limit)
        verdict: Verdict | None = None
        for action, parameters in self._questions(query):
            verdict = self._ask(action, parameters, query)
            if verdict.result is not Result.MATCH:
                return verdict
        if verdict is None:
            raise UnsupportedQueryError
        return verdict

    def _questions(self, query: PersonQuery) -> Iterator[tuple[str, dict[str, str]]]:
        kind = self._settings.param_type
        hashed = kind == "md5"
        number, name = query.id_number, query.name
        person = {
            "ParamType": kind,
            "IdentifyNum": number[:6] + _md5(number[6:14]) + number[14:] if hashed else number,
            "UserName": _md5(name[:1]) + name[1:] if hashed else name,
        }
        if query.phone is not None:
            phone = query.phone.removeprefix("+86")
            three = {"IdentifyNum": number, "UserName": name, "Mobile": phone}
            if hashed:
                three = {key: _md5(value) for key, value in three.items()}
            yield "Mobile3MetaDetailVerify", {"ParamType": kind, **three}
        if query.portrait is not None:
            picture = base64.b64encode(query.portrait).decode("ascii")
            yield "Id3MetaVerify", {**person, "FacePicture": picture, "Crop": "F"}
        if query.phone is None and query.portrait is None:
            yield "Id2MetaVerify", person

    def _ask(self, action: str, parameters: Mapping[str, str], query: PersonQuery) -> Verdict:
        body = urlencode(parameters).encode("ascii")
        answer = self._line.post("/", self._headers(action, body), body)
        return self._read(action, answer, query)

    def _headers(self, action: str, body: bytes) -> dict[str, str]:
        signed = {
            "content-type": _FORM,
            "host": self._host,
            "x-acs-action": action,
            "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
            "x-acs-date": f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-version": VERSION,
        }
        secret = self._settings.access_key_secret.get_secret_value()
        signature = sign(secret, self._path, signed)
        authorization = (
            f"{ALGORITHM} Credential={self._settings.access_key_id},"
            f"SignedHeaders={';'.join(sorted(signed))},Signature={signature}"
        )
        del signed["host"]  # the transport writes that one
        return {**signed, "accept": "application/json", "authorization": authorization}

    def _read(self, action: str, answer: Answer, query: PersonQuery) -> Verdict:
        document = wire.read_object(answer)
        code = wire.text(document, "Code")
        if code in _LIMITED or code.startswith("Throttling"):
            raise RateLimitedError(detail=code)
        reference = wire.text(document, "RequestId")
        if code in _BAD_INPUT or code.startswith("InvalidParameter"):
            # What a person typed must not open the breaker for all.
            return Verdict(
                result=Result.BAD_INPUT, source=self.source, reference=reference, reason=code
            )
        wire.succeeded(answer)
        if code != "200":
            wire.unusable(f"{action}: Code {code[:40]}")
        found = wire.an_object(document.get("ResultObject"), "ResultObject")
        biz, sub = wire.text(found, "BizCode"), wire.text(found, "SubCode")
        result, rare = wire.against(_result(action, biz, sub), query.name)
        return Verdict(
            result=result, source=self.source, reference=reference, reason=rare or sub or biz
        )


def sign(secret: str, path: str, headers: Mapping[str, str]) -> str:
    """Return the signature over a POST to *path* without a query; every header is signed.

    The body is covered by the header `x-acs-content-sha256`.
    """
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    parts = ("POST", path, "", lines, ";".join(names), headers["x-acs-content-sha256"])
    canonical = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{canonical}"
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def _result(action: str, biz: str, sub: str) -> Result:
    """Return what both codes say; where they disagree, nothing was said."""
    result = _BIZ.get(biz)
    if result is None:
        wire.unusable(f"{action}: BizCode {biz[:40]}")
    known = _SUBCODES[action]
    if not known:
        return result
    finer = known.get(sub)
    if finer is None or (finer is Result.MATCH) != (result is Result.MATCH):
        wire.unusable(f"{action}: BizCode {biz[:40]} with SubCode {sub[:40]}")
    return finer


def _md5(value: str) -> str:
    """Their way to mask a value; it hides nothing from whoever tries all dates."""
    return hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()
