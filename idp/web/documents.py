"""Read a JSON body so that no two readers could disagree about it."""

import json
from typing import Any, NoReturn

import orjson

from idp.errors import BadRequestError

LIMIT = 65_536
DEPTH = 16


class DocumentError(BadRequestError):
    """The body is no JSON object that everybody would read alike (RFC 8259 §4, RFC 7493 §2)."""

    code = "invalid_document"
    description = "The body must be one plain JSON object."


def read_object(body: bytes, *, limit: int = LIMIT, depth: int = DEPTH) -> dict[str, Any]:
    """Return the JSON object that *body* spells.

    orjson goes first: it refuses bad UTF-8, lone surrogates and NaN, and does not recurse in
    Python. The standard parser then tells of names that stand twice.

    Raises:
        DocumentError: it is too long or too deep, no object, has a name twice, a number out
            of range, or a NUL.
    """
    document = _read(body, limit, depth)
    if not isinstance(document, dict):
        raise DocumentError(detail="no object")
    return document


def read_objects(body: bytes, *, limit: int, depth: int = DEPTH) -> list[dict[str, Any]]:
    """Return the JSON objects of an array, or of lines that hold one each.

    Raises:
        DocumentError: as `read_object` does, or something in it is no object.
    """
    if body.lstrip()[:1] == b"[":
        documents = _read(body, limit, depth + 1)
    elif len(body) > limit:
        raise DocumentError(detail="too long")
    else:
        lines = [line for line in body.split(b"\n") if line.strip()]
        documents = [_read(line, limit, depth) for line in lines]
    if not isinstance(documents, list) or not all(isinstance(d, dict) for d in documents):
        raise DocumentError(detail="no objects")
    return documents


def _read(body: bytes, limit: int, depth: int) -> Any:
    if len(body) > limit:
        raise DocumentError(detail="too long")
    try:
        document = orjson.loads(body)
        _measure(document, depth)
        return json.loads(body, object_pairs_hook=_once, parse_constant=_refuse)
    except ValueError as error:
        raise DocumentError(detail=type(error).__name__) from None


def _measure(value: object, left: int) -> None:
    if isinstance(value, str) and "\0" in value:
        raise DocumentError(detail="NUL")
    if not isinstance(value, dict | list):
        return
    if left == 0:
        raise DocumentError(detail="too deep")
    for name in value if isinstance(value, dict) else ():
        _measure(name, left)
    for item in value.values() if isinstance(value, dict) else value:
        _measure(item, left - 1)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DocumentError(detail="a name stands twice")
    return found


def _refuse(word: str) -> NoReturn:
    raise DocumentError(detail=word)
