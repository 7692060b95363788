"""Register relying parties, change and remove their registrations (RFC 7591, RFC 7592)."""

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.audit import events, trail
from idp.clients import legacy_index
from idp.clients.errors import (
    InvalidMetadataError,
    ManagementTokenError,
    NoSuchClientError,
)
from idp.clients.metadata import Checked
from idp.clients.registry import row_of
from idp.clients.rules import Policy
from idp.crypto import fingerprint
from idp.db import Statement, Transaction

_WITH_SECRET = frozenset({"client_secret_basic", "client_secret_post"})
_NOT_THE_CLIENTS = (  # RFC 7592 §2.2
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)
_EVENTS = {"active": events.CLIENT_ENABLE, "disabled": events.CLIENT_DISABLE}

_INSERT = Statement("""
    INSERT INTO client (client_id, status, profile, metadata_json, secret_fingerprint,
                        management_fingerprint, origin, created_at, updated_at)
    VALUES (:client_id, 'active', :profile, :metadata, :secret, :management, :origin, :now,
            :now)""")
_UPDATE = Statement("""
    UPDATE client SET metadata_json = :metadata, secret_fingerprint = :secret, updated_at = :now
     WHERE client_id = :client_id""")
_STATUS = Statement("""
    UPDATE client SET status = :status, updated_at = :now
     WHERE client_id = :client_id AND status <> 'deleted'""")
_SECRET = Statement("""
    UPDATE client SET secret_fingerprint = :secret, updated_at = :now
     WHERE client_id = :client_id""")
_DELETE = Statement("""
    UPDATE client SET status = 'deleted', secret_fingerprint = NULL,
           management_fingerprint = NULL, updated_at = :now
     WHERE client_id = :client_id""")
_ALL = Statement("""
    SELECT client_id, status, profile, metadata_json, origin, created_at, updated_at
      FROM client WHERE status <> 'deleted' ORDER BY created_at, client_id""")


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration as it is now; a secret or token stands here once and is not kept."""

    client_id: str
    metadata: Mapping[str, Any]
    issued_at: int
    profile: str
    secret: str | None = None
    management_token: str | None = None
    status: str = "active"

    def document(self) -> dict[str, Any]:
        """Return the client information response, less the management URL (RFC 7591 §3.2.1)."""
        document: dict[str, Any] = {
            "client_id": self.client_id,
            "client_id_issued_at": self.issued_at,
            **self.metadata,
        }
        if self.secret is not None:
            document |= {"client_secret": self.secret, "client_secret_expires_at": 0}
        return document


def create(tx: Transaction, checked: Checked, *, actor: str = "", address: str = "") -> Registered:
    """Register a client under a new id; a dynamic one also gets a token to manage itself."""
    policy = checked.policy
    client_id = secrets.token_hex(16)
    secret = _new_secret(checked)
    token = None if policy.trusted else secrets.token_urlsafe(32)
    now = clock.epoch()
    tx.run(
        _INSERT,
        client_id=client_id,
        profile=policy.profile,
        metadata=json.dumps(checked.values),
        secret=fingerprint(secret) if secret else None,
        management=fingerprint(token) if token else None,
        origin=policy.origin,
        now=now,
    )
    legacy_index.replace(tx, client_id, checked.values)
    trail.record(tx, events.CLIENT_REGISTER, client_id=client_id, actor=actor, address=address)
    return Registered(client_id, checked.values, now, policy.profile, secret, token)


def read(tx: Transaction, client_id: str) -> Registered:
    """Return the registration of *client_id*, disabled ones too.

    Raises:
        NoSuchClientError: there is none, or it was deleted.
    """
    row = row_of(tx, client_id)
    if row is None or row.status == "deleted":
        raise NoSuchClientError(detail=client_id[:64])
    return _registered(row)


def open_managed(
    tx: Transaction, client_id: str, token: str, *, algorithms: tuple[str, ...] = ()
) -> tuple[Registered, Policy]:
    """Return the registration that *token* manages, and the policy it was made under.

    Raises:
        ManagementTokenError: no such client, or not its token; which, only the log learns.
    """
    row = row_of(tx, client_id)
    kept = row.management_fingerprint if row is not None and row.status == "active" else None
    right = hmac.compare_digest(fingerprint(token), bytes(kept or bytes(32)))
    if row is None or kept is None or not right:
        raise ManagementTokenError(detail=f"client {client_id[:64]!r}")
    return _registered(row), Policy(row.origin, row.profile, algorithms)


def check_update(document: Mapping[str, Any], client_id: str) -> None:
    """See that an update speaks of this client and of nothing that is ours (RFC 7592 §2.2).

    Raises:
        InvalidMetadataError: it does not.
    """
    if document.get("client_id") != client_id:
        raise InvalidMetadataError("client_id must be the client's own")
    for name in _NOT_THE_CLIENTS:
        if name in document:
            raise InvalidMetadataError(f"{name} must not be sent")


def update(
    tx: Transaction,
    client_id: str,
    checked: Checked,
    *,
    said_secret: object = None,
    actor: str = "",
) -> Registered:
    """Replace the metadata of *client_id*; whoever starts to need a secret gets one.

    Raises:
        InvalidMetadataError: *said_secret*, the secret the update names, is not the client's.
    """
    row = row_of(tx, client_id)
    if row is None or row.status == "deleted":
        raise NoSuchClientError(detail=client_id[:64])
    kept = None if row.secret_fingerprint is None else bytes(row.secret_fingerprint)
    if said_secret is not None and not _is_secret(said_secret, kept):
        raise InvalidMetadataError("client_secret must be the one that was issued")
    secret = _new_secret(checked)
    if secret is not None and kept is not None:
        secret = None  # the one it has stays good
    else:
        kept = fingerprint(secret) if secret else None
    tx.run(
        _UPDATE,
        client_id=client_id,
        metadata=json.dumps(checked.values),
        secret=kept,
        now=clock.epoch(),
    )
    legacy_index.replace(tx, client_id, checked.values)
    trail.record(tx, events.CLIENT_UPDATE, client_id=client_id, actor=actor)
    return Registered(client_id, checked.values, row.created_at, row.profile, secret)


def rotate_secret(tx: Transaction, client_id: str, *, actor: str) -> Registered:
    """Give *client_id* a new secret; the old one is dead within a second.

    Raises:
        InvalidMetadataError: it authenticates without one.
    """
    known = read(tx, client_id)
    if known.metadata["token_endpoint_auth_method"] not in _WITH_SECRET:
        raise InvalidMetadataError("This client has no secret")
    secret = secrets.token_urlsafe(32)
    tx.run(_SECRET, client_id=client_id, secret=fingerprint(secret), now=clock.epoch())
    trail.record(tx, events.CLIENT_ROTATE_SECRET, client_id=client_id, actor=actor)
    return Registered(client_id, known.metadata, known.issued_at, known.profile, secret)


def set_status(tx: Transaction, client_id: str, status: str, *, actor: str) -> None:
    """Make a client `active` or `disabled`.

    Raises:
        NoSuchClientError: there is none, or it was deleted.
    """
    if tx.run(_STATUS, client_id=client_id, status=status, now=clock.epoch()) != 1:
        raise NoSuchClientError(detail=client_id[:64])
    trail.record(tx, _EVENTS[status], client_id=client_id, actor=actor)


def delete(tx: Transaction, client_id: str) -> None:
    """Remove a registration; its name stays, for the histories of the people who used it."""
    tx.run(_DELETE, client_id=client_id, now=clock.epoch())
    legacy_index.replace(tx, client_id, {})
    trail.record(tx, events.CLIENT_DELETE, client_id=client_id)


def everything(tx: Transaction) -> list[Any]:
    """Return the rows of all clients, the oldest first."""
    return tx.all(_ALL)


def _registered(row: Any) -> Registered:
    metadata = json.loads(row.metadata_json)
    return Registered(row.client_id, metadata, row.created_at, row.profile, status=row.status)


def _new_secret(checked: Checked) -> str | None:
    """Return 256 random bits: so much needs no slow hash, its SHA-256 is kept."""
    method = checked.values["token_endpoint_auth_method"]
    return secrets.token_urlsafe(32) if method in _WITH_SECRET else None


def _is_secret(said: object, kept: bytes | None) -> bool:
    right = isinstance(said, str) and kept is not None
    return right and hmac.compare_digest(fingerprint(str(said)), kept or b"")
