"""Disable, enable and erase persons, and keep their passwords' hashes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import cast

from flask import Flask, current_app

from idp import clock
from idp.accounts.errors import PersonErasedError, PersonNotFoundError
from idp.audit import events, trail
from idp.db import Statement, Transaction

Ending = Callable[[Transaction, str], object]
_KEY = "manyou.endings"
_ERASURES = "manyou.erasures"

_CREDENTIAL = Statement("""
    SELECT person_id, status, password_hash FROM person WHERE person_id = :person_id
""")
_STATUS = Statement("""
    UPDATE person SET status = :status, updated_at = :now
     WHERE person_id = :person_id AND status <> 'erased'
""")
_PASSWORD = Statement("""
    UPDATE person SET password_hash = :password_hash, password_changed_at = :now, updated_at = :now
     WHERE person_id = :person_id AND status = 'active'
""")
_REHASH = Statement("""
    UPDATE person SET password_hash = :replacement
     WHERE person_id = :person_id AND password_hash = :stored
""")
_ERASE = (
    Statement("DELETE FROM identifier WHERE person_id = :person_id"),
    Statement("DELETE FROM profile WHERE person_id = :person_id"),
    Statement("""
        UPDATE person SET status = 'erased', password_hash = NULL, password_changed_at = NULL,
               updated_at = :now
         WHERE person_id = :person_id
    """),
)


@dataclass(frozen=True, slots=True)
class Credential:
    """What signing in with a password needs to know."""

    person_id: str
    status: str
    password_hash: str | None = field(repr=False)

    @property
    def active(self) -> bool:
        return self.status == "active"


def install(app: Flask, endings: Iterable[Ending], erasures: Iterable[Ending] = ()) -> None:
    """Tell *app* what rooms above this one hold of a person.

    *endings* end with every disabling: sessions, grants, known browsers. *erasures* are
    forgotten with the person: verifications.
    """
    app.extensions[_KEY] = tuple(endings)
    app.extensions[_ERASURES] = tuple(erasures)


def credential(tx: Transaction, person_id: str) -> Credential | None:
    """Return a person's status and password hash."""
    row = tx.one(_CREDENTIAL, person_id=person_id)
    return None if row is None else Credential(*row)


def is_active(tx: Transaction, person_id: str) -> bool:
    """Say whether somebody of this id may sign in."""
    found = credential(tx, person_id)
    return found is not None and found.active


def set_password(tx: Transaction, person_id: str, password_hash: str) -> None:
    """Keep the hash of a new password.

    Raises:
        PersonNotFoundError: there is nobody, or they may not sign in.
    """
    now = clock.epoch()
    if not tx.run(_PASSWORD, person_id=person_id, password_hash=password_hash, now=now):
        raise PersonNotFoundError(detail=person_id)


def rehash(tx: Transaction, person_id: str, *, stored: str, replacement: str) -> None:
    """Keep today's hash of the same password, unless the password has changed meanwhile."""
    tx.run(_REHASH, person_id=person_id, stored=stored, replacement=replacement)


def disable(tx: Transaction, person_id: str, *, actor: str) -> None:
    """Let nobody sign in as this person, and end what they have open.

    Raises:
        PersonNotFoundError, PersonErasedError
    """
    _set_status(tx, person_id, "disabled")
    end_everything(tx, person_id)
    trail.record(tx, events.PERSON_DISABLE, person_id=person_id, actor=actor)


def enable(tx: Transaction, person_id: str, *, actor: str) -> None:
    """Let this person sign in again.

    Raises:
        PersonNotFoundError, PersonErasedError
    """
    _set_status(tx, person_id, "active")
    trail.record(tx, events.PERSON_ENABLE, person_id=person_id, actor=actor)


def erase(tx: Transaction, person_id: str, *, actor: str) -> None:
    """Delete what is personal; the bare id stays, so that no subject is ever given out again.

    Raises:
        PersonNotFoundError, PersonErasedError
    """
    _set_status(tx, person_id, "disabled")
    end_everything(tx, person_id)
    for forget in cast(tuple[Ending, ...], current_app.extensions[_ERASURES]):
        forget(tx, person_id)
    for statement in _ERASE[:-1]:
        tx.run(statement, person_id=person_id)
    tx.run(_ERASE[-1], person_id=person_id, now=clock.epoch())
    trail.record(tx, events.PERSON_ERASE, person_id=person_id, actor=actor)


def _set_status(tx: Transaction, person_id: str, status: str) -> None:
    if tx.run(_STATUS, person_id=person_id, status=status, now=clock.epoch()):
        return
    if credential(tx, person_id) is None:
        raise PersonNotFoundError(detail=person_id)
    raise PersonErasedError(detail=person_id)


def end_everything(tx: Transaction, person_id: str) -> None:
    """End what a person has open: sessions, grants, known browsers."""
    for end in cast(tuple[Ending, ...], current_app.extensions[_KEY]):
        end(tx, person_id)
