"""The names that a person is found by: user name, phone, ID number, mail address.

The table keeps a blind index to find them and a sealed value to show them. A kind stands
once per person, and a value once per kind.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from idp import clock
from idp.accounts import usernames
from idp.accounts.errors import (
    IdentifierTakenError,
    IdNumberTakenError,
    PhoneTakenError,
    UsernameTakenError,
)
from idp.crypto.vault import Vault
from idp.db import Statement, Transaction
from idp.errors import IdentityError
from idp.formats import id_numbers, phones

USERNAME, PHONE, ID_NUMBER, EMAIL = "username", "phone", "id_number", "email"

_TAKEN = {USERNAME: UsernameTakenError, PHONE: PhoneTakenError, ID_NUMBER: IdNumberTakenError}

_FIND = Statement(
    "SELECT person_id, verified_at FROM identifier WHERE kind = :kind AND lookup = :lookup"
)
_OF_PERSON = Statement("""
    SELECT kind, value_sealed, verified_at FROM identifier
     WHERE person_id = :person_id ORDER BY kind
""")
_ONE = Statement("""
    SELECT value_sealed, verified_at FROM identifier WHERE person_id = :person_id AND kind = :kind
""")
_ADD = Statement("""
    INSERT INTO identifier (person_id, kind, lookup, value_sealed, verified_at, created_at)
    VALUES (:person_id, :kind, :lookup, :value_sealed, :verified_at, :now)
    ON CONFLICT (kind, lookup) DO NOTHING
""")
_REMOVE = Statement("DELETE FROM identifier WHERE person_id = :person_id AND kind = :kind")
_YIELD = Statement("""
    DELETE FROM identifier
     WHERE person_id = :holder AND kind = :kind AND verified_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class Value:
    """One identifier in clear; *verified_at* is None while it is only claimed."""

    text: str = field(repr=False)
    verified_at: int | None


def guess(text: str) -> list[tuple[str, str]]:
    """Return what *text*, typed into the one sign-in box, may be: (kind, normalised) pairs.

    User names cannot look like numbers, so at most one of the pairs finds anybody.
    """
    found: list[tuple[str, str]] = []
    readers = (
        (PHONE, phones.normalise),
        (ID_NUMBER, lambda typed: id_numbers.parse(typed).number),
        (USERNAME, usernames.key),
    )
    for kind, read in readers:
        try:
            value = read(text)
        except IdentityError:
            continue
        if value:
            found.append((kind, value))
    return found


def find(tx: Transaction, vault: Vault, kind: str, value: str) -> str | None:
    """Return who is found by the normalised *value*."""
    holder = _holder(tx, vault, kind, value)
    return None if holder is None else holder[0]


def find_any(tx: Transaction, vault: Vault, candidates: list[tuple[str, str]]) -> str | None:
    """Return who is found by one of *candidates*; all are looked up, whoever is found."""
    found = [find(tx, vault, kind, value) for kind, value in candidates]
    return next((person_id for person_id in found if person_id), None)


def add(
    tx: Transaction, vault: Vault, person_id: str, kind: str, value: str, *, verified: bool
) -> str | None:
    """Let *person_id* be found by *value*, replacing what they had of this *kind*.

    A verified value wins over another person's mere claim: the claim is dropped
    (docs/decisions/0006-claimed-identity-numbers.md), and who lost it is returned.

    Raises:
        IdentifierTakenError: one of its kinds: another person holds it.
    """
    holder, loser = _holder(tx, vault, kind, value), None
    if holder is not None and holder[0] != person_id:
        loser = holder[0]
        if not verified or holder[1] is not None:
            raise _TAKEN.get(kind, IdentifierTakenError)
        tx.run(_YIELD, holder=loser, kind=kind)
    tx.run(_REMOVE, person_id=person_id, kind=kind)
    now = clock.epoch()
    added = tx.run(
        _ADD,
        person_id=person_id,
        kind=kind,
        lookup=vault.index(_key(kind, value), kind=kind),
        value_sealed=vault.seal(value, field=f"identifier.{kind}", owner=person_id),
        verified_at=now if verified else None,
        now=now,
    )
    if not added:
        raise _TAKEN.get(kind, IdentifierTakenError)
    return loser


def remove(tx: Transaction, person_id: str, kind: str) -> None:
    """Let nobody find *person_id* by that *kind* any more."""
    tx.run(_REMOVE, person_id=person_id, kind=kind)


def values_of(tx: Transaction, vault: Vault, person_id: str) -> dict[str, Value]:
    """Return a person's identifiers in clear, by kind."""
    return open_all(vault, person_id, tx.all(_OF_PERSON, person_id=person_id))


def open_all(vault: Vault, person_id: str, rows: Iterable[Any]) -> dict[str, Value]:
    """Open *rows* with kind, value_sealed and verified_at; one without a kind is none."""
    return {
        row.kind: Value(
            vault.open(row.value_sealed, field=f"identifier.{row.kind}", owner=person_id),
            row.verified_at,
        )
        for row in rows
        if row.kind is not None
    }


def value_of(tx: Transaction, vault: Vault, person_id: str, kind: str) -> Value | None:
    """Return one identifier of a person in clear, or None."""
    row = tx.one(_ONE, person_id=person_id, kind=kind)
    if row is None:
        return None
    text = vault.open(row.value_sealed, field=f"identifier.{kind}", owner=person_id)
    return Value(text, row.verified_at)


def lookups(vault: Vault, kind: str, value: str) -> list[bytes]:
    """Return what the normalised *value* is found by, under every key of the ring."""
    return vault.indexes(_key(kind, value), kind=kind)


def proven_holder(kind: str, keys: int) -> str:
    """Return SQL for who has proven to be found by `:lookup_a`, `:lookup_b` …, one per key."""
    found = ", ".join(f":lookup_{letter}" for letter in "abcdefgh"[:keys])
    return f"""
        SELECT MIN(i.person_id) FROM identifier i
         WHERE i.kind = '{kind}' AND i.verified_at IS NOT NULL AND i.lookup IN ({found})
    """  # noqa: S608 - nothing here comes from outside


def _holder(tx: Transaction, vault: Vault, kind: str, value: str) -> tuple[str, int | None] | None:
    """Look under every key of the ring: a rotation leaves older indexes behind."""
    rows = [
        tx.one(_FIND, kind=kind, lookup=lookup)
        for lookup in vault.indexes(_key(kind, value), kind=kind)
    ]
    return next(((row.person_id, row.verified_at) for row in rows if row is not None), None)


def _key(kind: str, value: str) -> str:
    """Return what is indexed: user names and mail addresses are one in either case."""
    if kind == USERNAME:
        return usernames.key(value)
    return value.casefold() if kind == EMAIL else value
