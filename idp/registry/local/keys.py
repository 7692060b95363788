"""The key of each register's fingerprints: made at the first import, sealed, never changed."""

import secrets

from idp import clock
from idp.crypto.vault import Vault
from idp.db import Statement, Transaction

_READ = Statement("SELECT sealed FROM registry_key WHERE register = :register")
_WRITE = Statement("""
    INSERT INTO registry_key (register, sealed, created_at) VALUES (:register, :sealed, :now)
    ON CONFLICT (register) DO NOTHING
""")
_RESEAL = Statement("UPDATE registry_key SET sealed = :sealed WHERE register = :register")
_FIELD = "registry.key"
_BYTES = 32


def find(tx: Transaction, vault: Vault, register: str) -> bytes | None:
    """Return the key of *register*, or None if nothing was ever imported into it.

    Raises:
        SealError: it was sealed under a master key that is no longer in the ring.
    """
    row = tx.one(_READ, register=register)
    if row is None:
        return None
    return bytes.fromhex(vault.open(bytes(row.sealed), field=_FIELD, owner=register))


def find_or_make(tx: Transaction, vault: Vault, register: str) -> bytes:
    """Return the key of *register*, and see that the newest master key seals it."""
    key = find(tx, vault, register)
    if key is None:
        sealed = _seal(vault, register, secrets.token_bytes(_BYTES))
        tx.run(_WRITE, register=register, sealed=sealed, now=int(clock.now().timestamp()))
        key = find(tx, vault, register)
        assert key is not None  # noqa: S101 - somebody's INSERT, ours or another's, has won
        return key
    tx.run(_RESEAL, register=register, sealed=_seal(vault, register, key))
    return key


def _seal(vault: Vault, register: str, key: bytes) -> bytes:
    return vault.seal(key.hex(), field=_FIELD, owner=register)
