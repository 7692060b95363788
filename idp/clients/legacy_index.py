"""Find an old site by what it asks by, and keep the key that it signs with."""

import secrets
from collections.abc import Mapping
from typing import Any

from idp import clock
from idp.audit import events, trail
from idp.clients import legacy
from idp.clients.errors import InvalidMetadataError
from idp.crypto import Vault, fingerprint
from idp.db import Statement, Transaction

_SERVICE, _PREFIX, _APP = "service", "prefix", "app"
_FIELD = "legacy_secret.sealed"
_DEEPEST = 20  # segments of a path that are looked up as a prefix

_ADD = Statement("""
    INSERT INTO legacy_address (kind, fingerprint, client_id)
    VALUES (:kind, :fingerprint, :client_id) ON CONFLICT DO NOTHING""")
_CLEAR = Statement("DELETE FROM legacy_address WHERE client_id = :client_id")
_FIND = Statement("""
    SELECT client_id FROM legacy_address WHERE kind = :kind AND fingerprint = :fingerprint""")
_KEEP = Statement("""
    INSERT INTO legacy_secret (client_id, sealed, created_at) VALUES (:client_id, :sealed, :now)
    ON CONFLICT (client_id) DO UPDATE
       SET sealed = excluded.sealed, created_at = excluded.created_at""")
_SECRET = Statement("SELECT sealed FROM legacy_secret WHERE client_id = :client_id")


def replace(tx: Transaction, client_id: str, metadata: Mapping[str, Any]) -> None:
    """Let *client_id* be found by what *metadata* opens, and by nothing else.

    Raises:
        InvalidMetadataError: another site has one of its addresses.
    """
    tx.run(_CLEAR, client_id=client_id)
    cas, ticket = legacy.cas_of(metadata), legacy.ticket_of(metadata)
    keys = [(_SERVICE, url) for url in cas.addresses] if cas else []
    keys += [(_PREFIX, url) for url in cas.prefixes] if cas else []
    keys += [(_APP, ticket.app_id)] if ticket else []
    for kind, key in keys:
        if tx.run(_ADD, kind=kind, fingerprint=fingerprint(key), client_id=client_id) != 1:
            raise InvalidMetadataError(f"Another site has this legacy {kind}")


def by_service(tx: Transaction, url: str) -> str | None:
    """Return the id of the client whose service *url* is: to the byte, or the longest prefix."""
    row = tx.one(_FIND, kind=_SERVICE, fingerprint=fingerprint(url))
    if row is not None:
        return str(row.client_id)
    path = url.partition("?")[0]
    for _ in range(_DEEPEST):
        path = path[: path.rfind("/") + 1]
        if path.count("/") < 3:  # noqa: PLR2004 - two of the scheme, one of the path
            return None
        row = tx.one(_FIND, kind=_PREFIX, fingerprint=fingerprint(path))
        if row is not None:
            return str(row.client_id)
        path = path.removesuffix("/")
    return None


def by_app(tx: Transaction, app_id: str) -> str | None:
    """Return the id of the client that calls itself *app_id*."""
    row = tx.one(_FIND, kind=_APP, fingerprint=fingerprint(app_id))
    return None if row is None else str(row.client_id)


def secret_of(tx: Transaction, vault: Vault, client_id: str) -> str | None:
    """Return the key that *client_id* signs with, or None where it has none."""
    row = tx.one(_SECRET, client_id=client_id)
    return None if row is None else vault.open(bytes(row.sealed), field=_FIELD, owner=client_id)


def new_secret(tx: Transaction, vault: Vault, client_id: str, *, actor: str) -> str:
    """Give *client_id* a new key to sign with; the old one signs nothing any more."""
    secret = secrets.token_urlsafe(32)
    sealed = vault.seal(secret, field=_FIELD, owner=client_id)
    tx.run(_KEEP, client_id=client_id, sealed=sealed, now=clock.epoch())
    trail.record(tx, events.CLIENT_ROTATE_SECRET, client_id=client_id, actor=actor, reason="legacy")
    return secret


def first_secret(
    tx: Transaction, vault: Vault, client_id: str, metadata: Mapping[str, Any], *, actor: str
) -> str | None:
    """Return a key for a site that needs one and has none yet; None where nothing is needed."""
    if legacy.ticket_of(metadata) is None or secret_of(tx, vault, client_id) is not None:
        return None
    return new_secret(tx, vault, client_id, actor=actor)
