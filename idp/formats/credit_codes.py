"""Unified social credit codes (GB 32100-2015), and the registration numbers they replaced."""

import re
from dataclasses import dataclass

from idp.errors import BadRequestError
from idp.formats.scripts import FULL_WIDTH, INVISIBLE_MARKS, SPACES

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Digits and capitals without I, O, S, V and Z (GB 32100-2015 §4)."""

LENGTH = 18
_LONGEST_INPUT = 100
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_CODE = re.compile(rf"[1-9ANY][{ALPHABET}][0-9]{{6}}[{ALPHABET}]{{10}}")
_WRITTEN = re.compile(rf"[{ALPHABET}]{{18}}")
_REGISTRATION_NUMBER = re.compile(r"[0-9]{15}")

# GB 11714-1997 §3.3: the organisation code within has a check character of its own.
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_CHECKS = "0123456789X"

_FOLD = (
    FULL_WIDTH
    | {ord("a") + n: chr(ord("A") + n) for n in range(26)}
    | {0xFF41 + n: chr(ord("A") + n) for n in range(26)}
    | dict.fromkeys(map(ord, SPACES + INVISIBLE_MARKS + "-"))
)


class CreditCodeError(BadRequestError):
    """What was entered is no unified social credit code."""

    code = "credit_code_invalid"
    description = "This is not a valid unified social credit code."


class CreditCodeLengthError(CreditCodeError):
    """Too short or too long."""

    code = "credit_code_length"
    description = "A unified social credit code has 18 characters."


class CreditCodeCharactersError(CreditCodeError):
    """A letter that the standard leaves out, or something else where a digit belongs."""

    code = "credit_code_characters"
    description = "A unified social credit code has digits and capitals, never I, O, S, V or Z."


class CreditCodeAuthorityError(CreditCodeError):
    """Its first character names no department that registers anybody."""

    code = "credit_code_authority"
    description = "The unified social credit code does not begin with a known department."


class CreditCodeChecksumError(CreditCodeError):
    """Mistyped: the check character does not fit."""

    code = "credit_code_checksum"
    description = "The code contains a typing error. Please compare it with the licence."


class RegistrationNumberError(BadRequestError):
    """What was entered is no business registration number of before 2015."""

    code = "registration_number_invalid"
    description = "This is not a valid business registration number."


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A code that is well formed, and what it says; whether it was ever given is not known.

    *department* and *kind* are its first two characters, *region* six digits of GB/T 2260,
    *organisation* the nine characters of GB 11714.
    """

    code: str
    department: str
    kind: str
    region: str
    organisation: str


def normalise(text: str) -> str:
    """Return *text* without spaces and hyphens, in ASCII capitals."""
    return text.translate(_FOLD)


def parse(text: str) -> CreditCode:
    """Return what the unified social credit code in *text* says.

    The inner organisation code's own check character is not asked for: codes given by some
    departments do not have one that fits.

    Raises:
        CreditCodeError: one of its kinds, by the first rule that is broken: length,
            characters, department, check character.
    """
    code = normalise(text) if len(text) <= _LONGEST_INPUT else ""
    if len(code) != LENGTH:
        raise CreditCodeLengthError
    if not _CODE.fullmatch(code):
        if _WRITTEN.fullmatch(code) and code[2:8].isdecimal():
            raise CreditCodeAuthorityError
        raise CreditCodeCharactersError
    if code[17] != check_character(code[:17]):
        raise CreditCodeChecksumError
    return CreditCode(code, code[0], code[1], code[2:8], code[8:17])


def check_character(seventeen: str) -> str:
    """Return the 18th character for *seventeen* (GB 32100-2015 annex A: weights 3^i mod 31)."""
    total = sum([_VALUES[c] * w for c, w in zip(seventeen, _WEIGHTS, strict=True)])
    return ALPHABET[-total % 31]


def organisation_check(eight: str) -> str:
    """Return the ninth character of an organisation code (GB 11714-1997 §3.3: MOD 11)."""
    total = sum(int(c, 36) * w for c, w in zip(eight, _ORGANISATION_WEIGHTS, strict=True))
    return _ORGANISATION_CHECKS[-total % 11]


def parse_registration_number(text: str) -> str:
    """Return the 15-digit business registration number in *text*.

    Raises:
        RegistrationNumberError: its form or its check digit is wrong.
    """
    number = normalise(text) if len(text) <= _LONGEST_INPUT else ""
    if not _REGISTRATION_NUMBER.fullmatch(number):
        raise RegistrationNumberError(detail="form")
    if number[14] != registration_check(number[:14]):
        raise RegistrationNumberError(detail="check digit")
    return number


def registration_check(fourteen: str) -> str:
    """Return the 15th digit for *fourteen* (ISO 7064 MOD 11,10)."""
    product = 10
    for digit in fourteen:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)
