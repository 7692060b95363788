"""The register of travel documents, in a profile of ours: no public interface was found.

`POST /nia/verify`; requests and answers are signed with HMAC-SM3, over who, when, and the digest
of the body. To be agreed at admission.
"""

import base64
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from config.authorities import ImmigrationSettings
from idp import clock
from idp.formats import names
from idp.registry.ports import RateLimitedError
from idp.registry.queries import TravelDocument, TravelDocumentQuery
from idp.registry.remote import pictures, wire
from idp.registry.remote.sm3_seals import digest, is_sealed, seal
from idp.registry.results import Result, Verdict
from idp.web.outbound import Answer, Outbound

SAME_PERSON, PERHAPS = 70.0, 60.0
_PATH = "/nia/verify"
_DOCUMENTS = {
    TravelDocument.PASSPORT: "PASSPORT",
    TravelDocument.FOREIGN_PASSPORT: "FOREIGN_PASSPORT",
    TravelDocument.HONG_KONG_MACAO_PERMIT: "HKM_PERMIT",
    TravelDocument.TAIWAN_PERMIT: "TW_PERMIT",
    TravelDocument.FOREIGN_RESIDENCE: "FOREIGN_PR",
}
_RESULTS = {"1": Result.MATCH, "2": Result.MISMATCH, "3": Result.NO_RECORD}
_STATES = {"VALID": "", "EXPIRED": "expired", "CANCELLED": "cancelled", "LOST": "lost"}
_OK, _BAD_INPUT, _LIMITED = "0000", "1001", "1029"
_LATIN = re.compile(r"[\x20-\x7e\u00c0-\u024f]+")


class Immigration:
    """The port `EntryExit`, answered by the immigration administration."""

    source = "immigration"

    def __init__(self, settings: ImmigrationSettings, outbound: Outbound) -> None:
        self._settings = settings
        self._secret = settings.secret.get_secret_value()
        self._line = wire.Line(settings, outbound)

    def check(self, query: TravelDocumentQuery) -> Verdict:
        """Ask whether a valid document of this number belongs to this traveller.

        Raises:
            OutboundFailedError: no answer, or one that is no verdict.
        """
        query = pictures.fitted(query, self._settings.picture_limit)
        name = names.normalise(query.name)
        body = json.dumps(_question(query, name), ensure_ascii=False).encode()
        nonce = secrets.token_hex(16)
        answer = wire.succeeded(self._line.post(_PATH, self._headers(body, nonce), body))
        document = wire.read_object(answer)
        code = wire.text(document, "code")
        if code == _LIMITED:
            raise RateLimitedError(detail=code)
        if code not in (_OK, _BAD_INPUT):
            wire.unusable(f"code {code[:40]}")
        self._verify(answer, nonce)
        if code == _BAD_INPUT:
            return Verdict(result=Result.BAD_INPUT, source=self.source, reason=code)
        data = wire.an_object(document.get("data"), "data")
        found, reason = _read(data, compared=query.portrait is not None)
        result, rare = wire.against(found, name)
        return Verdict(result=result, source=self.source, reason=rare or reason)

    def _headers(self, body: bytes, nonce: str) -> dict[str, str]:
        moment = str(clock.epoch())
        signed = "\n".join((self._settings.app_id, moment, nonce, digest(body))).encode()
        return {
            "content-type": "application/json; charset=utf-8",
            "x-nia-app": self._settings.app_id,
            "x-nia-timestamp": moment,
            "x-nia-nonce": nonce,
            "x-nia-signature": seal(self._secret, signed),
        }

    def _verify(self, answer: Answer, nonce: str) -> None:
        """Make sure that the answer is theirs, and one to this question."""
        signed = f"{nonce}\n{digest(answer.body)}".encode()
        if not is_sealed(self._secret, signed, answer.headers.get("x-nia-signature", "")):
            wire.unusable("the answer is not signed by them")


def _question(query: TravelDocumentQuery, name: str) -> dict[str, str]:
    spelt = "nameEn" if _LATIN.fullmatch(name) else "nameCn"
    told = {
        "docType": _DOCUMENTS[query.document],
        "docNo": query.number.upper(),
        "issueNo": query.issue_number,
        spelt: name,
        "birthDate": wire.day(query.birth_date),
        "nationality": query.nationality,
        "expireDate": None if query.expires is None else wire.day(query.expires),
        "photo": None if query.portrait is None else base64.b64encode(query.portrait).decode(),
    }
    return {key: value for key, value in told.items() if value is not None}


def _read(data: Mapping[str, Any], *, compared: bool) -> tuple[Result, str]:
    word = wire.text(data, "result")
    result = _RESULTS.get(word)
    if result is None:
        wire.unusable(f"result {word[:40]}")
    if result is Result.NO_RECORD:
        return result, ""
    state = _STATES.get(wire.text(data, "docStatus"))
    if state is None:
        wire.unusable("an unknown docStatus")
    if state:
        return Result.NO_RECORD, state
    differing = _differing(data)
    if result is Result.MATCH and differing:
        wire.unusable("a match with fields that differ")
    if result is Result.MATCH and compared:
        return _face(data), ""
    return result, " ".join(differing)


def _differing(data: Mapping[str, Any]) -> list[str]:
    fields = wire.an_object(data.get("fields") or {}, "fields")
    return [key[:40] for key in fields if wire.text(fields, key) != "1"]


def _face(data: Mapping[str, Any]) -> Result:
    if wire.text(data, "photo") == "NONE":
        return Result.NO_PHOTO
    score = wire.score(data.get("faceScore"))
    if score >= SAME_PERSON:
        return Result.MATCH
    return Result.FACE_GREY if score >= PERHAPS else Result.FACE_MISMATCH
