"""Cut one member out of a JSON object as it stands there, byte for byte: a signature covers it.

What is parsed and written again is no longer what was signed.
"""

import json
import re
from typing import Any

_SPACE = re.compile(r"[ \t\n\r]*")


class NotJsonError(ValueError):
    """Not one JSON object, or one that can be read in two ways."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJsonError("a name stands twice")
    return members


def _constant(word: str) -> None:
    raise NotJsonError(f"{word} is no JSON")


_READER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant)


def read(body: bytes) -> dict[str, tuple[Any, bytes]]:
    """Return the members of the object in *body*: what each means, and the bytes that say it.

    Raises:
        NotJsonError: it is no object, is not UTF-8, or has a name twice, at any depth.
    """
    try:
        return _members(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotJsonError(type(error).__name__) from None


def _members(text: str) -> dict[str, tuple[Any, bytes]]:
    found: dict[str, tuple[Any, bytes]] = {}
    at = _pass(text, 0, "{")
    while True:
        name, at = _READER.raw_decode(text, _skip(text, at))
        if not isinstance(name, str) or name in found:
            raise NotJsonError("a member needs one name")
        begin = _skip(text, _pass(text, at, ":"))
        value, at = _READER.raw_decode(text, begin)
        found[name] = value, text[begin:at].encode()
        at = _skip(text, at)
        if text[at : at + 1] != ",":
            break
        at += 1
    if _skip(text, _pass(text, at, "}")) != len(text):
        raise NotJsonError("something follows the object")
    return found


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _pass(text: str, at: int, sign: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != sign:
        raise NotJsonError(f"no {sign}")
    return at + 1
