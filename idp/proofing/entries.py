"""What a person types to be checked: a name and an ID number, read leniently."""

import re
from collections.abc import Callable

from idp.accounts.errors import FieldErrors
from idp.errors import IdentityError
from idp.formats import id_numbers, names
from idp.proofing.attempts import Entry

# A character that no keyboard offers, written by its number in Unicode: U+2CC56.
_CODE_POINT = re.compile(r"[Uu]\s?[+\uff0b]\s?([0-9A-Fa-f]{4,6})(?![0-9A-Fa-f])")
_LAST = 0x10FFFF


def read(name: str, id_number: str) -> Entry:
    """Return what was typed, normalised.

    Raises:
        FieldErrors: `real_name` or `id_number` cannot be anybody's.
    """
    faults: dict[str, IdentityError] = {}
    values: dict[str, str] = {}
    readers: tuple[tuple[str, Callable[[], str]], ...] = (
        ("real_name", lambda: names.normalise(spell_out(name))),
        ("id_number", lambda: id_numbers.parse(id_number).number),
    )
    for field, reader in readers:
        try:
            values[field] = reader()
        except IdentityError as fault:
            faults[field] = fault
    if faults:
        raise FieldErrors(faults)
    return Entry(values["real_name"], values["id_number"])


def spell_out(text: str) -> str:
    """Return *text* with each `U+` notation replaced by the character that it numbers."""
    return _CODE_POINT.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    surrogate = 0xD800 <= code <= 0xDFFF  # noqa: PLR2004 - the Unicode Standard, D71 and D74
    return match[0] if surrogate or code > _LAST else chr(code)
