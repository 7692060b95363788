"""Something held was shown, in this browser, and waits for the face that makes it two factors.

It is asked for first, so that nobody spends a stranger's scans, and so that whoever holds
nothing learns nothing: neither whether there is an account nor whether its face is locked.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson

from idp import clock
from idp.authentication.errors import PossessionGoneError
from idp.crypto.vault import Vault
from idp.db import Statement, Transaction, new_id

LIFETIME = 600

_FIELD = "possession.state"
_VOID = Statement("""
    UPDATE possession SET expires_at = :now
     WHERE browser = :browser AND purpose = :purpose AND expires_at > :now
""")
_KEEP = Statement("""
    INSERT INTO possession (possession_id, purpose, browser, person_id, held, session_id,
                            state_sealed, created_at, expires_at)
    VALUES (:possession_id, :purpose, :browser, :person_id, :held, :session_id,
            :state, :now, :expires_at)
""")
_WAITING = Statement("""
    SELECT possession_id, purpose, person_id, held, session_id, subject, scan_id, state_sealed
      FROM possession
     WHERE browser = :browser AND purpose = :purpose AND used_at IS NULL AND expires_at > :now
     ORDER BY created_at DESC, possession_id DESC LIMIT 1
""")
_EXPECT = Statement("""
    UPDATE possession SET subject = :subject, scan_id = NULL
     WHERE possession_id = :possession_id AND used_at IS NULL
""")
_SEEN = Statement("""
    UPDATE possession SET scan_id = :scan_id
     WHERE possession_id = :possession_id AND person_id = :person_id
       AND used_at IS NULL AND expires_at > :now
""")
_SPEND = Statement("""
    UPDATE possession SET used_at = :now
     WHERE possession_id = :possession_id AND used_at IS NULL AND expires_at > :now
""")
_FORGET_ALL = Statement("DELETE FROM possession WHERE person_id = :person_id")


@dataclass(frozen=True, slots=True)
class Possession:
    """What was shown: *held* is a word of RFC 8176, empty where nothing was asked for just now.

    *subject* is the blind index of the identity whose face is awaited, *scan_id* the scan that
    showed it, *state* what the pages on the way must not lose.
    """

    possession_id: str
    purpose: str
    person_id: str
    held: str
    session_id: str | None
    subject: bytes | None = field(repr=False)
    scan_id: str | None
    state: dict[str, Any] = field(repr=False)


def keep(
    tx: Transaction,
    vault: Vault,
    *,
    purpose: str,
    browser: bytes,
    person_id: str,
    held: str,
    session_id: str | None = None,
    state: dict[str, Any] | None = None,
) -> None:
    """Note that *person_id* showed something held, and void the browser's former such note."""
    possession_id, now = new_id(), clock.epoch()
    text = orjson.dumps(state or {}).decode()
    tx.run(_VOID, browser=browser, purpose=purpose, now=now)
    tx.run(
        _KEEP,
        possession_id=possession_id,
        purpose=purpose,
        browser=browser,
        person_id=person_id,
        held=held,
        session_id=session_id,
        state=vault.seal(text, field=_FIELD, owner=possession_id),
        now=now,
        expires_at=now + LIFETIME,
    )


def waiting(tx: Transaction, vault: Vault, *, purpose: str, browser: bytes) -> Possession | None:
    """Return what was shown in this browser and still waits."""
    row = tx.one(_WAITING, browser=browser, purpose=purpose, now=clock.epoch())
    if row is None:
        return None
    state = vault.open(bytes(row.state_sealed), field=_FIELD, owner=row.possession_id)
    return Possession(
        row.possession_id,
        row.purpose,
        row.person_id,
        row.held,
        row.session_id,
        bytes(row.subject) if row.subject is not None else None,
        row.scan_id,
        orjson.loads(state),
    )


def expect(tx: Transaction, possession_id: str, subject: bytes) -> None:
    """Note whose face a scan is opened for; what an earlier one showed counts no more."""
    tx.run(_EXPECT, possession_id=possession_id, subject=subject)


def seen(tx: Transaction, possession_id: str, person_id: str, scan_id: str) -> bool:
    """Note the scan that showed the face; say whether anything still waited for it."""
    now = clock.epoch()
    return bool(
        tx.run(_SEEN, possession_id=possession_id, person_id=person_id, scan_id=scan_id, now=now)
    )


def spend(tx: Transaction, possession_id: str) -> None:
    """Claim it: of two requests racing, one goes on.

    Raises:
        PossessionGoneError: it was spent, or has expired.
    """
    if not tx.run(_SPEND, possession_id=possession_id, now=clock.epoch()):
        raise PossessionGoneError(detail="spent at this moment by another request")


def forget_all(tx: Transaction, person_id: str) -> None:
    """Let nothing that a person showed wait any longer."""
    tx.run(_FORGET_ALL, person_id=person_id)
