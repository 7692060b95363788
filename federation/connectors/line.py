"""The way to one upstream: a time limit, a bulkhead and a breaker of its own, and its answers.

Bodies are decoded as UTF-8 by ourselves, whatever the content type claims; JSON is read
strictly, and what the upstream says wrongly is never quoted, as it may be personal.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn
from urllib.parse import urlencode

from federation.connectors.errors import UpstreamAnswerError, UpstreamAwayError
from idp.web.bulkheads import Breaker, CrowdedError
from idp.web.outbound import Answer, Outbound, OutboundFailedError, OutboundRefusedError

_SERVER_FAULT = 500
_TOO_MANY = 429
_FORM = "application/x-www-form-urlencoded"


class Line:
    """What a connector speaks through; nothing else of the house is known to it."""

    def __init__(
        self,
        name: str,
        outbound: Outbound,
        *,
        timeout: float = 5.0,
        width: int = 4,
        failures: int = 5,
        pause: float = 10.0,
    ) -> None:
        self._outbound = outbound.apart(width=width, timeout=timeout)
        self._timeout = timeout
        self._breaker = Breaker(name, failures=failures, pause=pause, harmless=(CrowdedError,))

    def get(
        self,
        url: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Fetch *url*.

        Raises:
            UpstreamAwayError: no answer, 5xx or 429.
        """
        joint = "&" if "?" in url else "?"
        return self.send("GET", f"{url}{joint}{urlencode(query)}" if query else url, headers)

    def post_form(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Post *form*, URL-encoded as UTF-8.

        Raises:
            UpstreamAwayError: no answer, 5xx or 429.
        """
        return self.send(
            "POST", url, {"Content-Type": _FORM, **(headers or {})}, urlencode(form).encode()
        )

    def post_json(
        self, url: str, document: Any, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Post *document* as JSON.

        Raises:
            UpstreamAwayError: no answer, 5xx or 429.
        """
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return self.send("POST", url, {"Content-Type": "application/json", **(headers or {})}, body)

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """Send one request; a redirect is not followed.

        Raises:
            UpstreamAwayError: no answer, 5xx or 429.
        """
        try:
            with self._breaker.passage():
                answer = self._ask(method, url, headers, body)
        except (OutboundFailedError, OutboundRefusedError) as error:
            raise UpstreamAwayError(detail=error.detail) from None
        if answer.status == _TOO_MANY:
            raise UpstreamAwayError(detail="HTTP 429")
        return answer

    def _ask(self, method: str, url: str, headers: Mapping[str, str] | None, body: bytes) -> Answer:
        answer = self._outbound.request(
            method, url, headers=headers, body=body, timeout=self._timeout
        )
        if answer.status >= _SERVER_FAULT:
            raise OutboundFailedError(detail=f"HTTP {answer.status}")
        return answer


def unusable(why: str) -> NoReturn:
    """Refuse an answer; *why* names the fault and quotes nothing of it."""
    raise UpstreamAnswerError(detail=why)


def decoded(answer: Answer) -> str:
    """Return the body as text, read as UTF-8 whatever the content type claims.

    Raises:
        UpstreamAnswerError: it is something else.
    """
    try:
        return answer.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        unusable("the answer is not UTF-8")


def read_object(text: str) -> dict[str, Any]:
    """Return the JSON object that *text* is; a member that stands twice is refused.

    Raises:
        UpstreamAnswerError: it is none.
    """
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        unusable("the answer is not JSON")
    if not isinstance(document, dict):
        unusable("the answer is no object")
    return document


def raw_members(text: str) -> Iterator[tuple[str, str]]:
    """Yield the members of the JSON object *text*, each with its value as it was written.

    Raises:
        UpstreamAnswerError: it is no object.
    """
    read_object(text)  # well-formed, and no name stands twice
    decoder, at = json.JSONDecoder(), _skip(text, text.index("{") + 1)
    while text[at] != "}":
        name, at = decoder.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        _, end = decoder.raw_decode(text, at)
        yield name, text[at:end]
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def text_of(document: Mapping[str, Any], name: str) -> str:
    """Return a member that is a string or a whole number, as a string; empty where it is missing.

    Raises:
        UpstreamAnswerError: it is something else.
    """
    value = document.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        unusable(f"{name} is no text")
    return str(value)


def needed(document: Mapping[str, Any], name: str) -> str:
    """Return a member that must be there and say something.

    Raises:
        UpstreamAnswerError: it does not.
    """
    value = text_of(document, name)
    if not value:
        unusable(f"{name} is missing")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: one reader's yes would be another's no (RFC 8259 §4)."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and the infinities are no JSON (RFC 8259 §6)
