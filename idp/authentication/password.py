"""Sign in with a password: count the try, compare outside of any transaction, then decide.

Three steps, so that no transaction waits for a hash: `begin` (one transaction), the
hasher's `verify`, `conclude` (another). The try is counted before the comparison, so of
guesses raced at an account no more are compared than its budget allows.
"""

from dataclasses import dataclass, field

from config.rooms import ThrottleSettings
from idp.accounts import identifiers, lifecycle
from idp.audit import events
from idp.authentication import known_browsers
from idp.authentication.errors import CredentialsError
from idp.authentication.methods import PASSWORD
from idp.authentication.visitors import Visitor, note
from idp.crypto.passwords import Verdict
from idp.crypto.vault import Vault
from idp.db import Transaction
from idp.errors import TooManyRequestsError
from idp.web import throttle

_TEN_MINUTES, _DAY = 600, 86_400
_PER_DAY = 100  # SP 800-63B §3.2.2: consecutive failures, never more
_NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, counted; *stored* is None when whatever was entered cannot be right."""

    person_id: str | None
    stored: str | None = field(repr=False)
    buckets: tuple[str, ...]
    address_bucket: str | None
    reason: str = ""


def begin(
    tx: Transaction, vault: Vault, limits: ThrottleSettings, visitor: Visitor, typed: str
) -> Attempt:
    """Count a try at whoever *typed* names, and fetch what the password is to be compared with.

    Raises:
        TooManyRequestsError: this visitor, or this name, has had too many. The caller commits.
    """
    candidates = identifiers.guess(typed)
    person_id = identifiers.find_any(tx, vault, candidates)
    if known_browsers.is_known(tx, person_id or _NOBODY, visitor.known) and person_id:
        return _at_home(tx, limits, visitor, person_id)
    address = f"password-address:{visitor.address}"
    throttle.hit(tx, address, limit=limits.password_per_address, window=_TEN_MINUTES)
    name = f"{candidates[0][0]}:{candidates[0][1]}" if candidates else typed.strip()
    shown = f"password-name:{vault.mac(name, purpose='throttle').hex()}"
    silent = f"password-person:{person_id or shown}"
    _count(tx, shown, limits.password_per_account)
    try:
        _count(tx, silent, limits.password_per_account)
    except TooManyRequestsError:
        # Said aloud, this would tell that two names lead to one person.
        return Attempt(person_id, None, (), address, "locked")
    buckets = (*_windows(shown), *_windows(silent))
    return _attempt(tx, person_id, buckets, address)


def begin_again(
    tx: Transaction, limits: ThrottleSettings, visitor: Visitor, person_id: str
) -> Attempt:
    """Count a try of somebody who is signed in already, and confirms that it is them.

    Raises:
        TooManyRequestsError: they have had too many. The caller commits.
    """
    return _at_home(tx, limits, visitor, person_id)


def conclude(tx: Transaction, visitor: Visitor, attempt: Attempt, verdict: Verdict) -> str:
    """Return whose password it was, and forget the tries that led there.

    Raises:
        CredentialsError: it was nobody's, or the account changed meanwhile. The caller commits.
    """
    person_id, stored = attempt.person_id, attempt.stored
    if not verdict.ok or person_id is None or stored is None:
        reason = attempt.reason or CredentialsError.code
        _tell(tx, visitor, person_id, outcome="failure", reason=reason)
        raise CredentialsError(detail=attempt.reason or "no match")
    now = lifecycle.credential(tx, person_id)
    if now is None or not now.active or now.password_hash != stored:
        _tell(tx, visitor, person_id, outcome="failure", reason="changed_meanwhile")
        raise CredentialsError(detail="the account changed meanwhile")
    if verdict.replacement:
        lifecycle.rehash(tx, person_id, stored=stored, replacement=verdict.replacement)
    for bucket in attempt.buckets:
        throttle.clear(tx, bucket)
    if attempt.address_bucket:
        throttle.give_back(tx, attempt.address_bucket)
    _tell(tx, visitor, person_id)
    return person_id


def _at_home(
    tx: Transaction, limits: ThrottleSettings, visitor: Visitor, person_id: str
) -> Attempt:
    """Count a try in a browser that the person uses: strangers' guesses do not count here."""
    place = (visitor.known or visitor.browser).hex()
    bucket = f"password-known:{person_id}:{place}"
    _count(tx, bucket, limits.password_per_device)
    return _attempt(tx, person_id, _windows(bucket), None)


def _attempt(
    tx: Transaction, person_id: str | None, buckets: tuple[str, ...], address: str | None
) -> Attempt:
    credential = lifecycle.credential(tx, person_id or _NOBODY)
    active = credential is not None and credential.active
    stored = credential.password_hash if credential and active else None
    reason = "" if active or person_id is None else "not_active"
    return Attempt(person_id, stored, buckets, address, reason)


def _count(tx: Transaction, bucket: str, limit: int) -> None:
    short, long = _windows(bucket)
    throttle.hit(tx, short, limit=limit, window=_TEN_MINUTES)
    throttle.hit(tx, long, limit=_PER_DAY, window=_DAY)


def _windows(bucket: str) -> tuple[str, str]:
    return bucket, f"{bucket}:day"


def _tell(
    tx: Transaction,
    visitor: Visitor,
    person_id: str | None,
    *,
    outcome: str = "success",
    reason: str = "",
) -> None:
    data = {"method": PASSWORD.key}
    note(
        tx,
        visitor,
        events.SIGN_IN,
        person_id=person_id,
        outcome=outcome,
        reason=reason,
        data=data,
    )
