"""Tencent Cloud's identity checks: faceid 2018-03-01, signed with TC3-HMAC-SHA256.

A person is checked with `IdCardVerification`, a phone with `PhoneVerification`, a card's period
with `CheckIdNameDate`, a portrait with `ImageRecognitionV2`; several elements mean several
questions, and all must match. Errors come with HTTP 200.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from config.authorities import TencentSettings
from idp import clock
from idp.registry.ports import RateLimitedError, UnsupportedQueryError
from idp.registry.queries import PersonQuery
from idp.registry.remote import pictures, wire
from idp.registry.results import Result, Verdict
from idp.web.outbound import Outbound

SERVICE = "faceid"
VERSION = "2018-03-01"
ALGORITHM = "TC3-HMAC-SHA256"
SAME_PERSON = 70.0
"""Their fixed threshold of similarity: one false match in ten thousand."""

_JSON = "application/json; charset=utf-8"
_SIGNED = "content-type;host;x-tc-action"
_LIMIT = "limit"
_AWAY = "away"
_BAD_PARAMETER = "InvalidParameter"
# fmt: off
_MEANING: dict[str, dict[str, Result | str]] = {
    "IdCardVerification": {
        "0": Result.MATCH, "-1": Result.MISMATCH, "-2": Result.BAD_INPUT, "-3": Result.BAD_INPUT,
        "-4": _AWAY, "-5": Result.NO_RECORD, "-6": _AWAY, "-7": _LIMIT,
    },
    "PhoneVerification": {
        "0": Result.MATCH, "-4": Result.MISMATCH, "-6": Result.BAD_INPUT, "-7": Result.BAD_INPUT,
        "-8": Result.BAD_INPUT, "-9": Result.NO_RECORD, "-11": _AWAY, "-12": _LIMIT,
    },
    "CheckIdNameDate": {
        "0": Result.MATCH, "-1": Result.MISMATCH, "-2": Result.BAD_INPUT, "-3": Result.BAD_INPUT,
        "-4": Result.BAD_INPUT, "-5": Result.NO_RECORD, "-6": _AWAY, "-7": Result.NO_RECORD,
        "-8": _LIMIT,
    },
    "ImageRecognitionV2": {
        "Success": Result.MATCH,
        "FailedOperation.IdNameMisMatch": Result.MISMATCH,
        "FailedOperation.IdNoExistSystem": Result.NO_RECORD,
        "FailedOperation.IdPhotoNoExist": Result.NO_PHOTO,
        "FailedOperation.IdPhotoPoorQuality": Result.NO_PHOTO,  # theirs shows too little
        "FailedOperation.CompareLowSimilarity": Result.FACE_MISMATCH,
        "FailedOperation.LifePhotoDetectFake": Result.LIVENESS_FAIL,
        "FailedOperation.LifePhotoDetectNoFaces": Result.BAD_INPUT,
        "FailedOperation.LifePhotoDetectFaces": Result.BAD_INPUT,  # more than one
        "FailedOperation.LifePhotoPoorQuality": Result.BAD_INPUT,
        "FailedOperation.LifePhotoSizeError": Result.BAD_INPUT,
        "FailedOperation.CompareFail": _AWAY, "FailedOperation.UnKnown": _AWAY,
        "FailedOperation.LivessSystemError": _AWAY,
    },
}
# fmt: on


class Tencent:
    """The port `Population`, answered by Tencent Cloud."""

    source = "tencent"

    def __init__(self, settings: TencentSettings, outbound: Outbound) -> None:
        self._settings = settings
        self._line = wire.Line(settings, outbound)
        self._host = urlsplit(self._line.base_url).netloc

    def check(self, query: PersonQuery) -> Verdict:
        """Ask as many questions as *query* has elements for; the first that fails decides.

        Raises:
            AuthorityError: an answer that is no verdict.
        """
        query = pictures.fitted(wire.tidy(query), self._settings.picture_limit)
        verdict: Verdict | None = None
        for action, parameters in _questions(query):
            verdict = self._ask(action, parameters, query)
            if verdict.result is not Result.MATCH:
                return verdict
        if verdict is None:
            raise UnsupportedQueryError
        return verdict

    def _ask(self, action: str, parameters: Mapping[str, str], query: PersonQuery) -> Verdict:
        person = {"IdCard": query.id_number, "Name": query.name}
        body = json.dumps({**person, **parameters}, ensure_ascii=False).encode()
        answer = wire.succeeded(self._line.post("/", self._headers(action, body), body))
        response = wire.an_object(wire.read_object(answer).get("Response"), "Response")
        reference = wire.text(response, "RequestId")
        code = _code(response)
        meaning = _meaning(action, code, response)
        result, rare = wire.against(meaning, query.name)
        return Verdict(result=result, source=self.source, reference=reference, reason=rare or code)

    def _headers(self, action: str, body: bytes) -> dict[str, str]:
        moment = clock.epoch()
        key = self._settings.secret_key.get_secret_value()
        signature = sign(key, SERVICE, self._host, action, moment, body)
        scope = f"{_date(moment)}/{SERVICE}/tc3_request"
        headers = {
            "content-type": _JSON,
            "x-tc-action": action,
            "x-tc-version": VERSION,
            "x-tc-timestamp": str(moment),
            "authorization": (
                f"{ALGORITHM} Credential={self._settings.secret_id}/{scope}, "
                f"SignedHeaders={_SIGNED}, Signature={signature}"
            ),
        }
        if self._settings.region:
            headers["x-tc-region"] = self._settings.region
        return headers


def sign(key: str, service: str, host: str, action: str, moment: int, body: bytes) -> str:
    """Return the signature over *body*, posted to `/` of *host* (Signature v3)."""
    lines = f"content-type:{_JSON}\nhost:{host}\nx-tc-action:{action.lower()}\n"
    parts = ("POST", "/", "", lines, _SIGNED, hashlib.sha256(body).hexdigest())
    canonical = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    day = _date(moment)
    to_sign = f"{ALGORITHM}\n{moment}\n{day}/{service}/tc3_request\n{canonical}"
    derived = f"TC3{key}".encode()
    for word in (day, service, "tc3_request"):
        derived = hmac.new(derived, word.encode(), hashlib.sha256).digest()
    return hmac.new(derived, to_sign.encode(), hashlib.sha256).hexdigest()


def _date(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def _questions(query: PersonQuery) -> Iterator[tuple[str, dict[str, str]]]:
    if query.phone is not None:
        yield "PhoneVerification", {"Phone": query.phone.removeprefix("+86")}
    if query.validity is not None:
        begins, ends = wire.day(query.validity.begins), wire.day(query.validity.ends)
        yield "CheckIdNameDate", {"ValidityBegin": begins, "ValidityEnd": ends}
    if query.portrait is not None:
        yield "ImageRecognitionV2", {"ImageBase64": base64.b64encode(query.portrait).decode()}
    if query.elements == ("name", "id_number"):
        yield "IdCardVerification", {}


def _code(response: Mapping[str, Any]) -> str:
    """Return the result, or the error where there is one.

    Raises:
        AuthorityError: both, or neither.
    """
    error = response.get("Error")
    result = wire.text(response, "Result")
    if error is None and result:
        return result
    if error is None or result:
        wire.unusable("no result, or one beside an error")
    code = wire.text(wire.an_object(error, "Error"), "Code")
    if "." not in code and "Limit" not in code and not code.startswith(_BAD_PARAMETER):
        wire.unusable(f"error {code[:60]}")  # an error must not pass for a result
    return code


def _meaning(action: str, code: str, response: Mapping[str, Any]) -> Result:
    if "LimitExceeded" in code:
        raise RateLimitedError(detail=code)
    if code.startswith(_BAD_PARAMETER):  # what a person typed must not open the breaker for all
        return Result.BAD_INPUT
    meaning = _MEANING[action].get(code)
    if meaning == _LIMIT:
        raise RateLimitedError(detail=f"{action}: {code}")
    if not isinstance(meaning, Result):
        wire.unusable(f"{action}: {code[:60]}")
    if action == "ImageRecognitionV2" and meaning is Result.MATCH:
        return _similar(response.get("Sim"))
    return meaning


def _similar(score: Any) -> Result:
    return Result.MATCH if wire.score(score) >= SAME_PERSON else Result.FACE_MISMATCH
