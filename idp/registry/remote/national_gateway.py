"""The national data-exchange gateway: how a department's service is asked through it.

The four headers and their signature are those of published integrations. The signature covers
who asks what and when, but not the body, and answers are not signed: the gateway's network is
trusted for that, so keep it on a line of its own. The secret is the one in force; where the
gateway replaces it daily, whoever fetches it sets it anew.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from idp import clock
from idp.registry.ports import RateLimitedError
from idp.registry.remote import wire

_CODES = frozenset({"0", "200"})


class NationalGateway:
    """One requester at the gateway."""

    def __init__(self, line: wire.Line, requester: str, secret: SecretStr) -> None:
        self._line = line
        self._requester = requester
        self._secret = secret

    def ask(self, service: str, question: Mapping[str, str]) -> Any:
        """Return what *service* answers: JSON, out of all its wrappings.

        Raises:
            RateLimitedError: asked too often.
            OutboundFailedError: no answer, or an error.
        """
        body = json.dumps(question, ensure_ascii=False).encode()
        answer = self._line.post(f"/{service}", self._headers(service), body)
        return _opened(wire.read(wire.succeeded(answer)))

    def _headers(self, service: str) -> dict[str, str]:
        moment = str(int(clock.now().timestamp() * 1000))
        return {
            "content-type": "application/json; charset=utf-8",
            "gjgxjhpt_rid": self._requester,
            "gjgxjhpt_sid": service,
            "gjgxjhpt_rtime": moment,
            "gjgxjhpt_sign": sign(
                self._secret.get_secret_value(), service, self._requester, moment
            ),
        }


def sign(secret: str, service: str, requester: str, moment: str) -> str:
    """Return the signature of one request."""
    message = f"{service}{requester}{moment}".encode()
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def _opened(document: Any) -> Any:
    """Take *document* out of the gateway's own envelope, where it is in one."""
    if not isinstance(document, dict) or "code" not in document:
        return document
    code = wire.text(document, "code")
    if code == "429":
        raise RateLimitedError(detail="code 429")
    if code not in _CODES or "data" not in document:
        wire.unusable(f"the gateway answers with code {code[:40]}")
    try:
        return wire.unwrapped(document["data"])
    except (ValueError, RecursionError):
        wire.unusable("the data are not JSON")
