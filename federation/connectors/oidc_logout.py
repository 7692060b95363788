"""A provider says that a session ended there (OpenID Connect Back-Channel Logout 1.0 §2.4-2.6)."""

from typing import Any

from federation.connectors.line import unusable
from federation.connectors.oidc_provider import Provider
from federation.connectors.ports import Ended
from idp import clock

EVENT = "http://schemas.openid.net/event/backchannel-logout"
OLDEST = 600
"""Seconds after which a logout token is told no more: what it was good for is forgotten then."""
_TYPES = ("logout+jwt", "application/logout+jwt")
_OLDER_TYPES = ("", "jwt")  # of providers from before explicit typing
_LONGEST = 255


def read(provider: Provider, token: str, *, audience: str, strict: bool) -> Ended:
    """Return what ended, as *token* says, which its provider signed for *audience*.

    A *strict* reader wants the type that says that it is no ID token (RFC 8725 §3.11).

    Raises:
        UpstreamAnswerError: it is no logout token, not for us, or not of this time.
    """
    types = _TYPES if strict else _TYPES + _OLDER_TYPES
    claims = provider.checked(token, audience=audience, typ=types)
    sid, subject = claims.get("sid", ""), claims.get("sub", "")
    faults = (
        ("events", not _is_logout(claims.get("events"))),
        ("nonce", "nonce" in claims),
        ("jti", not claims.get("jti") or not _is_name(claims["jti"])),
        ("sid", not _is_name(sid)),
        ("sub", not _is_name(subject)),
        ("neither sid nor sub", not (sid or subject)),
        ("iat: too old", clock.epoch() - claims["iat"] > OLDEST),
    )
    for fault, found in faults:
        if found:
            unusable(f"the logout token: {fault}")
    return Ended(token_id=claims["jti"], sid=sid, subject=subject)


def _is_logout(events: Any) -> bool:
    return isinstance(events, dict) and isinstance(events.get(EVENT), dict)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST
