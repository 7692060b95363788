"""Invented numbers: well formed, and in places where nothing real was ever put.

County codes end in 99, which GB/T 2260 has never assigned to a county; mobile numbers begin with
169, which no operator was given; organisation codes, cards and permits begin with 999 or 99.
"""

from bisect import bisect
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from random import Random

from idp.formats.credit_codes import (
    ALPHABET,
    check_character,
    organisation_check,
    registration_check,
)
from idp.formats.id_numbers import PROVINCES, check_digit

# Cities per province stay within what each has had; people per province in millions.
_MILLIONS = {
    "11": 22, "12": 14, "13": 75, "14": 35, "15": 24, "21": 43, "22": 24, "23": 32, "31": 25,
    "32": 85, "33": 65, "34": 61, "35": 42, "36": 45, "37": 102, "41": 99, "42": 58, "43": 66,
    "44": 126, "45": 50, "46": 10, "50": 32, "51": 84, "52": 39, "53": 47, "54": 4, "61": 40,
    "62": 25, "63": 6, "64": 7, "65": 26,
}  # fmt: skip
_BY_MILLIONS = tuple(code for code, millions in _MILLIONS.items() for _ in range(millions))
_CITIES = 12
assert PROVINCES.issuperset(_MILLIONS)  # noqa: S101 - an invented province would be rejected

# People per thousand in each ten years of age, from 0 to 109.
_AGES = tuple(accumulate((110, 125, 115, 160, 150, 165, 100, 50, 20, 4, 1)))
_EPOCH = date(1900, 1, 1)
_DECADE = 3652


def region(random: Random) -> str:
    """Return six digits: a province as often as people live there, a city, and county 99."""
    drawn = random.random() * len(_BY_MILLIONS)
    return f"{_BY_MILLIONS[int(drawn)]}{1 + int(drawn * 1000) % _CITIES:02d}99"


def birth(random: Random, today: int) -> int:
    """Return a birth date by the age pyramid, as days since 1900; *today* likewise."""
    drawn = random.random() * _AGES[-1]
    decade = bisect(_AGES, drawn)
    return today - decade * _DECADE - int(random.random() * _DECADE)


def days(day: date) -> int:
    """Return *day* as days since 1900."""
    return (day - _EPOCH).days


@lru_cache(1 << 16)
def written(day: int) -> str:
    """Return days since 1900 as yyyymmdd."""
    return f"{_EPOCH + timedelta(day):%Y%m%d}"


def id_number(prefix: str, born: str, sequence: int) -> str:
    """Return a number after GB 11643-1999; an odd *sequence* is a man's."""
    body = f"{prefix}{born}{sequence:03d}"
    return body + check_digit(body)


def phone(serial: int) -> str:
    """Return a mobile number; after a hundred million they come again."""
    return f"169{serial * 7_654_321 % 100_000_000:08d}"


def credit_code(random: Random, serial: int) -> str:
    """Return a unified code (GB 32100-2015), its organisation code (GB 11714) starting with 999."""
    kind = random.choice(("91", "91", "91", "91", "92", "93", "51", "52", "53", "11", "12"))
    organisation = f"999{_base31(serial, 5)}"
    body = f"{kind}{region(random)}{organisation}{organisation_check(organisation)}"
    return body + check_character(body)


def registration_number(prefix: str, serial: int) -> str:
    """Return a 15-digit number of the time before unified codes."""
    body = f"{prefix}{serial % 100_000_000:08d}"
    return body + registration_check(body)


def _base31(value: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        value, rest = divmod(value, 31)
        digits = ALPHABET[rest] + digits
    return digits
