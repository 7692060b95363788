"""Numbers for a device's key to sign: each for one browser and purpose, good once, for minutes.

A challenge for nobody is a decoy: whoever asks about an account that we do not know sees what
everybody sees.
"""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import orjson

from idp import clock
from idp.authentication.errors import DeviceUnknownError
from idp.crypto.vault import Vault
from idp.db import Statement, Transaction, new_id

REGISTER, CONFIRM = "device_register", "device_confirm"
LIFETIME = 180

_FIELD = "device_challenge.state"
_VOID = Statement("""
    UPDATE device_challenge SET expires_at = :now
     WHERE browser = :browser AND purpose = :purpose AND expires_at > :now
""")
_ISSUE = Statement("""
    INSERT INTO device_challenge (challenge_id, purpose, browser, person_id, nonce, state_sealed,
                                  created_at, expires_at)
    VALUES (:challenge_id, :purpose, :browser, :person_id, :nonce, :state, :now, :expires_at)
""")
_PENDING = Statement("""
    SELECT challenge_id, person_id, nonce, state_sealed FROM device_challenge
     WHERE browser = :browser AND purpose = :purpose AND used_at IS NULL AND expires_at > :now
     ORDER BY created_at DESC, challenge_id DESC LIMIT 1
""")
_CLAIM = Statement("""
    UPDATE device_challenge SET used_at = :now
     WHERE challenge_id = :challenge_id AND used_at IS NULL AND expires_at > :now
""")
_FORGET_ALL = Statement("DELETE FROM device_challenge WHERE person_id = :person_id")


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge as its browser sees it: *message* is what a key must sign."""

    challenge_id: str
    purpose: str
    person_id: str | None
    message: str = field(repr=False)
    state: dict[str, Any] = field(repr=False)


def issue(
    tx: Transaction,
    vault: Vault,
    *,
    purpose: str,
    browser: bytes,
    person_id: str | None,
    state: dict[str, Any] | None = None,
) -> Challenge:
    """Make a challenge, and void the browser's former one for that purpose."""
    challenge_id, now = new_id(), clock.epoch()
    nonce, text = secrets.token_bytes(32), orjson.dumps(state or {}).decode()
    tx.run(_VOID, browser=browser, purpose=purpose, now=now)
    tx.run(
        _ISSUE,
        challenge_id=challenge_id,
        purpose=purpose,
        browser=browser,
        person_id=person_id,
        nonce=nonce,
        state=vault.seal(text, field=_FIELD, owner=challenge_id),
        now=now,
        expires_at=now + LIFETIME,
    )
    message = _message(purpose, challenge_id, nonce)
    return Challenge(challenge_id, purpose, person_id, message, state or {})


def pending(tx: Transaction, vault: Vault, *, purpose: str, browser: bytes) -> Challenge | None:
    """Return the challenge that this browser has to answer, if it is still good."""
    row = tx.one(_PENDING, browser=browser, purpose=purpose, now=clock.epoch())
    if row is None:
        return None
    state = vault.open(bytes(row.state_sealed), field=_FIELD, owner=row.challenge_id)
    message = _message(purpose, row.challenge_id, bytes(row.nonce))
    return Challenge(row.challenge_id, purpose, row.person_id, message, orjson.loads(state))


def claim(tx: Transaction, vault: Vault, *, purpose: str, browser: bytes) -> Challenge:
    """Spend the browser's challenge, before any answer to it is looked at.

    Raises:
        DeviceUnknownError: there is none any more, or another request spends it.
    """
    found = pending(tx, vault, purpose=purpose, browser=browser)
    if found is None or not tx.run(_CLAIM, challenge_id=found.challenge_id, now=clock.epoch()):
        raise DeviceUnknownError(detail="no challenge waits in this browser")
    return found


def forget_all(tx: Transaction, person_id: str) -> None:
    """Void what a person's devices were asked."""
    tx.run(_FORGET_ALL, person_id=person_id)


def _message(purpose: str, challenge_id: str, nonce: bytes) -> str:
    number = urlsafe_b64encode(nonce).decode().rstrip("=")
    return f"manyou-device-1\n{purpose}\n{challenge_id}\n{number}"
