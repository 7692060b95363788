"""Passwords that anybody would guess: a deny-list, and the patterns too many to list."""

import re
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

_FILE = Path(__file__).with_name("common_passwords.txt")
_DATE_SIGNS = re.compile(r"[-./ 年月日]")
_UNSHIFTED = str.maketrans("!@#$%^&*()", "1234567890")
_LONGEST_PERIOD = 4
_CENTURIES = range(1900, 2100)


def is_common(password: str) -> bool:
    """Say whether *password* is among the first that anybody would try (SP 800-63B §3.1.1.2)."""
    folded = password.casefold()
    if folded in deny_list() or folded.translate(_UNSHIFTED) in deny_list():
        return True
    return _repeats(folded) or _runs(folded) or _is_date(folded)


@cache
def deny_list() -> frozenset[str]:
    """Return the common passwords, casefolded."""
    return frozenset(_FILE.read_text(encoding="ascii").split())


def _repeats(text: str) -> bool:
    """Say whether *text* is a few characters over and over: aaaaaaaa, 12341234."""
    period = (text + text).find(text, 1)
    return 0 < period <= _LONGEST_PERIOD and period < len(text)


def _runs(text: str) -> bool:
    """Say whether *text* goes up or down one by one: 12345678, hgfedcba."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return steps in ({1}, {-1})


def _is_date(text: str) -> bool:
    """Say whether *text* is nothing but a date, in any of three orders."""
    digits = _DATE_SIGNS.sub("", text)
    if len(digits) != 8 or not (digits.isascii() and digits.isdecimal()):  # noqa: PLR2004
        return False
    year_first = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    day_first = int(digits[4:]), int(digits[2:4]), int(digits[:2])
    month_first = int(digits[4:]), int(digits[:2]), int(digits[2:4])
    return any(map(_exists, (year_first, day_first, month_first)))


def _exists(day: tuple[int, int, int]) -> bool:
    try:
        return date(*day).year in _CENTURIES
    except ValueError:
        return False
