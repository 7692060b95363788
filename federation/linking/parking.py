"""Whoever is new waits here, sealed, while they decide: sign in, register, or prove their name."""

import secrets
from dataclasses import dataclass, field

import orjson

from federation.connectors.upstream import Enterprise, Party, UpstreamIdentity
from federation.linking.errors import ParkedLostError
from idp import clock
from idp.crypto import Vault, fingerprint
from idp.db import Statement, Transaction

LIFETIME = 900
_FIELD = "parked_identity.sealed"

_INSERT = Statement("""
    INSERT INTO parked_identity (handle, connector, browser, sealed, expires_at)
    VALUES (:handle, :connector, :browser, :sealed, :expires_at)
""")
_FIND = Statement("""
    SELECT connector, sealed FROM parked_identity
     WHERE handle = :handle AND browser = :browser AND used_at IS NULL AND expires_at > :now
""")
_CLAIM = Statement("""
    UPDATE parked_identity SET used_at = :now
     WHERE handle = :handle AND browser = :browser AND used_at IS NULL AND expires_at > :now
    RETURNING connector, sealed
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """An upstream's person who is new here, and where they were going."""

    connector: str
    identity: UpstreamIdentity = field(repr=False)
    next_path: str


def park(tx: Transaction, vault: Vault, browser: bytes, parked: Parked) -> str:
    """Let somebody wait, and return the handle that their pages carry."""
    handle = secrets.token_urlsafe(32)
    mark = fingerprint(handle)
    tx.run(
        _INSERT,
        handle=mark,
        connector=parked.connector,
        browser=browser,
        sealed=vault.seal(_write(parked), field=_FIELD, owner=mark.hex()),
        expires_at=clock.epoch() + LIFETIME,
    )
    return handle


def look(tx: Transaction, vault: Vault, handle: str, browser: bytes) -> Parked:
    """Return who waits under *handle* in this browser.

    Raises:
        ParkedLostError: nobody, or no longer.
    """
    return _found(tx.one(_FIND, **_key(handle, browser)), vault, handle)


def claim(tx: Transaction, vault: Vault, handle: str, browser: bytes) -> Parked:
    """Return who waits under *handle*, once: whoever claims decides for them.

    Raises:
        ParkedLostError: nobody, or no longer.
    """
    return _found(tx.one(_CLAIM, **_key(handle, browser)), vault, handle)


def _key(handle: str, browser: bytes) -> dict[str, object]:
    return {"handle": fingerprint(handle), "browser": browser, "now": clock.epoch()}


def _found(row: object, vault: Vault, handle: str) -> Parked:
    if row is None:
        raise ParkedLostError(detail="nobody waits")
    owner = fingerprint(handle).hex()
    opened = orjson.loads(vault.open(bytes(row.sealed), field=_FIELD, owner=owner))  # type: ignore[attr-defined]
    said = opened["identity"]
    enterprise = said.pop("enterprise")
    identity = UpstreamIdentity(
        **said
        | {
            "party": Party(said["party"]),
            "aliases": tuple(said["aliases"]),
            "chain": tuple(said["chain"]),
            "enterprise": Enterprise(**enterprise) if enterprise else None,
        }
    )
    return Parked(connector=row.connector, identity=identity, next_path=opened["next"])  # type: ignore[attr-defined]


def _write(parked: Parked) -> str:
    return orjson.dumps({"identity": parked.identity, "next": parked.next_path}).decode()
