"""What all adapters do alike: post, and read JSON without believing anything.

Bodies are decoded as UTF-8 by ourselves, whatever the content type claims; a document wrapped
in a JSON string is unwrapped. What remains must have the expected shape.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NoReturn

from config.authorities import AuthoritySettings
from idp.formats import id_numbers, names
from idp.registry.ports import AuthorityError, RateLimitedError
from idp.registry.queries import PersonQuery
from idp.registry.results import Result
from idp.web.outbound import Answer, Outbound

_OK = 200
_TOO_MANY = 429
_WRAPPINGS = 3
_BEST = 100
LONG_TERM = "00000000"
NAME_RARE = "name_rare"


class Line:
    """The way to one authority: its address, and the transport that leads there."""

    def __init__(self, settings: AuthoritySettings, outbound: Outbound) -> None:
        self.base_url = (settings.base_url or "").rstrip("/")
        self._outbound = outbound
        self._timeout = settings.timeout

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return the answer to *body*, whatever its status but 429.

        Raises:
            RateLimitedError: the authority says so.
            OutboundFailedError: no answer.
        """
        answer = self._outbound.request(
            "POST", self.base_url + path, headers=headers, body=body, timeout=self._timeout
        )
        if answer.status == _TOO_MANY:
            raise RateLimitedError(detail="HTTP 429")
        return answer


def unusable(why: str) -> NoReturn:
    """Refuse an answer; *why* names the fault and quotes nothing that may be personal."""
    raise AuthorityError(detail=why)


def succeeded(answer: Answer) -> Answer:
    """Return *answer* if its status is 200.

    Raises:
        AuthorityError: it is another.
    """
    if answer.status != _OK:
        unusable(f"HTTP {answer.status}")
    return answer


def read(answer: Answer) -> Any:
    """Return the JSON document in *answer*.

    Raises:
        AuthorityError: there is none.
    """
    try:
        return unwrapped(_parse(answer.body.decode("utf-8-sig")))
    except (ValueError, RecursionError):
        unusable("the answer is not JSON in UTF-8")


def unwrapped(document: Any) -> Any:
    """Return what a JSON string holds, if *document* is one that holds an object or a list."""
    for _ in range(_WRAPPINGS):
        if not isinstance(document, str) or document.lstrip()[:1] not in ("{", "[", '"'):
            return document
        document = _parse(document)
    return document


def read_object(answer: Answer) -> dict[str, Any]:
    """Return the JSON object in *answer*.

    Raises:
        AuthorityError: there is none.
    """
    return an_object(read(answer), "the answer")


def an_object(value: Any, what: str) -> dict[str, Any]:
    """Return *value* if it is a JSON object.

    Raises:
        AuthorityError: it is something else.
    """
    if not isinstance(value, dict):
        unusable(f"{what} is no object")
    return value


def text(document: Mapping[str, Any], key: str) -> str:
    """Return a member that is a string or a whole number, as a string; empty where it is missing.

    Raises:
        AuthorityError: it is something else.
    """
    value = document.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        unusable(f"{key} is no text")
    return str(value).strip()


def tidy(query: PersonQuery) -> PersonQuery:
    """Return *query* with name and number in their one spelling.

    Raises:
        RealNameError: nobody is called that.
    """
    name, number = names.normalise(query.name), id_numbers.normalise(query.id_number)
    return replace(query, name=name, id_number=number)


def day(moment: date | None) -> str:
    """Return *moment* as yyyyMMdd; None, "long-term", as eight zeros."""
    return LONG_TERM if moment is None else f"{moment:%Y%m%d}"


def against(result: Result, name: str) -> tuple[Result, str]:
    """Return what an authority's *result* means for *name*, and why if it means something else.

    A register may keep a private-use character under a code of its own, so that a MISMATCH is
    nobody's fraud: people compare those.
    """
    if result is Result.MISMATCH and names.parse(name).rare:
        return Result.NO_RECORD, NAME_RARE
    return result, ""


def compare_names(asked: str, kept: str) -> tuple[Result, str]:
    """Compare two names in their one spelling, and say why they differ.

    Raises:
        AuthorityError: what was kept is no name.
    """
    ours = names.parse(asked)
    try:
        theirs = names.parse(kept)
    except names.RealNameError:
        unusable("the register's name is none")
    if ours.text == theirs.text:
        return Result.MATCH, ""
    rare = ours.rare or theirs.rare
    return (Result.NO_RECORD, NAME_RARE) if rare else (Result.MISMATCH, "name")


def score(value: Any) -> float:
    """Return the similarity of two portraits, from 0 to 100.

    Raises:
        AuthorityError: it is none, or beyond that scale.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        unusable("a comparison without a score")
    if not 0 <= value <= _BEST:
        unusable("a score beyond its scale")
    return value


def _parse(words: str) -> Any:
    return json.loads(words, object_pairs_hook=_once, parse_constant=_refuse)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: one reader's yes would be another's no (RFC 8259 §4)."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and the infinities are no JSON (RFC 8259 §6)
