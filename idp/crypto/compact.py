"""Take a compact JWS apart, strictly, and put one together, quickly (RFC 7515 §7.1)."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from idp.errors import IdentityError

LIMIT = 8192
_THREE_SEGMENTS = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)
_UNDERSTOOD = frozenset({"alg", "kid", "typ"})
_DANGEROUS = frozenset({"crit", "b64", "zip", "jwk", "jku", "x5u", "x5c"})


class CompactError(IdentityError):
    """The text is no compact JWS of the kind we understand."""

    code = "invalid_token"
    status = 401
    description = "The token is malformed."


@dataclass(frozen=True, slots=True)
class Compact:
    """A compact JWS in its parts; nothing in it is proven yet."""

    header: Mapping[str, str]
    payload: bytes
    signing_input: bytes
    signature: bytes

    def claims(self) -> dict[str, Any]:
        """Return the payload as a JSON object.

        Raises:
            CompactError: it is not one.
        """
        try:
            claims = orjson.loads(self.payload)
        except orjson.JSONDecodeError:
            raise CompactError(detail="the payload is no JSON") from None
        if not isinstance(claims, dict):
            raise CompactError(detail="the payload is no object")
        return claims


def take_apart(token: str, *, foreign: bool = False) -> Compact:
    """Return the parts of *token*.

    The header may name `alg`, `kid` and `typ` and nothing else. In a *foreign* token, one
    that somebody else made, other members are ignored, as RFC 7515 §4 asks, but never those
    that bring a key along (`jwk`, `jku`, `x5u`), change the reading (`b64`, `zip`) or demand
    to be understood (`crit`) (RFC 8725 §3.10).

    Raises:
        CompactError: it is too long, not three canonical base64url segments, or its header
            says more than we understand.
    """
    if len(token) > LIMIT:
        raise CompactError(detail="too long")
    found = _THREE_SEGMENTS.fullmatch(token)
    if found is None:
        raise CompactError(detail="not three base64url segments")
    header, payload, signature = found.groups()
    return Compact(
        header=_header(header, foreign=foreign),
        payload=decode(payload),
        signing_input=token[: found.end(2)].encode(),
        signature=decode(signature),
    )


@lru_cache(maxsize=256)
def _header(segment: str, *, foreign: bool) -> Mapping[str, str]:
    try:
        header = orjson.loads(decode(segment))
    except orjson.JSONDecodeError:
        raise CompactError(detail="the header is no JSON") from None
    if not isinstance(header, dict) or _DANGEROUS.intersection(header):
        raise CompactError(detail="the header is no object, or a dangerous one")
    if not foreign and not _UNDERSTOOD.issuperset(header):
        raise CompactError(detail="the header says more than alg, kid and typ")
    known = {name: header[name] for name in _UNDERSTOOD.intersection(header)}
    if not all(isinstance(value, str) for value in known.values()) or "alg" not in known:
        raise CompactError(detail="the header names no algorithm, or not as text")
    return known


def decode(segment: str) -> bytes:
    """Return what a base64url *segment* stands for.

    Raises:
        CompactError: it is not the one canonical spelling (RFC 4648 §3.5).
    """
    try:
        content = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        raise CompactError(detail="not base64url") from None
    if encode(content) != segment.encode("ascii", "replace"):
        raise CompactError(detail="not canonical base64url")
    return content


def encode(content: bytes) -> bytes:
    """Return *content* in base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(content).rstrip(b"=")


def header_segment(*, algorithm: str, kid: str, typ: str) -> bytes:
    """Return the first segment; it is the same for every token of one key and type."""
    return encode(orjson.dumps({"alg": algorithm, "kid": kid, "typ": typ}))


def put_together(header: bytes, claims: Mapping[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """Return the compact JWS of *claims* under a `header_segment`."""
    signing_input = header + b"." + encode(orjson.dumps(claims))
    return (signing_input + b"." + encode(sign(signing_input))).decode()
