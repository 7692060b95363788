"""What the four local sources share: the way to the rows, and to the register's key."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import psycopg

from idp import clock
from idp.crypto.vault import SealError, Vault
from idp.db import Database, Statement, Transaction
from idp.errors import UnavailableError
from idp.registry.local import keys
from idp.registry.local.fingerprints import Fingerprint, maker
from idp.registry.ports import AuthorityError
from idp.registry.results import Result, Verdict

T = TypeVar("T")

SOURCE = "local"
_KEY_LIFETIME = 60  # seconds: a register that was made anew is noticed after that


class Replica:
    """One register of the replica."""

    source = SOURCE
    register = ""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._fingerprint: Fingerprint | None = None
        self._read_at = 0.0

    def _rows(self, statement: Statement, **parameters: Any) -> list[Any]:
        """Return what *statement* finds.

        Raises:
            AuthorityError: the database is away, or was never migrated.
        """
        return self._reading(lambda tx: tx.all(statement, **parameters))

    def _reading(self, read: Callable[[Transaction], T]) -> T:
        """Return what *read* does with a connection, which is given back at once.

        Raises:
            AuthorityError: the database is away, was never migrated, or a seal does not open.
        """
        try:
            with self._database.read() as tx:
                return read(tx)
        except UnavailableError as error:
            raise AuthorityError(detail=f"{self.register}: {error.detail}") from error
        except (psycopg.Error, SealError) as error:
            raise AuthorityError(detail=f"{self.register}: {type(error).__name__}") from error

    def _maker(self) -> Fingerprint:
        """Return the way to take fingerprints in this register.

        Raises:
            AuthorityError: nothing was ever imported, or the key's seal cannot be opened.
        """
        now = clock.now().timestamp()
        if self._fingerprint is None or not 0 <= now - self._read_at < _KEY_LIFETIME:
            self._fingerprint, self._read_at = maker(self._key()), now
        return self._fingerprint

    def _key(self) -> bytes:
        key = self._reading(lambda tx: keys.find(tx, self._vault, self.register))
        if key is None:
            raise AuthorityError(detail=f"{self.register}: nothing was ever imported")
        return key


def verdict(result: Result, reason: str = "") -> Verdict:
    """Return what the replica says."""
    return Verdict(result=result, source=SOURCE, reason=reason)


def first(objections: Iterator[Verdict]) -> Verdict:
    """Return the first of *objections*, or a match if there is none."""
    return next(objections, _MATCH)


_MATCH = verdict(Result.MATCH)
