"""Write and read the catalogue's rows: checked documents in, sealed options kept."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr, ValidationError

from config.schema import Room
from federation.catalogue.errors import (
    ConnectorInvalidError,
    ConnectorTakenError,
    ConnectorUnknownError,
)
from federation.catalogue.trust import Trust
from federation.connectors.kinds import KINDS
from federation.connectors.ports import Kind
from idp import clock
from idp.audit import events, trail
from idp.crypto import Vault
from idp.db import Statement, Transaction

_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_NAME = re.compile(r"[^\x00-\x1f\x7f<>]{1,40}")
_ICON = re.compile(r"[a-z0-9-]{1,32}")
_FIELD = "connector.options"
_MEMBERS = frozenset({"key", "kind", "name_zh", "name_en", "icon", "position", "trust", "options"})
_MOST_IN_FRONT, _LAST = 0, 10_000

_COLUMNS = """key, kind, options_sealed, name_zh, name_en, icon, enabled, position, trust_json,
              health, health_at, created_at, updated_at"""
_INSERT = Statement("""
    INSERT INTO connector (key, kind, options_sealed, name_zh, name_en, icon, enabled, position,
                           trust_json, health, created_at, updated_at)
    VALUES (:key, :kind, :options, :name_zh, :name_en, :icon, :enabled, :position,
            :trust, '', :now, :now)
    ON CONFLICT (key) DO NOTHING
""")
_UPDATE = Statement("""
    UPDATE connector SET options_sealed = :options, name_zh = :name_zh, name_en = :name_en,
           icon = :icon, position = :position, trust_json = :trust, updated_at = :now
     WHERE key = :key AND kind = :kind
""")
_SWITCH = Statement("""
    UPDATE connector SET enabled = :enabled, updated_at = :now WHERE key = :key
""")
_FIND = Statement(f"SELECT {_COLUMNS} FROM connector WHERE key = :key")  # noqa: S608 - ours
_ALL = Statement(f"SELECT {_COLUMNS} FROM connector ORDER BY position, key")  # noqa: S608 - ours
# Of two who come to look one does, for a while.
_LOOK = Statement("""
    UPDATE connector SET health_at = :now
     WHERE key = :key AND enabled = :enabled AND (health_at IS NULL OR health_at <= :limit)
""")
_HEALTH = Statement("""
    UPDATE connector SET health = :health, health_at = :now WHERE key = :key
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An upstream as the catalogue has it; moments in seconds since 1970."""

    key: str
    kind: Kind
    options: Room = field(repr=False)
    name_zh: str
    name_en: str
    icon: str
    position: int
    trust: Trust
    enabled: bool = False
    health: str = ""
    health_at: int | None = None
    updated_at: int = 0

    def name(self, language: str) -> str:
        """Return what people call it in *language*."""
        return self.name_zh if language.lower().startswith("zh") else self.name_en

    def document(self) -> dict[str, Any]:
        """Return what may be shown of it: no secret is."""
        return {
            "key": self.key,
            "kind": self.kind.name,
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "icon": self.icon,
            "position": self.position,
            "enabled": self.enabled,
            "standing": self.kind.standing.value,
            "trust": self.trust.model_dump(),
            "options": json.loads(self.options.model_dump_json()),  # secrets as asterisks
            "health": self.health or "unknown",
            "health_at": self.health_at,
        }


def read_document(document: Mapping[str, Any]) -> Entry:
    """Return the entry that *document* describes.

    Raises:
        ConnectorInvalidError: it does not, and why.
    """
    unknown = set(document) - _MEMBERS
    if unknown:
        raise ConnectorInvalidError(f"Unknown members: {', '.join(sorted(unknown))}.")
    key, kind = document.get("key"), KINDS.get(str(document.get("kind")))
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ConnectorInvalidError("key must be up to 32 of a-z, 0-9 and -.")
    if kind is None:
        raise ConnectorInvalidError(f"kind must be one of {', '.join(sorted(KINDS))}.")
    position = document.get("position", _LAST)
    if not isinstance(position, int) or not _MOST_IN_FRONT <= position <= _LAST:
        raise ConnectorInvalidError(f"position must be a number up to {_LAST}.")
    trust = _validated(Trust, document.get("trust", {}), "trust")
    assert isinstance(trust, Trust)  # noqa: S101 - for the type checker
    return Entry(
        key=key,
        kind=kind,
        options=_validated(kind.options, document.get("options", {}), "options"),
        name_zh=_text(document, "name_zh", kind.title_zh, _NAME),
        name_en=_text(document, "name_en", kind.title, _NAME),
        icon=_text(document, "icon", kind.icon, _ICON),
        position=position,
        trust=trust,
    )


def create(
    tx: Transaction, vault: Vault, entry: Entry, *, actor: str, enabled: bool = False
) -> None:
    """Write a new upstream down.

    Raises:
        ConnectorTakenError: there is one of that name.
    """
    if not tx.run(_INSERT, **_row(vault, entry), enabled=enabled):
        raise ConnectorTakenError(detail=entry.key)
    _tell(tx, entry.key, actor, "create")


def update(tx: Transaction, vault: Vault, entry: Entry, *, actor: str) -> None:
    """Change an upstream; its kind stays, for the people linked by it are that kind's.

    Raises:
        ConnectorUnknownError: there is none of that name and kind.
    """
    if not tx.run(_UPDATE, **_row(vault, entry)):
        raise ConnectorUnknownError(detail=entry.key)
    _tell(tx, entry.key, actor, "update")


def switch(tx: Transaction, key: str, *, enabled: bool, actor: str) -> None:
    """Offer an upstream, or offer it no longer; within a second everywhere.

    Raises:
        ConnectorUnknownError: there is none.
    """
    if not tx.run(_SWITCH, key=key, enabled=enabled, now=clock.epoch()):
        raise ConnectorUnknownError(detail=key)
    _tell(tx, key, actor, "enable" if enabled else "disable")


def may_look(tx: Transaction, key: str, *, every: int) -> bool:
    """Say whether *key* is on offer and nobody has looked at it for *every* seconds: you do now."""
    now = clock.epoch()
    return bool(tx.run(_LOOK, key=key, enabled=True, now=now, limit=now - every))


def note_health(tx: Transaction, key: str, health: str) -> None:
    """Keep how an upstream was found: `well`, or the code of what was wrong."""
    tx.run(_HEALTH, key=key, health=health[:40], now=clock.epoch())


def find(tx: Transaction, vault: Vault, key: str) -> Entry:
    """Return the entry of *key*, whether it is offered or not.

    Raises:
        ConnectorUnknownError: there is none.
    """
    row = tx.one(_FIND, key=key) if _KEY.fullmatch(key) else None
    if row is None:
        raise ConnectorUnknownError(detail="no such key")
    return read_row(vault, row)


def rows(tx: Transaction) -> list[Any]:
    """Return every row, the first to be shown first."""
    return list(tx.all(_ALL))


def read_row(vault: Vault, row: Any) -> Entry:
    """Return what a row says."""
    kind = KINDS[row.kind]
    options = vault.open(bytes(row.options_sealed), field=_FIELD, owner=row.key)
    return Entry(
        key=row.key,
        kind=kind,
        options=kind.options.model_validate_json(options),
        name_zh=row.name_zh,
        name_en=row.name_en,
        icon=row.icon,
        position=row.position,
        trust=Trust.model_validate_json(row.trust_json),
        enabled=bool(row.enabled),
        health=row.health,
        health_at=row.health_at,
        updated_at=row.updated_at,
    )


def _row(vault: Vault, entry: Entry) -> dict[str, Any]:
    options = json.dumps(_in_clear(entry.options))
    return {
        "key": entry.key,
        "kind": entry.kind.name,
        "options": vault.seal(options, field=_FIELD, owner=entry.key),
        "name_zh": entry.name_zh,
        "name_en": entry.name_en,
        "icon": entry.icon,
        "position": entry.position,
        "trust": entry.trust.model_dump_json(),
        "now": clock.epoch(),
    }


def _in_clear(value: Any) -> Any:
    """Return plain data, secrets in clear: for sealing, and nothing else."""
    if isinstance(value, Room):
        return {name: _in_clear(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Mapping):
        return {name: _in_clear(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_in_clear(held) for held in value]
    return value


def _validated(room: type[Room], given: object, where: str) -> Room:
    """Read *given*; of a fault the place is told and never the value, which may be a secret."""
    try:
        return room.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join([where, *(str(part) for part in first["loc"])])
        raise ConnectorInvalidError(f"{place}: {first['msg']}.") from None


def _text(document: Mapping[str, Any], name: str, default: str, shape: re.Pattern[str]) -> str:
    value = document.get(name, default)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise ConnectorInvalidError(f"{name} is not of its form.")
    return value


def _tell(tx: Transaction, key: str, actor: str, what: str) -> None:
    data = {"connector": key, "change": what}
    trail.record(tx, events.CONNECTOR_CHANGE, actor=actor, data=data)
