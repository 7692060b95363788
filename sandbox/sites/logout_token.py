"""What makes a logout token believable (OpenID Connect Back-Channel Logout 1.0 §2.6)."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TYPES = ("logout+jwt", "application/logout+jwt", "JWT", None)
SKEW = 60
OLDEST = 600


class LogoutTokenError(Exception):
    """The token is not to be believed; the message says why, for the log and the tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Whom the provider has signed out."""

    jti: str
    sid: str | None
    subject: str | None
    expires_at: float


class Seen:
    """The token identifiers met so far, each kept until its token has expired."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def first_time(self, jti: str, until: float) -> bool:
        """Whether *jti* is new; it is remembered."""
        now = time.time()
        with self._lock:
            for old in [k for k, moment in self._until.items() if moment < now]:
                del self._until[old]
            if jti in self._until:
                return False
            self._until[jti] = until
            return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What a token must fit; *keys* fetches the provider's, `anew=True` from the wire."""

    issuer: str
    client_id: str
    algorithms: list[str]
    keys: Callable[..., KeySet]


def read(token: str, expected: Expectations, now: float | None = None) -> Notice:
    """Return what *token* says.

    Raises:
        LogoutTokenError: forged, meant for somebody else, stale, or not a logout token.
    """
    decoded = _verify(token, expected)
    if decoded.header.get("typ") not in TYPES:
        raise LogoutTokenError("typ is another token's")
    return _judge(decoded.claims, expected, time.time() if now is None else now)


def _verify(token: str, expected: Expectations) -> jwt.Token:
    registry = JWSRegistry(algorithms=expected.algorithms, strict_check_header=False)
    try:
        try:
            return jwt.decode(token, expected.keys(anew=False), registry=registry)
        except InvalidKeyIdError:  # the provider may have rotated its keys
            return jwt.decode(token, expected.keys(anew=True), registry=registry)
    except (JoseError, ValueError) as error:
        raise LogoutTokenError(f"not verifiable: {error}") from error


def _judge(claims: dict[str, Any], expected: Expectations, now: float) -> Notice:
    audience = claims.get("aud")
    sid, subject, jti = claims.get("sid"), claims.get("sub"), claims.get("jti")
    issued, expires = _time(claims.get("iat")), _time(claims.get("exp"))
    events = claims.get("events")
    # fmt: off
    good_enough = (
        (claims.get("iss") == expected.issuer,                              "iss is not ours"),
        (audience in (expected.client_id, [expected.client_id]),            "aud is not us"),
        (now - OLDEST <= issued <= now + SKEW,                              "iat is out of range"),
        (expires > now - SKEW,                                              "expired"),
        (isinstance(jti, str) and jti != "",                                "jti is missing"),
        (isinstance(events, dict) and isinstance(events.get(EVENT), dict),  "not a logout event"),
        ("nonce" not in claims,                                             "a nonce is forbidden"),
        (isinstance(sid, str) or isinstance(subject, str),                  "names nobody"),
        (sid is None or isinstance(sid, str),                               "sid is no string"),
        (subject is None or isinstance(subject, str),                       "sub is no string"),
    )
    # fmt: on
    for good, fault in good_enough:
        if not good:
            raise LogoutTokenError(fault)
    return Notice(jti=str(jti), sid=sid, subject=subject, expires_at=expires + SKEW)


def _time(value: Any) -> float:
    """Return *value* as a moment; what is none becomes NaN, which fits no range."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else math.nan
