"""Which characters are Han, private, spaces or invisible, as the identifiers here need to know."""

HAN = (
    "\u3005\u3007"  # 々 and 〇
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003fffd"  # both ideographic planes whole: extensions outrun Python's tables
)
"""Han letters, as the inside of a character class."""

PRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
"""Private use: where rare characters lived before they were encoded."""

SPACES = (
    "\t\n\r \u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000"
)

INVISIBLE_MARKS = (
    "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
"""Marks that address books and chat programs wrap around a number when it is copied."""

IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Default_Ignorable_Code_Point (UAX 44), as the inside of a character class."""

FULL_WIDTH: dict[int, str | None] = {0xFEE0 + code: chr(code) for code in range(0x21, 0x7F)}
"""Full-width forms to the ASCII they stand for, for `str.translate`."""
