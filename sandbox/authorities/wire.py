"""What several authorities' wires have in common: answers, and texts that may be numbers."""

import base64
import binascii
import json
from datetime import date, datetime
from typing import Any

from flask import Response

JSON = "application/json; charset=utf-8"
LONG_TERM = "00000000"


class RefusedError(Exception):
    """A question that is not answered; *code* and the message are in the authority's words."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def compact(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def answer(content: Any, status: int = 200) -> Response:
    return Response(compact(content), status, content_type=JSON)


def text(content: dict[str, Any], name: str) -> str:
    """Return the text called *name*, or nothing."""
    found = content.get(name)
    return found if isinstance(found, str) else ""


def moment(told: str, scale: float = 1.0) -> float:
    """Return *told*, a count of seconds times *scale*; what is no number is long ago."""
    return int(told) / scale if told.isascii() and told.isdecimal() and len(told) < 20 else 0.0  # noqa: PLR2004


def day(told: str) -> date:
    """Return the day in *told*, eight digits.

    Raises:
        ValueError: there is none.
    """
    return datetime.strptime(told, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone


def period(begins: str, ends: str) -> tuple[date, date | None]:
    """Return a card's validity; eight zeros mean for life.

    Raises:
        ValueError: these are no days.
    """
    return day(begins), None if ends == LONG_TERM else day(ends)


def picture(told: str) -> bytes | None:
    """Return the JPEG in *told* (base64), or None if it is none."""
    try:
        found = base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if found.startswith(b"\xff\xd8\xff") else None


def json_object(octets: bytes) -> dict[str, Any]:
    """Return the object in *octets*.

    Raises:
        ValueError: there is none.
    """
    found = json.loads(octets.decode("utf-8"))
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - the wire is wrong
    return found
