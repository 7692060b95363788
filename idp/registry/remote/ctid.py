"""CTID (公安部第一研究所), asked the native way: apply for a serial number, then authenticate.

Wire profile. Names, spelling, modes, `authResult` and the shapes of signature and envelope are
as published integrations show them; the sentences of `errorDesc`, the five minutes that an
answer stays fresh and the IV of the envelope are ours, and to be agreed at admission.

1. ``POST {base_url}{apply_path}`` ``{"bizPackage":{…},"sign":"…"}`` with customerNumber, appName,
   timeStamp, three versions of controls that we do not have, authMode; answered by success,
   businessSerialNumber, randomNumber, timeStamp, errorDesc.
2. ``POST {base_url}{auth_path}``, likewise, with customNumber (sic), appName, timeStamp,
   businessSerialNumber, authMode, photoData (base64 JPEG), authCode, idcardAuthData,
   authApplyRetainData; answered by success, authResult, errorDesc, businessSerialNumber,
   timeStamp.

authMode: 0x40 name and ID number, 0x10 with the card's validity; 0x42 and 0x12 with a portrait.
authApplyRetainData: base64 of the GM/T 0010 envelope (SM2, SM4-CBC) of
``{"sFXX":{"xM","gMSFZHM","yXQQSRQ","yXQJZRQ"},"wZXX":{"businessType","dealDate","venderName"},
"zP":{}}``; dates are yyyyMMdd, 00000000 stands for a long-term card, empty for not asked.
sign: base64 of a detached GM/T 0010 SignedData over the bytes of bizPackage as they stand in the
body, both ways. timeStamp: yyyyMMddHHmmssSSS in Beijing. JSON is UTF-8 and compact.
"""

import threading
from base64 import b64encode
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

import orjson

from config.authorities import CtidSettings
from config.schema import SettingsError
from idp import clock
from idp.crypto import gmt0010, sm2_certificates, sm2_keys
from idp.crypto.sm2 import ShangmiError, SigningKey
from idp.formats import id_numbers, names
from idp.registry.ports import AuthorityError, RateLimitedError, UnsupportedQueryError
from idp.registry.queries import PersonQuery, Validity
from idp.registry.remote import ctid_answers as answers
from idp.registry.remote import pictures
from idp.registry.results import Result, Verdict
from idp.web.outbound import Outbound

T = TypeVar("T")

_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
_MODES = {
    (False, False): "0x40",
    (False, True): "0x42",
    (True, False): "0x10",
    (True, True): "0x12",
}
"""By whether the card's validity and a portrait are asked about."""

_CONTROLS = "1230"
_LONG_TERM = "00000000"
_REMEMBERED = 10_000
_OK, _TOO_MANY = 200, 429


class Ctid:
    """The population register, as CTID answers for it."""

    source = "ctid"

    def __init__(self, settings: CtidSettings, outbound: Outbound) -> None:
        self._settings = settings
        self._outbound = outbound
        self._base = (settings.base_url or "").rstrip("/")
        self._key: SigningKey = _use(
            "signing_key", sm2_keys.load_private_key, settings.signing_key.get_secret_value()
        )
        certificate = sm2_certificates.load
        self._certificate = _use("certificate", certificate, settings.certificate)
        self._authority = _use("authority_certificate", certificate, settings.authority_certificate)
        self._recipient = _use("envelope_certificate", certificate, settings.envelope_certificate)
        if self._certificate.key != self._key.public:
            raise SettingsError("ctid.certificate is not that of ctid.signing_key")
        self._spent = _Spent()

    def check(self, query: PersonQuery) -> Verdict:
        """Say whether name, number and what else *query* has belong to one person.

        Raises:
            UnsupportedQueryError: it asks about a telephone, which CTID does not know.
            AuthorityError: no answer, or one that is unsigned, stale, replayed or unclear.
        """
        if query.phone is not None:
            raise UnsupportedQueryError(detail="ctid knows no telephones")
        try:
            name = names.parse(query.name)
        except names.RealNameError as error:
            return Verdict(result=Result.BAD_INPUT, source=self.source, reason=error.code)
        query = pictures.fitted(query, self._settings.picture_limit)
        mode = _MODES[query.validity is not None, query.portrait is not None]
        applied = self._ask(self._settings.apply_path, self._application(mode))
        _check_applied(applied)
        serial = answers.serial_of(applied)
        self._spent.add(serial)
        answered = self._ask(
            self._settings.auth_path, self._authentication(mode, serial, name.text, query)
        )
        found = answers.finding(answered, portrait=query.portrait is not None)
        answers.check_serial(answered, serial, found)
        if found.result is Result.MISMATCH and name.rare:
            found = answers.Finding(Result.NO_RECORD, "name_rare")
        return Verdict(
            result=found.result, source=self.source, reference=serial, reason=found.reason
        )

    def _ask(self, path: str, package: dict[str, Any]) -> dict[str, Any]:
        octets = orjson.dumps(package)
        sign = b64encode(gmt0010.sign(octets, self._key, self._certificate))
        answer = self._outbound.request(
            "POST",
            self._base + path,
            headers=_HEADERS,
            body=b'{"bizPackage":' + octets + b',"sign":"' + sign + b'"}',
            timeout=self._settings.timeout,
        )
        if answer.status == _TOO_MANY:
            raise RateLimitedError(detail="ctid: HTTP 429")
        if answer.status != _OK:
            raise AuthorityError(detail=f"ctid: HTTP {answer.status}")
        found = answers.package_of(answer.body, self._authority)
        answers.check_occasion(
            found, customer=self._settings.customer_number, app=self._settings.app_name
        )
        return found

    def _application(self, mode: str) -> dict[str, Any]:
        return {
            "customerNumber": self._settings.customer_number,
            "appName": self._settings.app_name,
            "timeStamp": _time_stamp(),
            "cardReaderVersion": _CONTROLS,
            "liveDetectionControlVersion": _CONTROLS,
            "authCodeControlVersion": _CONTROLS,
            "authMode": mode,
        }

    def _authentication(
        self, mode: str, serial: str, name: str, query: PersonQuery
    ) -> dict[str, Any]:
        return {
            "customNumber": self._settings.customer_number,
            "appName": self._settings.app_name,
            "timeStamp": _time_stamp(),
            "businessSerialNumber": serial,
            "authMode": mode,
            "photoData": b64encode(query.portrait or b"").decode(),
            "authCode": "",
            "idcardAuthData": "",
            "authApplyRetainData": b64encode(self._sealed(name, query)).decode(),
        }

    def _sealed(self, name: str, query: PersonQuery) -> bytes:
        begins, ends = _term(query.validity)
        identity = {
            "sFXX": {
                "xM": name,
                "gMSFZHM": id_numbers.normalise(query.id_number),
                "yXQQSRQ": begins,
                "yXQJZRQ": ends,
            },
            "wZXX": {
                "businessType": "real_name",
                "dealDate": _time_stamp(),
                "venderName": self._settings.app_name,
            },
            "zP": {},
        }
        if not self._recipient.current:
            raise AuthorityError(detail="ctid: the envelope's certificate is not current")
        return gmt0010.seal(orjson.dumps(identity), self._recipient)


def _use(name: str, load: Callable[[str], T], pem: str) -> T:
    try:
        return load(pem)
    except ShangmiError as error:
        raise SettingsError(f"ctid.{name}: {error.detail}") from None


class _Spent:
    """Serial numbers that were answered: an old pair of answers must not serve another question.

    Both would be fresh for minutes; what does not say whom it is about must come once only.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._order: deque[str] = deque()
        self._known: set[str] = set()

    def add(self, serial: str) -> None:
        with self._lock:
            if serial in self._known:
                raise AuthorityError(detail="ctid: a serial number was given out twice")
            self._known.add(serial)
            self._order.append(serial)
            if len(self._order) > _REMEMBERED:
                self._known.discard(self._order.popleft())


def _check_applied(package: dict[str, Any]) -> None:
    """Make sure that step 1 went well; nobody's identity was told in it."""
    refused = answers.refusal(package)
    if refused is not None and refused.result is Result.RATE_LIMITED:
        raise RateLimitedError(detail="ctid: no tries are left")
    if refused is not None or package.get("success") is not True:
        raise AuthorityError(detail="ctid: the application was refused")


def _term(validity: Validity | None) -> tuple[str, str]:
    if validity is None:
        return "", ""
    ends = f"{validity.ends:%Y%m%d}" if validity.ends else _LONG_TERM
    return f"{validity.begins:%Y%m%d}", ends


def _time_stamp() -> str:
    moment = clock.now().astimezone(clock.SHANGHAI)
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03}"
