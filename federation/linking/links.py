"""Who is linked to whom: by the connector and the upstream's own name for a person, nothing else.

Never by phone, mail or name: those change hands. Two names that differ in one octet are two
people, however alike they look.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson

from federation.connectors.upstream import UpstreamIdentity
from federation.linking.errors import (
    LastWayInError,
    LinkedElsewhereError,
    LinkUnknownError,
    SubjectUnfitError,
)
from idp import clock
from idp.audit import events, trail
from idp.crypto import Vault
from idp.db import Statement, Transaction

_FIELD, _KIND = "federated_identity.sealed", "federated"
_LONGEST = 255

_FIND = Statement("""
    SELECT person_id, subject FROM federated_identity
     WHERE connector = :connector AND subject = :subject
""")
_INSERT = Statement("""
    INSERT INTO federated_identity (connector, subject, person_id, sealed, linked_at, last_used_at)
    VALUES (:connector, :subject, :person_id, :sealed, :now, :now)
    ON CONFLICT (connector, subject) DO NOTHING
""")
_USE = Statement("""
    UPDATE federated_identity SET last_used_at = :now, sealed = :sealed
     WHERE connector = :connector AND subject = :subject AND person_id = :person_id
""")
_RENAME = Statement("""
    UPDATE federated_identity SET subject = :subject, sealed = :sealed, last_used_at = :now
     WHERE connector = :connector AND subject = :alias AND person_id = :person_id
""")
_OF_PERSON = Statement("""
    SELECT connector, subject, sealed, linked_at, last_used_at FROM federated_identity
     WHERE person_id = :person_id ORDER BY linked_at, connector
""")
_REMOVE = Statement("""
    DELETE FROM federated_identity
     WHERE connector = :connector AND subject = :subject AND person_id = :person_id
""")
_ERASE = Statement("DELETE FROM federated_identity WHERE person_id = :person_id")
# Of two links taken away at once the second waits, and finds itself the last way in.
_HOLD = Statement("UPDATE person SET updated_at = updated_at WHERE person_id = :person_id")
# What else lets a person in: a password, or a phone that answered (codes by SMS).
_OTHER_WAYS = Statement("""
    SELECT (SELECT COUNT(*) FROM person p
             WHERE p.person_id = :person_id AND p.password_hash IS NOT NULL)
         + (SELECT COUNT(*) FROM identifier i
             WHERE i.person_id = :person_id AND i.kind = 'phone' AND i.verified_at IS NOT NULL)
         + (SELECT COUNT(*) FROM federated_identity f
              JOIN connector c ON c.key = f.connector AND c.enabled
             WHERE f.person_id = :person_id
               AND NOT (f.connector = :connector AND f.subject = :subject)) AS ways
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of a person; *mark* names it in forms, without telling the subject."""

    connector: str
    mark: str
    display_name: str = field(repr=False)
    linked_at: int
    last_used_at: int


def check_subject(identity: UpstreamIdentity) -> None:
    """See that the upstream's name for somebody can be a key.

    Raises:
        SubjectUnfitError: it is empty, too long, or holds characters that nobody sees.
    """
    subject = identity.subject
    if not 0 < len(subject) <= _LONGEST or not subject.isprintable() or subject != subject.strip():
        raise SubjectUnfitError(detail=f"{len(subject)} characters")


def holder(tx: Transaction, vault: Vault, connector: str, identity: UpstreamIdentity) -> str | None:
    """Return whose account *identity* opens; a link by an older name of theirs is renewed.

    Raises:
        SubjectUnfitError: the upstream's name for them is no key.
    """
    check_subject(identity)
    found = _find(tx, vault, connector, identity.subject)
    if found is not None:
        return str(found.person_id)
    for alias in identity.aliases:
        known = _find(tx, vault, connector, alias)
        if known is not None:
            _rename(tx, vault, connector, known, identity)
            return str(known.person_id)
    return None


def add(
    tx: Transaction, vault: Vault, connector: str, identity: UpstreamIdentity, person_id: str
) -> None:
    """Link *identity* to *person_id*; linked to them already, nothing happens.

    Raises:
        LinkedElsewhereError: it opens another account.
        SubjectUnfitError: the upstream's name for them is no key.
    """
    owner = holder(tx, vault, connector, identity)
    if owner == person_id:
        return
    subject = _index(vault, connector, identity.subject)
    sealed = _seal(vault, connector, subject, identity)
    row = {"connector": connector, "subject": subject, "person_id": person_id, "sealed": sealed}
    if owner is not None or not tx.run(_INSERT, **row, now=clock.epoch()):
        raise LinkedElsewhereError(detail=f"at {connector}")
    trail.record(tx, events.LINK_ADD, person_id=person_id, data={"connector": connector})


def used(
    tx: Transaction, vault: Vault, connector: str, identity: UpstreamIdentity, person_id: str
) -> None:
    """Note that a link was used, and what the upstream calls its person now."""
    for subject in vault.indexes(_text(connector, identity.subject), kind=_KIND):
        sealed = _seal(vault, connector, subject, identity)
        row = {"connector": connector, "subject": subject, "sealed": sealed}
        tx.run(_USE, **row, person_id=person_id, now=clock.epoch())


def of_person(tx: Transaction, vault: Vault, person_id: str) -> list[Link]:
    """Return what a person is linked to."""
    return [_read(vault, row) for row in tx.all(_OF_PERSON, person_id=person_id)]


def remove(tx: Transaction, person_id: str, connector: str, mark: str) -> None:
    """Take a link away, unless nobody could sign in without it.

    Raises:
        LinkUnknownError: there is none.
        LastWayInError: there is no other way in.
    """
    subject = _subject_of(mark)
    row = {"person_id": person_id, "connector": connector, "subject": subject}
    tx.run(_HOLD, person_id=person_id)
    if not tx.one(_OTHER_WAYS, **row).ways:
        raise LastWayInError(detail=f"at {connector}")
    if not tx.run(_REMOVE, **row):
        raise LinkUnknownError(detail=f"at {connector}")
    trail.record(tx, events.LINK_REMOVE, person_id=person_id, data={"connector": connector})


def remove_all(tx: Transaction, person_id: str) -> None:
    """Take every link of a person away: they are erased, or were not who they said."""
    tx.run(_ERASE, person_id=person_id)


def _find(tx: Transaction, vault: Vault, connector: str, subject: str) -> Any | None:
    for index in vault.indexes(_text(connector, subject), kind=_KIND):
        row = tx.one(_FIND, connector=connector, subject=index)
        if row is not None:
            return row
    return None


def _rename(
    tx: Transaction, vault: Vault, connector: str, known: Any, identity: UpstreamIdentity
) -> None:
    subject = _index(vault, connector, identity.subject)
    tx.run(
        _RENAME,
        connector=connector,
        subject=subject,
        alias=bytes(known.subject),
        person_id=known.person_id,
        sealed=_seal(vault, connector, subject, identity),
        now=clock.epoch(),
    )


def _index(vault: Vault, connector: str, subject: str) -> bytes:
    return vault.index(_text(connector, subject), kind=_KIND)


def _text(connector: str, subject: str) -> str:
    return f"{connector}\n{subject}"  # a key has no line break, so no two pairs meet


def _seal(vault: Vault, connector: str, subject: bytes, identity: UpstreamIdentity) -> bytes:
    told = {"subject": identity.subject, "display_name": identity.display_name}
    owner = f"{connector}:{subject.hex()}"
    return vault.seal(orjson.dumps(told).decode(), field=_FIELD, owner=owner)


def _read(vault: Vault, row: Any) -> Link:
    subject = bytes(row.subject)
    owner = f"{row.connector}:{subject.hex()}"
    told = orjson.loads(vault.open(bytes(row.sealed), field=_FIELD, owner=owner))
    return Link(
        connector=row.connector,
        mark=subject.hex(),
        display_name=told["display_name"],
        linked_at=row.linked_at,
        last_used_at=row.last_used_at,
    )


def _subject_of(mark: str) -> bytes:
    try:
        return bytes.fromhex(mark)
    except ValueError:
        raise LinkUnknownError(detail="no mark") from None
