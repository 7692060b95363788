"""An OpenID provider as seen from outside: its metadata, its keys, and what it signs."""

import hmac
import threading
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from federation.connectors.errors import UpstreamAnswerError, UpstreamSetupError
from federation.connectors.line import Line, decoded, read_object, text_of, unusable
from idp import clock
from idp.clients import keysets
from idp.clients.keysets import ClientKey
from idp.crypto.compact import Compact, CompactError, take_apart
from idp.errors import IdentityError

_OK = 200
_METADATA_FRESH = 3600
_KEYS_FRESH = 300
_KEYS_PATIENCE = 10  # seconds between two looks for a key that was missing
LATE, EARLY = 30, 60  # seconds a clock may run behind ours, and ahead
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Provider:
    """One provider; what it publishes is kept for a while, by every thread alike."""

    def __init__(self, issuer: str, line: Line) -> None:
        self.issuer = issuer
        self._line = line
        self._lock = threading.Lock()
        self._metadata: tuple[int, dict[str, Any]] | None = None
        self._keys: tuple[int, tuple[ClientKey, ...]] | None = None

    def metadata(self) -> dict[str, Any]:
        """Return its metadata (OpenID Connect Discovery §4).

        Raises:
            UpstreamAwayError: it does not answer.
            UpstreamSetupError: what answers is another issuer, or no OpenID provider.
        """
        known = self._metadata
        if known is None or clock.epoch() - known[0] >= _METADATA_FRESH:
            known = self._metadata = (clock.epoch(), self._fetch_metadata())
        return known[1]

    def endpoint(self, name: str) -> str:
        """Return one of its addresses, or the empty text where it has none."""
        return text_of(self.metadata(), name)

    def verified(self, token: str) -> tuple[Compact, dict[str, Any]]:
        """Return a token that its keys have signed, and the claims in it, which are unchecked yet.

        Raises:
            UpstreamAnswerError: they have not.
        """
        try:
            parts = take_apart(token, foreign=True)
            claims = parts.claims()
        except CompactError as error:
            unusable(f"the token: {error.detail}")
        if not any(self._is_signed(parts, age) for age in (_KEYS_FRESH, _KEYS_PATIENCE)):
            unusable("the token: signature")
        return parts, claims

    def checked(
        self, token: str, *, audience: str, typ: tuple[str, ...] = ("", "jwt")
    ) -> dict[str, Any]:
        """Return the claims of a token that is from here, for *audience*, and of this time.

        Raises:
            UpstreamAnswerError: it is not (OpenID Connect Core §3.1.3.7).
        """
        parts, claims = self.verified(token)
        now = clock.epoch()
        faults = (
            ("typ", parts.header.get("typ", "").lower() not in typ),
            ("iss", claims.get("iss") != self.issuer),
            ("aud", not _is_for(claims, audience)),
            ("exp", not _number(claims.get("exp")) + LATE > now),
            ("iat", not _number(claims.get("iat")) <= now + EARLY),
            ("nbf", "nbf" in claims and not _number(claims["nbf"]) <= now + EARLY),
        )
        for name, wrong in faults:
            if wrong:
                unusable(f"the token: {name}")
        return claims

    def _is_signed(self, parts: Compact, older_than: int) -> bool:
        """Try the keys, fetched anew when they are so old: one may have come since."""
        kid = parts.header.get("kid")
        keys = [key for key in self._known_keys(older_than) if kid in (None, key.kid)]
        return any(_is_signed(parts, key) for key in keys)

    def _fetch_metadata(self) -> dict[str, Any]:
        url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        answer = self._line.get(url, headers={"Accept": "application/json"})
        if answer.status != _OK:
            raise UpstreamSetupError(detail=f"discovery: HTTP {answer.status}")
        found = read_object(decoded(answer))
        if found.get("issuer") != self.issuer:  # OpenID Connect Discovery §4.3
            raise UpstreamSetupError(detail="discovery names another issuer")
        for name in _ENDPOINTS:
            if not text_of(found, name).startswith(("https://", "http://")):
                raise UpstreamSetupError(detail=f"discovery has no {name}")
        return found

    def _known_keys(self, older_than: int) -> tuple[ClientKey, ...]:
        with self._lock:
            known = self._keys
            if known is None or clock.epoch() - known[0] >= older_than:
                known = self._keys = (clock.epoch(), self._fetch_keys())
            return known[1]

    def _fetch_keys(self) -> tuple[ClientKey, ...]:
        answer = self._line.get(self.endpoint("jwks_uri"), headers={"Accept": "application/json"})
        if answer.status != _OK:
            raise UpstreamAnswerError(detail=f"keys: HTTP {answer.status}")
        try:
            return keysets.parse(read_object(decoded(answer)))
        except IdentityError as error:
            unusable(f"keys: {error.description}")


def is_hash_of(claim: object, value: str) -> bool:
    """Say whether *claim* is the left half of SHA-256 of *value* (`at_hash`, Core §3.1.3.6)."""
    half = sha256(value.encode()).digest()[:16]
    right = urlsafe_b64encode(half).decode().rstrip("=")
    return isinstance(claim, str) and hmac.compare_digest(claim.encode(), right.encode())


def _is_signed(parts: Compact, key: ClientKey) -> bool:
    verifier = key.verifier(parts.header["alg"])
    return verifier is not None and verifier(parts.signing_input, parts.signature)


def _is_for(claims: Mapping[str, Any], audience: str) -> bool:
    """Say whether a token is for *audience* and, where others are named too, was issued to it."""
    named = claims.get("aud")
    if isinstance(named, list) and len(named) > 1:
        return audience in named and claims.get("azp") == audience
    alone = named[0] if isinstance(named, list) and named else named
    return alone == audience and claims.get("azp", audience) == audience


def _number(value: object) -> float:
    """Return a NumericDate; what is none compares false with everything."""
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if good else float("nan")  # type: ignore[arg-type]
