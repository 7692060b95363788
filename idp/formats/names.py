"""Real names, as the registers of population write them."""

import re
import unicodedata
from dataclasses import dataclass, field

from idp.errors import BadRequestError
from idp.formats.scripts import HAN, IGNORABLE, PRIVATE, SPACES

SHORTEST = 2
LONGEST = 50
DOT = "\u00b7"
"""The one middle dot of GB 18030 (A1A4) that separates the parts of a name."""

_LONGEST_INPUT = 4 * LONGEST  # a bound before NFC, whose cost is quadratic in combining marks

_ENCODED_SINCE = {
    0xE81E: "\u9fb4", 0xE826: "\u9fb5", 0xE82B: "\u9fb6", 0xE82C: "\u9fb7",
    0xE832: "\u9fb8", 0xE843: "\u9fb9", 0xE854: "\u9fba", 0xE864: "\u9fbb",
}  # fmt: skip
"""Ideographs that older GB 18030 tables put in private use (GB 18030-2022 moves them)."""

_KANGXI = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
"""Radicals that copying from a PDF leaves in place of the ideographs they look like."""

_LETTERS = {upper + case: chr(0x41 + upper - 0xFF21 + case) for case in (0, 32)
            for upper in range(0xFF21, 0xFF3B)}  # fmt: skip

_FOLD = _ENCODED_SINCE | _KANGXI | _LETTERS | dict.fromkeys(map(ord, SPACES), " ")

_IDEOGRAPH = f"[{HAN}{PRIVATE}]"
_DOTS = r"\u00b7\u2022\u30fb\uff65\u2027\u2219\u22c5\u25cf\u16eb\ua78f\uff0e."
_MIDDLE_DOT = re.compile(f"(?<={_IDEOGRAPH}) *[{_DOTS}] *(?={_IDEOGRAPH})")
_HAN_NAME = re.compile(f"[{HAN}{PRIVATE}{DOT} ]+")
_PLAIN = re.compile(f"[\u4e00-\u9fff]{{{SHORTEST},{LONGEST}}}")  # nothing there folds
_RARE = re.compile(f"[{PRIVATE}]")
_UNSEEN = re.compile(f"[{IGNORABLE}]")
_SIGNS = frozenset(" .,'-\u2019\u2010" + DOT)
_CATEGORIES = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc"})
_IS_IDEOGRAPH = re.compile(_IDEOGRAPH)

# Two-character surnames, for masking only: a miss shows one character less.
_COMPOUND_SURNAMES = frozenset(
    word[i : i + 2]
    for word in (
        "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐司徒司空夏侯轩辕端木百里呼延东郭南宫西门独孤",
        "长孙宇文鲜于闾丘澹台宗政濮阳淳于单于太叔申屠仲孙钟离拓跋第五赫连万俟闻人公冶公羊左丘",
    )
    for i in range(0, len(word), 2)
)


class RealNameError(BadRequestError):
    """What was entered cannot be somebody's name."""

    code = "real_name_invalid"
    description = "Enter the name exactly as the identity document shows it."


class RealNameLengthError(RealNameError):
    """Too short or too long."""

    code = "real_name_length"
    description = "A name has between 2 and 50 characters."


class RealNameCharactersError(RealNameError):
    """Digits, symbols, or characters that cannot be seen."""

    code = "real_name_characters"
    description = "A name has letters only, with a middle dot between its parts."


@dataclass(frozen=True, slots=True)
class RealName:
    """A name in its one spelling; a *rare* one has private-use characters: people compare it."""

    text: str = field(repr=False)
    rare: bool


def parse(text: str) -> RealName:
    """Return the name in *text*, spelt as we keep and compare it.

    NFC, and dots between Han letters become U+00B7; no NFKC, which would change letters.
    Spaces go from Han names; elsewhere runs of them become one.

    Raises:
        RealNameError: one of its kinds.
    """
    if _PLAIN.fullmatch(text):
        return RealName(text, rare=False)
    if len(text) > _LONGEST_INPUT:
        raise RealNameLengthError
    name = " ".join(unicodedata.normalize("NFC", text.translate(_FOLD)).split(" ")).strip()
    name = _MIDDLE_DOT.sub(DOT, re.sub(" +", " ", name))
    if _HAN_NAME.fullmatch(name):
        name = name.replace(" ", "")
    if not SHORTEST <= len(name) <= LONGEST:
        raise RealNameLengthError
    if not _is_written_well(name):
        raise RealNameCharactersError
    return RealName(name, rare=bool(_RARE.search(name)))


def normalise(text: str) -> str:
    """Return the text of `parse`.

    Raises:
        RealNameError: one of its kinds.
    """
    return parse(text).text


def mask(name: str) -> str:
    """Return *name* fit to be shown: 张*, 张*三, 欧阳**, 阿**·****, J*** *****."""
    if not all(map(_IS_IDEOGRAPH.match, name)):
        return name[:1] + "".join(sign if sign in _SIGNS else "*" for sign in name[1:])
    if name[:2] in _COMPOUND_SURNAMES and len(name) > 2:  # noqa: PLR2004
        return name[:2] + "*" * (len(name) - 2)
    if len(name) <= 2:  # noqa: PLR2004
        return name[:1] + "*" * (len(name) - 1)
    return name[0] + "*" * (len(name) - 2) + name[-1]


def _is_written_well(name: str) -> bool:
    """Say whether every character belongs in a name, and no dot stands alone or at an end."""
    if _UNSEEN.search(name) or not all(map(_belongs, name)):
        return False
    parts = name.split(DOT)
    return all(part and _is_letter(part[0]) for part in parts)


def _belongs(character: str) -> bool:
    if character in _SIGNS or _IS_IDEOGRAPH.match(character):
        return True
    return unicodedata.category(character) in _CATEGORIES


def _is_letter(character: str) -> bool:
    return bool(_IS_IDEOGRAPH.match(character)) or character.isalpha()
