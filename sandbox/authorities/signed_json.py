"""CTID's frame: a JSON body whose signature covers one member's bytes exactly as they were sent."""

import base64
import binascii
import json
import re
from typing import Any

from sandbox.crypto.certificates import Certificate
from sandbox.crypto.messages import check, sign
from sandbox.crypto.sm2 import PrivateKey

SPACE = re.compile(r"[ \t\n\r]*")
DECODER = json.JSONDecoder()


def members(body: str) -> dict[str, str]:
    """Return each member's value as it stands in *body*, an object's text.

    Raises:
        ValueError: it is no object, or says something twice.
    """
    found: dict[str, str] = {}
    place = _after(body, 0, "{")
    while True:
        name, place = DECODER.raw_decode(body, _skip(body, place))
        start = _skip(body, _after(body, place, ":"))
        _, place = DECODER.raw_decode(body, start)
        if not isinstance(name, str) or name in found:
            raise ValueError("a member twice, or without a name")
        found[name] = body[start:place]
        place = _skip(body, place)
        if body[place : place + 1] == "}":
            break
        place = _after(body, place, ",")
    if _skip(body, place + 1) != len(body):
        raise ValueError("something follows")
    return found


def _skip(body: str, place: int) -> int:
    match = SPACE.match(body, place)
    return match.end() if match else place


def _after(body: str, place: int, sign_: str) -> int:
    place = _skip(body, place)
    if body[place : place + 1] != sign_:
        raise ValueError(f"no {sign_}")
    return place + 1


def read(body: bytes, certificate: Certificate) -> tuple[dict[str, Any], bytes]:
    """Return what *certificate*'s holder says in *body*, and the octets that were signed.

    Raises:
        ValueError: it is no signed message of theirs.
    """
    parts = members(body.decode("utf-8"))
    if not {"bizPackage", "sign"} <= parts.keys():
        raise ValueError("bizPackage and sign are expected")
    said = parts["bizPackage"].encode()
    signature = json.loads(parts["sign"])
    content = json.loads(said)
    if not isinstance(signature, str) or not isinstance(content, dict):
        raise ValueError("bizPackage is no object")  # noqa: TRY004 - the wire is wrong
    try:
        check(base64.b64decode(signature, validate=True), said, certificate)
    except binascii.Error as error:
        raise ValueError("sign is no base64") from error
    return content, said


def write(
    content: dict[str, Any], key: PrivateKey, certificate: Certificate, *, spoilt: bool = False
) -> str:
    """Return *content* in a signed body; a *spoilt* one is signed over something else."""
    said = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    covered = (said + " " if spoilt else said).encode()
    signature = base64.b64encode(sign(covered, key, certificate)).decode()
    return f'{{"bizPackage":{said},"sign":"{signature}"}}'
