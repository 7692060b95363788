"""The public keys that clients sign their assertions with: given inline, or fetched."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from idp import clock
from idp.clients.errors import InvalidMetadataError
from idp.clients.party import RelyingParty
from idp.crypto.signatures import ALGORITHMS, KeyUnfitError, Verify, verifying
from idp.errors import IdentityError

if TYPE_CHECKING:
    from idp.web.outbound import Outbound

log = logging.getLogger(__name__)

_FRESH = 300  # seconds that a fetched set counts
_PATIENCE = 10  # seconds between fetches when a key is missing from it
_MOST_SETS = 2000
_MOST_KEYS = 20
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True)
class ClientKey:
    """One public key and the algorithms it may be used with."""

    kid: str | None
    algorithm: str | None
    public: object

    def verifier(self, algorithm: str) -> Verify | None:
        """Return how to verify *algorithm* with this key, or None when it does not fit."""
        if self.algorithm not in (None, algorithm):
            return None
        try:
            return verifying(algorithm, self.public)
        except KeyUnfitError:
            return None


def parse(document: object) -> tuple[ClientKey, ...]:
    """Return the signature keys of a JWK Set (RFC 7517 §5).

    Raises:
        InvalidMetadataError: it is no key set, holds a private or symmetric key, or one that
            is malformed.
    """
    keys = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(keys, Sequence) or isinstance(keys, str) or not keys:
        raise InvalidMetadataError("jwks must be a JWK Set with at least one key")
    if len(keys) > _MOST_KEYS:
        raise InvalidMetadataError(f"jwks must hold at most {_MOST_KEYS} keys")
    return tuple(key for key in map(_parse_one, keys) if key is not None)


def _parse_one(jwk: Any) -> ClientKey | None:
    if not isinstance(jwk, Mapping):
        raise InvalidMetadataError("jwks holds something that is no key")
    if _PRIVATE & set(jwk) or jwk.get("kty") == "oct":
        raise InvalidMetadataError("jwks must hold public keys only")
    named = [jwk.get(member) for member in ("kid", "alg", "use")]
    if not all(value is None or isinstance(value, str) for value in named):
        raise InvalidMetadataError("jwks holds a key whose kid, alg or use is no text")
    kid, algorithm, use = named
    if use not in (None, "sig") or (algorithm is not None and algorithm not in ALGORITHMS):
        return None  # somebody else's key: for encryption, or for an algorithm we refuse
    try:
        key: Any = import_key(dict(jwk))
        return ClientKey(kid, algorithm, key.public_key)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise InvalidMetadataError("jwks holds a malformed key") from None


class KeySets:
    """The key sets of clients, parsed once; fetched ones are kept for five minutes."""

    def __init__(self) -> None:
        self._inline: dict[str, tuple[object, tuple[ClientKey, ...]]] = {}
        self._fetched: dict[str, tuple[int, tuple[ClientKey, ...]]] = {}

    def candidates(
        self, party: RelyingParty, kid: str | None, outbound: "Outbound"
    ) -> list[ClientKey]:
        """Return the keys of *party* that may have signed under *kid*."""
        if party.jwks_uri:
            keys = self._remote(party.jwks_uri, outbound, older_than=_FRESH)
            found = _matching(keys, kid)
            if found:
                return found
            return _matching(self._remote(party.jwks_uri, outbound, older_than=_PATIENCE), kid)
        return _matching(self._local(party), kid)

    def _local(self, party: RelyingParty) -> tuple[ClientKey, ...]:
        if party.jwks is None:
            return ()
        known = self._inline.get(party.client_id)
        if known is None or known[0] is not party.jwks:
            if len(self._inline) >= _MOST_SETS:
                self._inline = {}
            known = self._inline[party.client_id] = (party.jwks, parse(party.jwks))
        return known[1]

    def _remote(self, uri: str, outbound: "Outbound", *, older_than: int) -> tuple[ClientKey, ...]:
        now = clock.epoch()
        known = self._fetched.get(uri)
        if known is not None and 0 <= now - known[0] < older_than:
            return known[1]
        try:
            keys = fetch(uri, outbound)
        except IdentityError as error:
            log.warning("jwks_uri not read: %s", error.detail or error.description)
            keys = known[1] if known else ()  # what we knew, until the next look
        if len(self._fetched) >= _MOST_SETS:
            self._fetched = {}
        self._fetched[uri] = (now, keys)
        return keys


def fetch(uri: str, outbound: "Outbound") -> tuple[ClientKey, ...]:
    """Return the keys that *uri* publishes.

    Raises:
        IdentityError: it cannot be reached, must not be, or answers with no key set.
    """
    answer = outbound.request("GET", uri, headers={"Accept": "application/json"})
    if answer.status != 200:  # noqa: PLR2004 - HTTP says it best
        raise InvalidMetadataError("jwks_uri does not answer", detail=f"status {answer.status}")
    try:
        return parse(orjson.loads(answer.body))
    except orjson.JSONDecodeError:
        raise InvalidMetadataError("jwks_uri does not answer with JSON") from None


def _matching(keys: tuple[ClientKey, ...], kid: str | None) -> list[ClientKey]:
    return [key for key in keys if kid is None or key.kid == kid]
