"""Registered portraits: each sealed by itself, opened for one comparison, erased for good.

They have a key of their own, sealed like those of the registers, so that turning a master key
rewrites nobody's portrait. A picture cannot be a fingerprint: this is the one table of the
replica that can be read with its key.
"""

from base64 import b64decode, b64encode

from idp.crypto.vault import MasterKey, Vault
from idp.db import Statement, Transaction
from idp.registry.local import keys

KEY = "portraits"
_FIELD = "registry.portrait"
_KEEP = Statement("""
    INSERT INTO portrait (person, sealed, taken_on) VALUES (:person, :sealed, :taken_on)
    ON CONFLICT (person) DO UPDATE SET sealed = excluded.sealed, taken_on = excluded.taken_on
""")
_FIND = Statement("SELECT sealed FROM portrait WHERE person = :person")
_COUNT = Statement("SELECT COUNT(*) AS n FROM portrait")
_ERASE = Statement("DELETE FROM portrait WHERE person = :person")


def safe(tx: Transaction, vault: Vault) -> Vault:
    """Return what seals portraits, and see that the newest master key seals its key."""
    return _safe(keys.find_or_make(tx, vault, KEY))


def keep(
    tx: Transaction, sealing: Vault, person: bytes, jpeg: bytes, taken_on: int | None = None
) -> None:
    """Keep *jpeg* as the portrait of *person*, in place of any other.

    *sealing* comes from `safe`; *taken_on* is written yyyymmdd.
    """
    text = b64encode(jpeg).decode("ascii")
    sealed = sealing.seal(text, field=_FIELD, owner=person.hex())
    tx.run(_KEEP, person=person, sealed=sealed, taken_on=taken_on)


def find(tx: Transaction, vault: Vault, person: bytes) -> bytes | None:
    """Return the portrait of *person*, or None if none is kept.

    Raises:
        SealError: it is somebody else's, was altered, or its key is gone.
    """
    row = tx.one(_FIND, person=person)
    key = None if row is None else keys.find(tx, vault, KEY)
    if row is None or key is None:
        return None
    return b64decode(_safe(key).open(bytes(row.sealed), field=_FIELD, owner=person.hex()))


def count(tx: Transaction) -> int:
    """Return how many are kept: from 100,000 on, the operator must file with the authority."""
    return int(tx.one(_COUNT).n)


def erase(tx: Transaction, person: bytes) -> bool:
    """Erase the portrait of *person*; say whether there was one."""
    return tx.run(_ERASE, person=person) > 0


def _safe(key: bytes) -> Vault:
    return Vault((MasterKey(KEY, key),))
