"""Telephone numbers that can receive a code, in E.164; as they change hands, they are no key."""

import re

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from idp.errors import BadRequestError
from idp.formats.scripts import FULL_WIDTH, INVISIBLE_MARKS, SPACES

_FOLD = FULL_WIDTH | dict.fromkeys(
    map(ord, SPACES + INVISIBLE_MARKS + "-\u2010\u2011\u2012\u2013()")
)
_FOLD |= dict.fromkeys((0xFF08, 0xFF09, 0xFF0D))  # full-width brackets and hyphen
_MAINLAND = re.compile(r"(?:\+86|0086|86)?(1[3-9][0-9]{9})")
_INTERNATIONAL = re.compile(r"(?:\+|00)([1-9][0-9]{5,14})")
_DIALLED = re.compile(r"\+?[0-9]*")
_LONGEST_INPUT = 100
_REACHABLE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


class PhoneError(BadRequestError):
    """What was entered is no telephone number that we could send a code to."""

    code = "phone_invalid"
    description = "Enter a mobile number; one from abroad with + and its country code."


class PhoneCharactersError(PhoneError):
    """Something that no telephone could dial."""

    code = "phone_characters"
    description = "A telephone number has digits only, with an optional + in front."


class PhoneNotMobileError(PhoneError):
    """A real number, but no text message will arrive there."""

    code = "phone_not_mobile"
    description = "This number cannot receive text messages. Enter a mobile number."


def normalise(text: str) -> str:
    """Return the mobile number in *text* as E.164, such as +8613800138000.

    Mainland numbers need no prefix; others are written with + or 00.

    Raises:
        PhoneError: one of its kinds.
    """
    if len(text) > _LONGEST_INPUT:
        raise PhoneError
    dialled = text.translate(_FOLD)
    if mainland := _MAINLAND.fullmatch(dialled):
        return f"+86{mainland[1]}"
    if not _DIALLED.fullmatch(dialled):
        raise PhoneCharactersError
    if foreign := _INTERNATIONAL.fullmatch(dialled):
        return _from_abroad(foreign[1])
    raise PhoneError


def mask(number: str) -> str:
    """Return an E.164 *number* fit to be shown: 138****8000, or +852****5678 from abroad."""
    shown = number.removeprefix("+86")
    return f"{shown[:-8]}****{shown[-4:]}" if len(shown) > 8 else "*" * len(shown)  # noqa: PLR2004


def _from_abroad(digits: str) -> str:
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        raise PhoneError from None
    if number.country_code == 86 or not phonenumbers.is_valid_number(number):  # noqa: PLR2004
        raise PhoneError
    if phonenumbers.number_type(number) not in _REACHABLE:
        raise PhoneNotMobileError
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
