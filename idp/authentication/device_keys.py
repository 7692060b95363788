"""Keys that browsers keep: made in software, never exported, and something their person holds.

What is kept here is the public half. The private one is a WebCrypto key that scripts can use
but not read; malware that owns the device can. So the word for it is `swk` (RFC 8176), it opens
nothing alone, and no claim of hardware is made.
"""

import re
from base64 import urlsafe_b64decode
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from idp import clock
from idp.accounts import identifiers
from idp.audit import events
from idp.authentication import device_challenges
from idp.authentication.device_challenges import Challenge
from idp.authentication.errors import DeviceKeyError, DevicesFullError, DeviceUnknownError
from idp.authentication.sending import tell
from idp.authentication.visitors import Visitor, note
from idp.crypto import signatures
from idp.crypto.vault import Vault
from idp.db import Statement, Transaction
from idp.web.locale import gettext as _

MOST = 8
"""Devices that one person may register, and keys that one browser may answer with."""

_POINT = 65  # bytes of an uncompressed point, SEC 1 §2.3.3
_ANSWER = re.compile(r"([0-9a-f]{32})\.([A-Za-z0-9_-]{86})")

_OF_PERSON = Statement("""
    SELECT key_id, label, created_at, last_used_at FROM device_key
     WHERE person_id = :person_id ORDER BY created_at DESC, key_id
""")
_FIND = Statement("""
    SELECT public_key FROM device_key WHERE key_id = :key_id AND person_id = :person_id
""")
_COUNT = Statement("SELECT COUNT(*) AS devices FROM device_key WHERE person_id = :person_id")
# Whoever registers two at a time waits here, so that neither misses the other in the count.
_QUEUE = Statement("UPDATE person SET updated_at = updated_at WHERE person_id = :person_id")
_ADD = Statement("""
    INSERT INTO device_key (key_id, person_id, public_key, label, created_at)
    VALUES (:key_id, :person_id, :public_key, :label, :now)
    ON CONFLICT DO NOTHING
""")
_USED = Statement("UPDATE device_key SET last_used_at = :now WHERE key_id = :key_id")
_FORGET = Statement("DELETE FROM device_key WHERE key_id = :key_id AND person_id = :person_id")
_FORGET_ALL = Statement("DELETE FROM device_key WHERE person_id = :person_id")


def of_person(tx: Transaction, person_id: str) -> list[Any]:
    """Return a person's devices, the newest first."""
    return tx.all(_OF_PERSON, person_id=person_id)


def register(
    tx: Transaction,
    vault: Vault,
    visitor: Visitor,
    person_id: str,
    *,
    public_key: str,
    signature: str,
    label: str,
) -> str:
    """Keep the key that this browser has just made and signed its challenge with; return its id.

    Raises:
        DeviceUnknownError: no challenge waits, or it was another person's. The caller commits.
        DeviceKeyError: the key is no point of P-256, did not sign, or is registered already.
        DevicesFullError: there are as many as there may be.
    """
    browser = visitor.browser
    asked = device_challenges.claim(tx, vault, purpose=device_challenges.REGISTER, browser=browser)
    if asked.person_id != person_id:
        raise DeviceUnknownError(detail="asked for by somebody else in this browser")
    point = _decode(public_key)
    if not _signed(point, asked, _decode(signature)):
        raise DeviceKeyError(detail="the key did not sign its challenge")
    tx.run(_QUEUE, person_id=person_id)
    if tx.one(_COUNT, person_id=person_id).devices >= MOST:
        raise DevicesFullError
    key_id, now = id_of(point), clock.epoch()
    if not tx.run(
        _ADD, key_id=key_id, person_id=person_id, public_key=point, label=label[:120], now=now
    ):
        raise DeviceKeyError(detail="the key is registered already")
    note(tx, visitor, events.DEVICE_REGISTER, person_id=person_id, data={"key": key_id})
    _tell_owner(tx, vault, person_id)
    return key_id


def check(
    tx: Transaction, vault: Vault, visitor: Visitor, *, purpose: str, answers: str
) -> Challenge:
    """Spend this browser's challenge, and return it if a key of its person has signed it.

    A browser that several people use answers with all its keys, as `id.signature` words: which
    of them is meant, or whether any is, it is not told.

    Raises:
        DeviceUnknownError: none has. The caller commits.
    """
    asked = device_challenges.claim(tx, vault, purpose=purpose, browser=visitor.browser)
    person_id, data = asked.person_id or "nobody", {"purpose": purpose}
    for key_id, signature in _ANSWER.findall(answers[: MOST * 128])[:MOST]:
        row = tx.one(_FIND, key_id=key_id, person_id=person_id)
        if row is not None and _signed(bytes(row.public_key), asked, _decode(signature)):
            tx.run(_USED, key_id=key_id, now=clock.epoch())
            note(tx, visitor, events.DEVICE_CHECK, person_id=asked.person_id, data=data)
            return asked
    note(
        tx,
        visitor,
        events.DEVICE_CHECK,
        person_id=asked.person_id,
        outcome="failure",
        reason=DeviceUnknownError.code,
        data=data,
    )
    raise DeviceUnknownError(detail="no key of this account signed")


def forget(tx: Transaction, visitor: Visitor, person_id: str, key_id: str) -> bool:
    """Forget one device of a person; say whether it was theirs."""
    forgotten = bool(tx.run(_FORGET, key_id=key_id, person_id=person_id))
    if forgotten:
        note(tx, visitor, events.DEVICE_FORGET, person_id=person_id, data={"key": key_id})
    return forgotten


def forget_all(tx: Transaction, person_id: str) -> None:
    """Forget every device of a person, as when somebody else may have one."""
    device_challenges.forget_all(tx, person_id)
    tx.run(_FORGET_ALL, person_id=person_id)


def id_of(point: bytes) -> str:
    """Return the name of a key: its browser and we find the same one."""
    return sha256(point).hexdigest()[:32]


def _signed(point: bytes, asked: Challenge, signature: bytes) -> bool:
    if len(point) != _POINT:
        return False
    try:
        key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError:  # not on the curve
        return False
    return signatures.verifying("ES256", key)(asked.message.encode(), signature)


def _decode(text: str) -> bytes:
    """Return the bytes that *text* writes in base64url, none if it does not."""
    try:
        return urlsafe_b64decode(text[:200] + "=" * (-len(text[:200]) % 4))
    except ValueError:
        return b""


def _tell_owner(tx: Transaction, vault: Vault, person_id: str) -> None:
    phone = identifiers.value_of(tx, vault, person_id, identifiers.PHONE)
    text = _(
        "[Manyou] A device was registered in your account: with it and your face one can sign in. "
        "If it was not you, sign in, sign out everywhere, and set a new password."
    )
    tell(tx, vault, phone.text if phone else None, text)
