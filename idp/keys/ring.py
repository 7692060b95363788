"""The ring of signing keys, as one process knows it: sign, verify, publish."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson
from joserfc.jwk import import_key

from config.rooms import KeySettings
from idp import clock
from idp.crypto import Vault
from idp.crypto.compact import CompactError, header_segment, put_together, take_apart
from idp.crypto.signatures import Jwk, Sign, Verify, signing, verifying
from idp.db import Database
from idp.errors import UnavailableError
from idp.keys import store
from idp.keys.errors import NoSigningKeyError, TokenInvalidError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs now, for one algorithm; *sign* returns the raw JWS signature."""

    kid: str
    algorithm: str
    key: Jwk
    sign: Sign
    headers: dict[str, bytes] = field(default_factory=dict)

    def header(self, typ: str) -> bytes:
        """Return the first segment of a token of type *typ*."""
        segment = self.headers.get(typ)
        if segment is None:
            segment = header_segment(algorithm=self.algorithm, kid=self.kid, typ=typ)
            self.headers[typ] = segment
        return segment


@dataclass(frozen=True, slots=True)
class Verifier:
    """A published key: it answers for one algorithm and no other (RFC 8725 §3.1)."""

    algorithm: str
    verify: Verify


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The ring as it was when we last looked."""

    seen_at: int
    signers: Mapping[str, Signer]
    verifiers: Mapping[str, Verifier]
    jwks: bytes
    etag: str


class Ring:
    """Signs with the current keys, verifies with all that are published.

    It looks at the database every `refresh_interval` seconds, and once more, at most every
    second, when a token names a key it has not seen. While the database is away the last
    look counts.
    """

    def __init__(self, database: Database, vault: Vault, settings: KeySettings) -> None:
        self._database = database
        self._vault = vault
        self._settings = settings
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._asked_at = 0
        self._known_signers: dict[str, Signer] = {}
        self._known_verifiers: dict[str, Verifier] = {}

    @property
    def default_algorithm(self) -> str:
        return self._settings.algorithms[0]

    @property
    def algorithms(self) -> tuple[str, ...]:
        return self._settings.algorithms

    @property
    def etag(self) -> str:
        """The entity tag of `jwks`, quoted."""
        return self._look().etag

    def jwks(self) -> bytes:
        """Return the published key set as JSON (RFC 7517 §5)."""
        return self._look().jwks

    def published(self) -> tuple[bytes, str]:
        """Return `jwks` and `etag` of one and the same look."""
        snapshot = self._look()
        return snapshot.jwks, snapshot.etag

    def signer(self, algorithm: str | None = None) -> Signer:
        """Return what signs with *algorithm*, or with the default one.

        Raises:
            NoSigningKeyError: the ring keeps no such keys.
        """
        signer = self._look().signers.get(algorithm or self._settings.algorithms[0])
        if signer is None:
            raise NoSigningKeyError(detail=f"algorithm {algorithm!r}")
        return signer

    def sign(self, claims: Mapping[str, Any], *, typ: str, algorithm: str | None = None) -> str:
        """Return *claims* as a compact JWS of type *typ*."""
        signer = self.signer(algorithm)
        return put_together(signer.header(typ), claims, signer.sign)

    def verify(self, token: str, *, typ: str | None) -> dict[str, Any]:
        """Return the claims of *token*, signed by us; its times are the caller's to judge.

        Raises:
            TokenInvalidError: it is malformed, of another type than *typ*, or not ours.
        """
        try:
            parts = take_apart(token)
        except CompactError as error:
            raise TokenInvalidError(detail=error.detail) from None
        header = parts.header
        if typ is not None and header.get("typ") != typ:
            raise TokenInvalidError(detail=f"typ is not {typ}")
        verifier = self._verifier(header.get("kid", ""))
        if verifier is None or header["alg"] != verifier.algorithm:
            raise TokenInvalidError(detail="key unknown, or of another algorithm")
        if not verifier.verify(parts.signing_input, parts.signature):
            raise TokenInvalidError(detail="signature")
        return parts.claims()

    def refresh(self) -> None:
        """Look at the database now."""
        with self._lock:
            self._snapshot = self._load()

    def _verifier(self, kid: str) -> Verifier | None:
        found = self._look().verifiers.get(kid)
        now = clock.epoch()
        if found is None and kid and now != self._asked_at:
            self._asked_at = now
            self._refresh_or_keep()
            found = self._look().verifiers.get(kid)
        return found

    def _look(self) -> Snapshot:
        snapshot = self._snapshot
        if snapshot is None:
            with self._lock:
                if self._snapshot is None:
                    self._snapshot = self._load()
                return self._snapshot
        age = clock.epoch() - snapshot.seen_at
        if not 0 <= age < self._settings.refresh_interval:  # a clock set back refreshes too
            self._refresh_or_keep()
            snapshot = self._snapshot or snapshot
        return snapshot

    def _refresh_or_keep(self) -> None:
        if not self._lock.acquire(blocking=False):
            return  # somebody else is looking; the last look serves meanwhile
        try:
            self._snapshot = self._load()
        except UnavailableError as error:
            log.warning("signing keys not refreshed: %s", error.detail)
        finally:
            self._lock.release()

    def _load(self) -> Snapshot:
        seen_at = clock.epoch()
        with self._database.read() as tx:
            rows = store.read(tx)
        if not store.is_complete(rows, self._settings.algorithms):
            with self._database.write() as tx:
                store.complete(tx, self._vault, self._settings.algorithms)
            with self._database.read() as tx:
                rows = store.read(tx)
        limit = seen_at - self._settings.retire_after
        live = [row for row in rows if row.retired_at is None or row.retired_at > limit]
        jwks = orjson.dumps({"keys": [orjson.loads(row.public_jwk) for row in live]})
        self._known_signers = {
            row.kid: self._known_signers.get(row.kid) or self._signer(row)
            for row in live
            if row.status == "current"
        }
        self._known_verifiers = {
            row.kid: self._known_verifiers.get(row.kid) or _verifier(row) for row in live
        }
        return Snapshot(
            seen_at=seen_at,
            signers={signer.algorithm: signer for signer in self._known_signers.values()},
            verifiers=self._known_verifiers,
            jwks=jwks,
            etag=f'"{sha256(jwks).hexdigest()[:32]}"',
        )

    def _signer(self, row: Any) -> Signer:
        key: Any = import_key(store.open_private(self._vault, row))
        return Signer(row.kid, row.algorithm, key, signing(row.algorithm, key.private_key))


def _verifier(row: Any) -> Verifier:
    key: Any = import_key(orjson.loads(row.public_jwk))
    return Verifier(row.algorithm, verifying(row.algorithm, key.public_key))
