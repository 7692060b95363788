"""Passwords: which may be chosen, and how they are kept (argon2id) and compared.

Hashing costs tens of milliseconds by design: at run time it belongs in `idp.crypto.hashing`.
"""

import logging
import re
import secrets
import unicodedata
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from passlib.context import CryptContext

from idp.crypto.weak_passwords import is_common
from idp.errors import BadRequestError

SHORTEST = 8
LONGEST = 128
_LONGEST_INPUT = 8 * LONGEST  # a bound before NFC, whose cost is quadratic in combining marks

_HAN_ONLY = re.compile(r"[\u3400-\u9fff\U00020000-\U0003fffd\u00b7]+")
_ID_NUMBER = re.compile(r"[0-9]{6}([0-9]{8})[0-9]{3}[0-9x]")
_MAINLAND = re.compile(r"(?:\+?86)?(1[0-9]{10})")
_SHORTEST_WORD = 4

_log = logging.getLogger(__name__)


class PasswordError(BadRequestError):
    """What was entered cannot be a password."""

    code = "password_invalid"
    description = "Choose another password."


class PasswordTooShortError(PasswordError):
    """Fewer characters than *minimum*."""

    code = "password_too_short"
    description = "The password is too short."

    def __init__(self, minimum: int) -> None:
        super().__init__()
        self.minimum = minimum


class PasswordTooLongError(PasswordError):
    """More than we accept; we never cut a password off."""

    code = "password_too_long"
    description = "The password is too long. Use at most 128 characters."


class PasswordCharactersError(PasswordError):
    """NUL, or what is no Unicode text at all."""

    code = "password_characters"
    description = "The password contains a character that cannot be used."


class PasswordCommonError(PasswordError):
    """Among the first that an attacker would try."""

    code = "password_common"
    description = "This password is easy to guess. Choose one that nobody else would use."


class PasswordPersonalError(PasswordError):
    """It tells the account it opens."""

    code = "password_personal"
    description = "The password may not contain your user name, name, telephone or identity number."


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password fits; *replacement* is a hash of today's cost to store instead."""

    ok: bool
    replacement: str | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What one argon2id hash takes (OWASP's first choice for a shared server)."""

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1


class PasswordScheme:
    """How passwords are hashed now, and which older hashes still open."""

    def __init__(self, cost: Cost | None = None) -> None:
        cost = cost or Cost()
        self._context = CryptContext(
            schemes=["argon2", "pbkdf2_sha256"],
            deprecated=["pbkdf2_sha256"],
            argon2__type="ID",
            argon2__memory_cost=cost.memory_kib,
            argon2__time_cost=cost.passes,
            argon2__parallelism=cost.lanes,
        )
        self._nobodys = _unmatchable_hash(cost)

    def hash(self, password: str) -> str:
        """Return the hash to store for *password*.

        Raises:
            PasswordError: too long, or not text; other rules are `check`'s.
        """
        return cast(str, self._context.hash(prepare(password)))

    def verify(self, password: str, stored: str | None) -> Verdict:
        """Compare; with nothing *stored* (no such account) it takes as long and fails."""
        try:
            secret = prepare(password)
        except PasswordError:
            secret, stored = "", None
        if stored:
            try:
                ok, replacement = self._context.verify_and_update(secret, stored)
            except ValueError:
                _log.warning("a stored password hash is unreadable")
            else:
                return Verdict(ok, replacement)
        self._context.verify(secret, self._nobodys)
        return Verdict(ok=False)


def prepare(password: str) -> str:
    """Return *password* in NFC, so that every keyboard spells it the same (NIST 800-63B §3.1.1.2).

    Raises:
        PasswordTooLongError: more than 128 code points.
        PasswordCharactersError: NUL or a lone surrogate.
    """
    if len(password) > _LONGEST_INPUT:
        raise PasswordTooLongError
    if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in password):
        raise PasswordCharactersError
    composed = unicodedata.normalize("NFC", password)
    if len(composed) > LONGEST:
        raise PasswordTooLongError
    return composed


def check(password: str, *, minimum: int = SHORTEST, identifiers: Iterable[str] = ()) -> None:
    """Refuse a *password* that somebody wants to choose, if it is a bad one.

    No rules of composition and no expiry (NIST 800-63B §3.1.1.2, ASVS 5.0 §6.2).
    *identifiers* are the person's own: user name, phone, identity number, name, mail address.

    Raises:
        PasswordError: one of its kinds.
    """
    secret = prepare(password)
    if len(secret) < minimum:
        raise PasswordTooShortError(minimum)
    if is_common(secret):
        raise PasswordCommonError
    folded = secret.casefold()
    for word in _guesses(identifiers):
        if word in folded or folded in word:
            raise PasswordPersonalError


def _guesses(identifiers: Iterable[str]) -> set[str]:
    """Return the words that follow from *identifiers*, casefolded, too short ones left out."""
    found: set[str] = set()
    for identifier in identifiers:
        whole = unicodedata.normalize("NFC", identifier).strip().casefold()
        found.update((whole, whole.split("@")[0], *whole.split()))
        if number := _ID_NUMBER.fullmatch(whole):
            found.update((number[1], whole[-6:]))
        if phone := _MAINLAND.fullmatch(whole):
            found.update((phone[1], phone[1][3:]))
    return {word for word in found if len(word) >= _telling_length(word)}


def _telling_length(word: str) -> int:
    """Return how long *word* must be to say something about a person; Han names are short."""
    return 2 if _HAN_ONLY.fullmatch(word) else _SHORTEST_WORD


def _unmatchable_hash(cost: Cost) -> str:
    """Return a hash of nobody's password: random, so that comparing with it costs the usual."""
    salt, digest = (b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (16, 32))
    return f"$argon2id$v=19$m={cost.memory_kib},t={cost.passes},p={cost.lanes}${salt}${digest}"
