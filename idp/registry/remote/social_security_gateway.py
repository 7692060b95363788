"""The register of the insured, in a profile of ours: no public interface was found.

The elements are the ministry's own (AAC002 identity number, AAC003 name, AAZ500 card, AAB301
region, AAC008 state of insurance); paths, signatures and codes are ours, to be agreed at
admission. Requests and answers are signed with HMAC-SM3.
"""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from config.authorities import SocialSecurityGatewaySettings
from idp import clock
from idp.formats import id_numbers, names
from idp.registry.ports import RateLimitedError
from idp.registry.queries import SocialSecurityQuery
from idp.registry.remote import wire
from idp.registry.remote.sm3_seals import is_sealed, seal
from idp.registry.results import Result, Verdict
from idp.web.outbound import Outbound

_PATH = "/api/v1/insured/verify"
_RESULTS = {"1": Result.MATCH, "2": Result.MISMATCH, "3": Result.NO_RECORD}
_INSURED = frozenset({"1", "2"})  # insured, or suspended: contributions rest, the person stays in
_ENDED = "4"
_OK, _BAD_INPUT, _LIMITED = "0", "4001", "4290"


class SocialSecurityGateway:
    """The port `SocialSecurity`, answered by the shared register."""

    source = "social_security_gateway"

    def __init__(self, settings: SocialSecurityGatewaySettings, outbound: Outbound) -> None:
        self._settings = settings
        self._secret = settings.secret.get_secret_value()
        self._line = wire.Line(settings, outbound)

    def check(self, query: SocialSecurityQuery) -> Verdict:
        """Ask whether this person is insured.

        Raises:
            OutboundFailedError: no answer, or one that is no verdict.
        """
        name = names.normalise(query.name)
        nonce = secrets.token_hex(16)
        body = json.dumps(self._question(query, name, nonce), ensure_ascii=False).encode()
        headers = {"content-type": "application/json; charset=utf-8"}
        document = wire.read_object(wire.succeeded(self._line.post(_PATH, headers, body)))
        code = wire.text(document, "code")
        if code == _LIMITED:
            raise RateLimitedError(detail=code)
        if code not in (_OK, _BAD_INPUT):
            wire.unusable(f"code {code[:40]}")
        self._verify(document, nonce)
        if code == _BAD_INPUT:
            return Verdict(result=Result.BAD_INPUT, source=self.source, reason=code)
        found, reason = _read(document)
        result, rare = wire.against(found, name)
        return Verdict(result=result, source=self.source, reason=rare or reason)

    def _question(self, query: SocialSecurityQuery, name: str, nonce: str) -> dict[str, str]:
        told = {
            "access_id": self._settings.access_id,
            "timestamp": str(int(clock.now().timestamp() * 1000)),
            "nonce": nonce,
            "AAC002": id_numbers.normalise(query.id_number),
            "AAC003": name,
            "AAZ500": query.card_number,
            "AAB301": query.region,
        }
        given = {key: value for key, value in told.items() if value is not None}
        return {**given, "sign": seal(self._secret, canonical(given))}

    def _verify(self, document: Mapping[str, Any], nonce: str) -> None:
        """Make sure that the answer is theirs, and one to this question."""
        data = json.dumps(
            document.get("data"), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        signed = {
            "code": wire.text(document, "code"),
            "data": data,
            "msg": wire.text(document, "msg"),
            "nonce": wire.text(document, "nonce"),
        }
        if not is_sealed(self._secret, canonical(signed), wire.text(document, "sign")):
            wire.unusable("the answer is not signed by them")
        if signed["nonce"] != nonce:
            wire.unusable("an answer to another question")


def canonical(fields: Mapping[str, str]) -> bytes:
    """Return what is signed: `key=value`, sorted by key, joined with `&`."""
    return "&".join(f"{key}={fields[key]}" for key in sorted(fields)).encode()


def _read(document: Mapping[str, Any]) -> tuple[Result, str]:
    data = wire.an_object(document.get("data"), "data")
    word, state = wire.text(data, "result"), wire.text(data, "AAC008")
    result = _RESULTS.get(word)
    if result is None:
        wire.unusable(f"result {word[:40]}")
    if result is Result.NO_RECORD:
        return result, ""
    if state == _ENDED:
        return Result.NO_RECORD, "ended"
    if result is Result.MATCH and state not in _INSURED:
        wire.unusable("an unknown state in AAC008")
    return result, ""
