"""Keys at rest: made, promoted, retired and dropped, whoever else does so at the same time."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.crypto import Vault
from idp.crypto.signatures import Jwk, generate
from idp.db import Statement, Transaction

FIELD = "signing_key.private"
_PUBLIC_MEMBERS = frozenset({"kty", "crv", "x", "y", "n", "e"})  # RFC 7518 §6

_ALL = Statement("""
    SELECT kid, algorithm, status, private_sealed, public_jwk, created_at, activated_at, retired_at
      FROM signing_key ORDER BY created_at, kid""")
_SLOTS = Statement("SELECT algorithm, status FROM signing_key WHERE status <> 'retired'")
_INSERT = Statement("""
    INSERT INTO signing_key (kid, algorithm, status, private_sealed, public_jwk, created_at,
                             activated_at)
    VALUES (:kid, :algorithm, :status, :sealed, :public, :now, :activated_at)
    ON CONFLICT DO NOTHING""")
# Rotations that race for one algorithm queue here, and each sees what the one before did.
_QUEUE = Statement("""
    UPDATE signing_key SET status = status WHERE algorithm = :algorithm AND status <> 'retired'""")
_RETIRE = Statement("""
    UPDATE signing_key SET status = 'retired', retired_at = :now, private_sealed = :nothing
     WHERE algorithm = :algorithm AND status = 'current'
 RETURNING kid""")
_PROMOTE = Statement("""
    UPDATE signing_key SET status = 'current', activated_at = :now
     WHERE algorithm = :algorithm AND status = 'next'
 RETURNING kid, created_at""")
_DROP = Statement("DELETE FROM signing_key WHERE status = 'retired' AND retired_at <= :limit")


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did for one algorithm; *published_for* is the new signer's age in seconds."""

    algorithm: str
    retired: str | None
    current: str
    published_for: int


def read(tx: Transaction) -> list[Any]:
    """Return the rows of every key, the oldest first."""
    return tx.all(_ALL)


def is_complete(rows: Iterable[Any], algorithms: Iterable[str]) -> bool:
    """Say whether each of *algorithms* has a key that signs and one that will."""
    slots = {(row.algorithm, row.status) for row in rows}
    return all({(name, "current"), (name, "next")} <= slots for name in algorithms)


def complete(tx: Transaction, vault: Vault, algorithms: Iterable[str]) -> None:
    """Make the keys that are missing.

    Processes that start together all try: a unique index lets one key into each slot, and
    the others' attempts vanish.
    """
    taken = {(row.algorithm, row.status) for row in tx.all(_SLOTS)}
    for algorithm in algorithms:
        for status in ("current", "next"):
            if (algorithm, status) not in taken:
                _insert(tx, vault, algorithm, status)


def rotate(tx: Transaction, vault: Vault, algorithm: str) -> Rotation:
    """Let the next key of *algorithm* sign, publish a new next one, retire the current one.

    A retired key is kept for what it signed; its private half is forgotten at once.
    """
    complete(tx, vault, [algorithm])
    tx.run(_QUEUE, algorithm=algorithm)
    now = clock.epoch()
    retired = tx.one(_RETIRE, algorithm=algorithm, now=now, nothing=b"")
    current = tx.one(_PROMOTE, algorithm=algorithm, now=now)
    _insert(tx, vault, algorithm, "next")
    return Rotation(
        algorithm=algorithm,
        retired=retired.kid if retired else None,
        current=current.kid,
        published_for=now - current.created_at,
    )


def drop_retired(tx: Transaction, retire_after: int) -> int:
    """Forget the keys whose tokens have all expired; return how many."""
    return tx.run(_DROP, limit=clock.epoch() - retire_after)


def open_private(vault: Vault, row: Any) -> dict[str, Any]:
    """Return the private JWK of a row.

    Raises:
        SealError: the master key that sealed it is gone, or the row was tampered with.
    """
    jwk: dict[str, Any] = json.loads(
        vault.open(bytes(row.private_sealed), field=FIELD, owner=row.kid)
    )
    return jwk


def _insert(tx: Transaction, vault: Vault, algorithm: str, status: str) -> None:
    key = generate(algorithm)
    kid = key.thumbprint()  # RFC 7638
    now = clock.epoch()
    tx.run(
        _INSERT,
        kid=kid,
        algorithm=algorithm,
        status=status,
        sealed=vault.seal(json.dumps(key.as_dict(private=True)), field=FIELD, owner=kid),
        public=json.dumps(_published(key, kid, algorithm)),
        now=now,
        activated_at=now if status == "current" else None,
    )


def _published(key: Jwk, kid: str, algorithm: str) -> dict[str, Any]:
    bare = {k: v for k, v in key.as_dict(private=False).items() if k in _PUBLIC_MEMBERS}
    return {**bare, "kid": kid, "use": "sig", "alg": algorithm}
