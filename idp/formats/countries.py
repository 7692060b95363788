"""Countries as travel documents name them: three letters of ISO 3166-1 (ICAO Doc 9303-3 §5)."""

import re
from functools import cache

from babel.core import get_global

_LENGTH = 3  # of both codes, letters and digits
_OWN_USE = re.compile(r"Q[M-Z]|X[A-Z]|ZZ")  # ISO 3166-1 §8.1.3 leaves these to whoever wants them
_FORMER = frozenset({"BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"})  # countries of today had these


def three_letters(code: str) -> str | None:
    """Return the three letters for *code*, which is three digits or three letters already.

    None: no country has it.
    """
    return _by_code().get(code.upper())


@cache
def _by_code() -> dict[str, str]:
    """Return the letters by digits and by themselves: CLDR knows both as other names of one."""
    others = [
        (other, names[0])
        for other, names in get_global("territory_aliases").items()
        if len(other) == _LENGTH and len(names) == 1 and not _OWN_USE.fullmatch(names[0])
    ]
    letters = {
        country: other for other, country in others if other.isalpha() and other not in _FORMER
    }
    digits = {other: letters[c] for other, c in others if other.isdigit() and c in letters}
    return digits | {name: name for name in letters.values()}
