"""The department's side of the check: a token, one question, and a receipt that is verified."""

import hashlib
import json
import secrets
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import requests
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

RESOURCE = "/verifications"
SCOPE = "verification:real-name"
FACE_SCOPE = "verification:face"
ALIVE_SCOPE = "verification:alive"
PATIENCE = 15
EARLY = 30
SIGNATURES = ["ES256", "RS256"]
ABOUT = ("name", "id_number", "phone", "validity", "since", "within_days")
RECEIPT = "verification-receipt+jwt"


class AgencyError(Exception):
    """The provider gave no answer; *code* is its own word for why, *fields* what was wrong."""

    def __init__(self, code: str, fields: dict[str, str] | None = None) -> None:
        self.code = code
        self.fields = fields or {}
        super().__init__(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A verdict, and its receipt: what it says, whether it is the provider's, and about this."""

    verdict: dict[str, Any]
    receipt: dict[str, Any]
    genuine: bool
    fits: bool


@dataclass(slots=True, kw_only=True)
class Agency:
    """One department, as a client of the provider."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def check(self, question: dict[str, Any]) -> Answer:
        """Ask whether *question* is so.

        Raises:
            AgencyError: there is no answer.
        """
        return self._answer(self._ask("real-name", SCOPE, question), question)

    def ask_alive(self, question: dict[str, Any]) -> Answer:
        """Ask whether somebody proved to be alive.

        Raises:
            AgencyError: there is no answer.
        """
        return self._answer(self._ask("alive", ALIVE_SCOPE, question), question)

    def order_scan(self, question: dict[str, Any]) -> dict[str, Any]:
        """Order a face scan; what comes back is for the citizen's browser.

        Raises:
            AgencyError: there will be none.
        """
        return self._ask("face", FACE_SCOPE, question)

    def fetch(self, scan_id: str, question: dict[str, Any]) -> Answer:
        """Fetch what came of a scan, which is told once.

        Raises:
            AgencyError: it is not finished, or there is nothing to tell.
        """
        about = {word: question[word] for word in ("name", "id_number")}
        return self._answer(self._ask(f"face/{scan_id}", FACE_SCOPE, None), about)

    def _ask(self, path: str, scope: str, question: dict[str, Any] | None) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self._bearer(scope)}",
            "Idempotency-Key": secrets.token_urlsafe(24),
        }
        return self._send("post", f"{RESOURCE}/{path}", json=question, headers=headers)

    def _answer(self, told: dict[str, Any], question: dict[str, Any]) -> Answer:
        receipt, genuine = self._opened(str(told.get("receipt", "")))
        about = {word: value for word, value in question.items() if word in ABOUT}
        fits = receipt.get("commitment") == commitment(str(told.get("nonce", "")), about)
        return Answer(verdict=told, receipt=receipt, genuine=genuine, fits=fits)

    def _bearer(self, scope: str) -> str:
        with self._lock:
            token, until = self._tokens.get(scope, ("", 0.0))
            if until < time.time():
                told = self._send(
                    "post",
                    "/token",
                    data={
                        "grant_type": "client_credentials",
                        "scope": scope,
                        "resource": f"{self.issuer}{RESOURCE}",  # RFC 8707
                    },
                    auth=(self.client_id, self.secret),
                )
                token = str(told.get("access_token", ""))
                until = time.time() + float(told.get("expires_in", 0)) - EARLY
                self._tokens[scope] = (token, until)
            return token

    def _opened(self, token: str) -> tuple[dict[str, Any], bool]:
        """Return what the receipt says, and whether the provider signed it for us."""
        try:
            keys = KeySet.import_key_set(self._send("get", "/jwks"))  # type: ignore[arg-type]
            registry = jws.JWSRegistry(algorithms=SIGNATURES, strict_check_header=False)
            opened = jws.deserialize_compact(token, keys, registry=registry)
            said = json.loads(opened.payload)
        except (JoseError, ValueError, AgencyError):
            return {}, False
        ours = (said.get("iss"), said.get("aud")) == (self.issuer, self.client_id)
        return said, ours and opened.headers().get("typ") == RECEIPT

    def _send(self, method: str, path: str, **asked: Any) -> dict[str, Any]:
        with requests.Session() as session:
            session.trust_env = False  # a proxy in the environment has no business on loopback
            try:
                answer = session.request(method, f"{self.issuer}{path}", timeout=PATIENCE, **asked)
                told = answer.json()
            except (requests.RequestException, ValueError) as error:
                raise AgencyError("provider_unreachable") from error
        if not isinstance(told, dict):
            raise AgencyError("provider_unreachable")
        if not answer.ok:
            raise AgencyError(str(told.get("error", "refused"))[:60], told.get("fields"))
        return told


def commitment(nonce: str, about: dict[str, Any]) -> str:
    """Return what a receipt must hold if it is about this (canonical JSON, RFC 8785)."""
    asked = json.dumps(about, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        opened = urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))
    except ValueError:
        return ""
    return urlsafe_b64encode(hashlib.sha256(opened + asked.encode()).digest()).decode().rstrip("=")
