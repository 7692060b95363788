"""Find relying parties, fast and never more than a second out of date."""

import re
from contextlib import nullcontext
from typing import Any

from idp import clock
from idp.clients.keysets import KeySets
from idp.clients.party import RelyingParty, read
from idp.db import Database, Statement, Transaction

__all__ = ["Registry", "RelyingParty", "row_of"]

_ROW = Statement("""
    SELECT client_id, status, profile, metadata_json, secret_fingerprint, management_fingerprint,
           origin, created_at, updated_at
      FROM client WHERE client_id = :client_id""")
_CLIENT_ID = re.compile(r"[\x21-\x7e]{1,64}", re.ASCII)
_MOST_IN_A_SECOND = 10_000


def row_of(tx: Transaction, client_id: str) -> Any:
    """Return the row of *client_id*, whatever its status, or None."""
    return tx.one(_ROW, client_id=client_id) if _CLIENT_ID.fullmatch(client_id) else None


class Registry:
    """The clients, as one process knows them.

    What was found, or not found, in this second of the clock is not asked for again; a row
    that did not change is not parsed again. Both memories are bounded, so that made-up names
    fill nothing.
    """

    def __init__(self, database: Database) -> None:
        self.keysets = KeySets()
        self._database = database
        self._second = -1
        self._seen: dict[str, RelyingParty | None] = {}
        self._parsed: dict[str, tuple[Any, RelyingParty]] = {}

    def find(self, client_id: str, tx: Transaction | None = None) -> RelyingParty | None:
        """Return the active client *client_id*; a disabled or deleted one is None.

        Whoever holds a connection lends it, lest a thread waits for a second one.
        """
        party = self.find_any(client_id, tx)
        return party if party is not None and party.active else None

    def find_any(self, client_id: str, tx: Transaction | None = None) -> RelyingParty | None:
        """Return *client_id* whatever its status: to show its name, never to serve it."""
        second = clock.epoch()
        if second != self._second:
            self._second = second
            self._seen = {}
        seen = self._seen
        if client_id in seen:
            return seen[client_id]
        party = self._read(client_id, tx)
        if len(seen) < _MOST_IN_A_SECOND:
            seen[client_id] = party
        return party

    def find_fresh(self, client_id: str) -> RelyingParty | None:
        """Return the active client *client_id* as the database has it now."""
        self.forget(client_id)
        return self.find(client_id)

    def forget(self, client_id: str) -> None:
        """Ask the database the next time."""
        self._seen.pop(client_id, None)

    def _read(self, client_id: str, tx: Transaction | None) -> RelyingParty | None:
        if not _CLIENT_ID.fullmatch(client_id):
            return None
        with nullcontext(tx) if tx else self._database.read() as lent:
            row = row_of(lent, client_id)
        if row is None:
            return None
        known = self._parsed.get(client_id)
        if known is not None and known[0] == row:
            return known[1]
        if len(self._parsed) >= _MOST_IN_A_SECOND:
            self._parsed = {}
        party = read(row)
        self._parsed[client_id] = (row, party)
        return party
