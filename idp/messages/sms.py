"""Short messages: queued sealed, delivered by the worker to an HTTP sink."""

import logging
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Protocol

import orjson

from idp import clock
from idp.crypto import Vault
from idp.db import Transaction, new_id
from idp.jobs import queue
from idp.jobs.errors import DeliveryError, HopelessError

KIND = "sms"
_FIELD = "job.sms"
_GOOD_FOR = 600

log = logging.getLogger(__name__)


class Answer(Protocol):
    """What a transport brings back."""

    @property
    def status(self) -> int:
        """The HTTP status."""


class Transport(Protocol):
    """What we need of `idp.web.outbound`, whose room we may not know."""

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Send one request."""


def send(
    tx: Transaction,
    vault: Vault,
    *,
    to: str,
    purpose: str,
    text: str,
    code: str = "",
    good_for: int = _GOOD_FOR,
    withheld: bool = False,
) -> None:
    """Queue a short message to the phone number *to*; it is worthless after *good_for* seconds.

    A *withheld* one is written like any other, and never sent: so the time that an answer
    takes does not tell whether there was anybody to send it to.
    """
    reference = new_id()
    message = orjson.dumps({"to": to, "purpose": purpose, "text": text, "code": code}).decode()
    sealed = b64encode(vault.seal(message, field=_FIELD, owner=reference)).decode()
    expires_at = clock.epoch() + good_for
    payload: dict[str, Any] = {"reference": reference, "sealed": sealed, "expires_at": expires_at}
    if withheld:
        payload["withheld"] = True
    queue.put(tx, KIND, payload)


class Deliver:
    """The handler of jobs of kind `sms`."""

    def __init__(self, outbound: Transport, vault: Vault, url: str | None) -> None:
        self._outbound = outbound
        self._vault = vault
        self._url = url

    def __call__(self, payload: dict[str, Any]) -> None:
        """Deliver one message.

        Raises:
            HopelessError: there is no sink, or the message has outlived its use.
            DeliveryError: the sink did not take it.
        """
        if payload.get("withheld"):
            return
        if clock.epoch() >= payload["expires_at"]:
            raise HopelessError(detail="the message has outlived its use")
        reference = payload["reference"]
        body = self._vault.open(b64decode(payload["sealed"]), field=_FIELD, owner=reference)
        if not self._url:
            message = orjson.loads(body)
            log.error("no messages.sms_url: dropped a %s message", message["purpose"])
            raise HopelessError(detail="messages.sms_url is not set")
        headers = {"Content-Type": "application/json", "Idempotency-Key": reference}
        answer = self._outbound.request("POST", self._url, headers=headers, body=body.encode())
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP says it best
            raise DeliveryError(detail=f"status {answer.status}")
