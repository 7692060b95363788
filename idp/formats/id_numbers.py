"""Resident identity numbers (GB 11643-1999), and the permits that wear their shape."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from operator import mul

from idp import clock
from idp.errors import BadRequestError
from idp.formats.scripts import FULL_WIDTH, INVISIBLE_MARKS, SPACES

OLDEST = 150
"""No living person is older, in years."""

PROVINCES = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71))
    for code in range(first, last + 1)
)
"""Province-level codes of GB/T 2260; what follows them may be a county long since renamed."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = b"10X98765432"
_ZERO = ord("0") * sum(_WEIGHTS)
_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_OLD_FOREIGN = re.compile(r"[A-Z]{3}[0-9]{12}")
_LONGEST_INPUT = 100

_FOLD = (
    FULL_WIDTH
    | {upper + 32: chr(upper) for upper in range(ord("A"), ord("Z") + 1)}
    | {0xFF21 + n + 32: chr(ord("A") + n) for n in range(26)}
    | dict.fromkeys(map(ord, SPACES + INVISIBLE_MARKS))
)


class IdNumberError(BadRequestError):
    """What was entered is no resident identity number."""

    code = "id_number_invalid"
    description = "This is not a valid identity number."


class IdNumberLengthError(IdNumberError):
    """Too short or too long."""

    code = "id_number_length"
    description = "An identity number has 18 characters."


class IdNumberVoidError(IdNumberError):
    """First-generation numbers ceased to be valid in 2013 (Resident Identity Card Law §23)."""

    code = "id_number_void"
    description = "15-digit identity numbers are no longer valid. Enter the 18-digit number."


class IdNumberCharactersError(IdNumberError):
    """Something other than digits and a final X."""

    code = "id_number_characters"
    description = "An identity number has 17 digits, then a digit or the letter X."


class IdNumberChecksumError(IdNumberError):
    """Mistyped: ISO 7064 MOD 11-2 does not come out."""

    code = "id_number_checksum"
    description = "The identity number contains a typing error. Please compare it with the card."


class IdNumberRegionError(IdNumberError):
    """No province was ever called that."""

    code = "id_number_region"
    description = "The identity number does not begin with a known region code."


class IdNumberBirthDateError(IdNumberError):
    """A date that was never in the calendar."""

    code = "id_number_birth_date"
    description = "The birth date in the identity number does not exist."


class IdNumberNotBornError(IdNumberBirthDateError):
    """Born tomorrow, or later."""

    code = "id_number_birth_date_future"
    description = "The birth date in the identity number lies in the future."


class IdNumberTooOldError(IdNumberBirthDateError):
    """Born longer ago than anybody lives."""

    code = "id_number_birth_date_past"
    description = "The birth date in the identity number lies more than 150 years back."


class Kind(StrEnum):
    """Which document the number stands on."""

    CITIZEN = "citizen"
    HONG_KONG = "hong_kong_residence_permit"
    MACAO = "macao_residence_permit"
    TAIWAN = "taiwan_residence_permit"
    FOREIGN = "foreign_permanent_residence"
    FOREIGN_2017 = "foreign_permanent_residence_2017"


class Sex(StrEnum):
    """As the sequence number's parity tells it; the words of OIDC's `gender` claim."""

    MALE = "male"
    FEMALE = "female"


_PERMITS = {"810000": Kind.HONG_KONG, "820000": Kind.MACAO, "830000": Kind.TAIWAN}


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A number that is well formed, and what it says; whether it was ever issued is not known.

    *region* is six digits of GB/T 2260, *nationality* an ISO 3166 code (three digits, or three
    letters on the 2017 card). The 2017 card of foreign permanent residents tells neither region,
    birth date nor sex reliably: there they are None. The number itself stays out of `repr`.
    """

    number: str = field(repr=False)
    kind: Kind
    region: str | None = field(repr=False)
    birth_date: date | None = field(repr=False)
    sex: Sex | None = field(repr=False)
    nationality: str | None = field(default=None, repr=False)


def normalise(text: str) -> str:
    """Return *text* without spaces, in ASCII where it was full-width, with a capital X."""
    return text.translate(_FOLD)


def mask(number: str) -> str:
    """Return *number* with only its first and last character readable."""
    hidden = len(number) - 2
    return f"{number[0]}{'*' * hidden}{number[-1]}" if hidden > 0 else "*" * len(number)


def check_digit(seventeen: str) -> str:
    """Return the 18th character for *seventeen* ASCII digits (ISO 7064 MOD 11-2)."""
    return chr(_check_character(seventeen.encode("ascii")))


def parse(text: str) -> IdNumber:
    """Return what the identity number in *text* says.

    Raises:
        IdNumberError: one of its kinds, by the first rule that is broken: length, characters,
            check digit, region, birth date.
    """
    if len(text) > _LONGEST_INPUT:
        raise IdNumberLengthError
    number = text if _EIGHTEEN.fullmatch(text) else normalise(text)
    if len(number) == 15:  # noqa: PLR2004 - the length of both older numbers
        return _parse_fifteen(number)
    if len(number) != 18:  # noqa: PLR2004 - GB 11643-1999 §4.1
        raise IdNumberLengthError
    if not _EIGHTEEN.fullmatch(number):
        raise IdNumberCharactersError
    octets = number.encode("ascii")
    if octets[17] != _check_character(octets[:17]):
        raise IdNumberChecksumError
    return _READERS.get(number[0], _citizen)(number)


def _check_character(seventeen: bytes) -> int:
    total: int = sum(map(mul, _WEIGHTS, seventeen))
    return _CHECK_DIGITS[(total - _ZERO) % 11]


def _parse_fifteen(number: str) -> IdNumber:
    if number.isascii() and number.isdecimal():
        raise IdNumberVoidError
    if not _OLD_FOREIGN.fullmatch(number):
        raise IdNumberCharactersError
    return IdNumber(number, Kind.FOREIGN_2017, None, None, None, number[:3])


def _citizen(number: str) -> IdNumber:
    if number[:2] not in PROVINCES:
        raise IdNumberRegionError
    return IdNumber(number, Kind.CITIZEN, number[:6], _birth_date(number), _sex(number))


def _permit(number: str) -> IdNumber:
    """Read a residence permit of Hong Kong, Macao or Taiwan residents (issued since 2018)."""
    kind = _PERMITS.get(number[:6])
    if kind is None:
        raise IdNumberRegionError
    return IdNumber(number, kind, number[:6], _birth_date(number), _sex(number))


def _foreign(number: str) -> IdNumber:
    """Read the card of 2023: 9, province of issue, ISO 3166 numeric nationality."""
    if number[1:3] not in PROVINCES:
        raise IdNumberRegionError
    born, sex = _birth_date(number), _sex(number)
    return IdNumber(number, Kind.FOREIGN, f"{number[1:3]}0000", born, sex, number[3:6])


_READERS: dict[str, Callable[[str], IdNumber]] = {"8": _permit, "9": _foreign}


def _sex(number: str) -> Sex:
    return Sex.MALE if number[16] in "13579" else Sex.FEMALE


def _birth_date(number: str) -> date:
    return _born(number[6:14], clock.today())


@lru_cache(1 << 16)
def _born(digits: str, today: date) -> date:
    """Return the day in *digits*; everybody who ever lived shares few of them."""
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise IdNumberBirthDateError from None
    if born > today:
        raise IdNumberNotBornError
    if (today.year - born.year, today.month, today.day) > (OLDEST, born.month, born.day):
        raise IdNumberTooOldError
    return born
