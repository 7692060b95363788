"""Codes of six digits: one per browser and purpose, good once, a few minutes, a few tries.

Only a keyed MAC of the code is kept, bound to the row (six digits are guessed at once
from a bare hash). A decoy is a row that no code opens: whoever asks with a number that
we do not know sees what everybody sees.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any

import orjson

from config.rooms import ThrottleSettings
from idp import clock
from idp.authentication.errors import CodeVoidError, CodeWrongError
from idp.crypto.vault import Vault
from idp.db import Statement, Transaction, new_id

SIGN_IN, REGISTER, RESET, CONFIRM, PHONE = "sign_in", "register", "reset", "confirm", "phone"
FACE_SIGN_IN, FACE_CONFIRM = "face_sign_in", "face_confirm"  # a face is looked at next
GUARDIAN = "guardian"  # somebody agrees for a child

_MAC = "one-time-code"
_DIGITS = 6

_VOID = Statement("""
    UPDATE one_time_code SET expires_at = :now
     WHERE browser = :browser AND purpose = :purpose AND expires_at > :now
""")
_ISSUE = Statement("""
    INSERT INTO one_time_code (code_id, purpose, browser, destination_sealed, person_id,
                               state_sealed, code_mac, attempts, created_at, expires_at)
    VALUES (:code_id, :purpose, :browser, :destination, :person_id,
            :state, :code_mac, 0, :now, :expires_at)
""")
_PENDING = Statement("""
    SELECT code_id, purpose, destination_sealed, person_id, state_sealed, attempts, created_at
      FROM one_time_code
     WHERE browser = :browser AND purpose = :purpose AND used_at IS NULL AND expires_at > :now
     ORDER BY created_at DESC, code_id DESC LIMIT 1
""")
# One statement, so of tries raced with each other no more are compared than *most*.
_TRY = Statement("""
    UPDATE one_time_code SET attempts = attempts + 1
     WHERE code_id = :code_id AND browser = :browser AND used_at IS NULL
       AND attempts < :most AND expires_at > :now
    RETURNING code_mac
""")
_USE = Statement("""
    UPDATE one_time_code SET used_at = :now WHERE code_id = :code_id AND used_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class Pending:
    """A code under way, and what waits for it; *state* is the form that comes after."""

    code_id: str
    purpose: str
    phone: str = field(repr=False)
    person_id: str | None
    state: dict[str, Any] = field(repr=False)
    attempts: int
    created_at: int


def issue(  # noqa: PLR0913 - a code has that many sides
    tx: Transaction,
    vault: Vault,
    lifetime: int,
    *,
    purpose: str,
    browser: bytes,
    phone: str,
    person_id: str | None = None,
    state: dict[str, Any] | None = None,
    decoy: bool = False,
) -> str:
    """Make a code for *phone*, void the browser's former one, and return it to be sent."""
    code_id, now = new_id(), clock.epoch()
    code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
    mac = vault.mac(f"{code_id}:{code}", purpose=_MAC)
    tx.run(_VOID, browser=browser, purpose=purpose, now=now)
    tx.run(
        _ISSUE,
        code_id=code_id,
        purpose=purpose,
        browser=browser,
        destination=vault.seal(phone, field="one_time_code.destination", owner=code_id),
        person_id=person_id,
        state=vault.seal(
            orjson.dumps(state or {}).decode(), field="one_time_code.state", owner=code_id
        ),
        code_mac=secrets.token_bytes(len(mac)) if decoy else mac,
        now=now,
        expires_at=now + lifetime,
    )
    return code


def pending(tx: Transaction, vault: Vault, *, purpose: str, browser: bytes) -> Pending | None:
    """Return the code that this browser waits for, if it is still good."""
    row = tx.one(_PENDING, browser=browser, purpose=purpose, now=clock.epoch())
    if row is None:
        return None
    phone = vault.open(row.destination_sealed, field="one_time_code.destination", owner=row.code_id)
    state = vault.open(row.state_sealed, field="one_time_code.state", owner=row.code_id)
    return Pending(
        row.code_id,
        row.purpose,
        phone,
        row.person_id,
        orjson.loads(state),
        row.attempts,
        row.created_at,
    )


def redeem(
    tx: Transaction,
    vault: Vault,
    limits: ThrottleSettings,
    *,
    purpose: str,
    browser: bytes,
    code: str,
) -> Pending:
    """Spend the code that this browser waits for, and return what waited for it.

    Raises:
        CodeWrongError: it is another one; the try counts once the caller has committed.
        CodeVoidError: there is none any more, or it was tried too often.
    """
    waiting = pending(tx, vault, purpose=purpose, browser=browser)
    if waiting is None:
        raise CodeVoidError(detail="none under way in this browser")
    now = clock.epoch()
    row = tx.one(_TRY, code_id=waiting.code_id, browser=browser, most=limits.code_attempts, now=now)
    if row is None:
        raise CodeVoidError(detail="used, expired, or tried too often")
    message = f"{waiting.code_id}:{_digits(code)}"
    macs = vault.macs(message, purpose=_MAC)
    if not any([hmac.compare_digest(mac, bytes(row.code_mac)) for mac in macs]):  # noqa: C419 - compare all
        raise CodeWrongError(detail=f"try {waiting.attempts + 1}")
    if tx.run(_USE, code_id=waiting.code_id, now=now) != 1:
        raise CodeVoidError(detail="spent at this moment by another request")
    return waiting


def _digits(text: str) -> str:
    """Return the digits of what was typed: some read codes in groups, some type full-width."""
    return "".join(str(int(c)) for c in text[:64] if c.isdecimal())
