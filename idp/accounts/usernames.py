"""User names: what may be one, and the key under which it is found."""

import re
import unicodedata
from dataclasses import dataclass

from idp.errors import BadRequestError
from idp.formats.scripts import HAN

SHORTEST = 4
LONGEST = 32
_LONGEST_INPUT = 4 * LONGEST  # a bound before NFKC, whose cost is quadratic in combining marks

_ALPHABET = re.compile(f"[0-9A-Za-z_.{HAN}-]+")
_SEPARATORS = re.compile(r"[_.-]+")
_DOCUMENT = re.compile(r"[0-9]{17}x|[a-z]{3}[0-9]{12}")
# Han strokes that pass for an ASCII letter or sign when they stand among such.
_STROKES = re.compile(r"[\u3007\u4e28\u4e36\u4e3f\u4e40\u4e41\u4e5a\u4e85]")
_DASH = re.compile(r"(?<=[0-9A-Za-z])\u4e00(?=[0-9A-Za-z])")
_LATIN = re.compile(r"[0-9A-Za-z]")

_LOOK_ALIKE = str.maketrans("0135i", "olesl")

# fmt: off
RESERVED = frozenset((
    "abuse", "admin", "administrator", "anonymous", "api", "audit", "auditor", "backup",
    "billing", "contact", "daemon", "demo", "everyone", "git", "guest", "gov", "government",
    "help", "helpdesk", "hostmaster", "info", "localhost", "login", "logout", "mail", "manager",
    "manyou", "moderator", "nobody", "noreply", "no-reply", "null", "official", "oidc",
    "operator", "owner", "postmaster", "register", "root", "secadmin", "security", "service",
    "settings", "signin", "signup", "sso", "staff", "superuser", "support", "sysadmin", "system",
    "test", "undefined", "user", "username", "webmaster", "www",
))
# fmt: on
_OFFICES = frozenset({"admin", "administrator", "manyou", "official", "gov", "root", "sysadmin"})
_HAN_OFFICES = ("管理员", "管理員", "审计员", "官方", "客服")


class UsernameError(BadRequestError):
    """What was entered cannot be a user name."""

    code = "username_invalid"
    description = "Choose another user name."


class UsernameLengthError(UsernameError):
    """Too short or too long."""

    code = "username_length"
    description = "A user name has between 4 and 32 characters."


class UsernameCharactersError(UsernameError):
    """Outside the alphabet, or beginning or ending with a sign."""

    code = "username_characters"
    description = (
        "A user name has Chinese characters, letters A to Z, digits, and inside it . _ or -."
    )


class UsernameNumberError(UsernameError):
    """It could be taken for a telephone or identity number, and people sign in with those."""

    code = "username_number"
    description = "A user name may not look like a telephone or identity number."


class UsernameConfusableError(UsernameError):
    """It could be read as another name."""

    code = "username_confusable"
    description = "This user name could be mistaken for another one. Choose another."


class UsernameReservedError(UsernameError):
    """It speaks for the service or for an office."""

    code = "username_reserved"
    description = "This user name is reserved. Choose another."


@dataclass(frozen=True, slots=True)
class Username:
    """A user name as shown, and the *key* that no two accounts share."""

    text: str
    key: str


def parse(text: str) -> Username:
    """Return the user name in *text*, as somebody may register it.

    Raises:
        UsernameError: one of its kinds.
    """
    name = _fold(text)
    if not SHORTEST <= len(name) <= LONGEST:
        raise UsernameLengthError
    if not _ALPHABET.fullmatch(name) or name[0] in "_.-" or name[-1] in "_.-":
        raise UsernameCharactersError
    folded = name.casefold()
    bare = _SEPARATORS.sub("", folded)
    if bare.isdecimal() or _DOCUMENT.fullmatch(bare):
        raise UsernameNumberError
    if _LATIN.search(name) and (_STROKES.search(name) or _DASH.search(name)):
        raise UsernameConfusableError
    if _is_reserved(folded):
        raise UsernameReservedError
    return Username(name, folded)


def key(text: str) -> str:
    """Return the key that *text* would be found under; it need not be a name that may be chosen.

    Raises:
        UsernameLengthError: nobody can have such a name.
    """
    return _fold(text).casefold()


def _fold(text: str) -> str:
    if len(text) > _LONGEST_INPUT:
        raise UsernameLengthError
    return unicodedata.normalize("NFKC", text).strip()


def _skeleton(word: str) -> str:
    """Return what the eye makes of *word* (after UTS 39 §4, for our small alphabet)."""
    return word.translate(_LOOK_ALIKE).replace("rn", "m").replace("vv", "w")


_RESERVED_SKELETONS = frozenset(_skeleton(_SEPARATORS.sub("", word)) for word in RESERVED)
_OFFICE_SKELETONS = frozenset(map(_skeleton, _OFFICES))


def _is_reserved(folded: str) -> bool:
    if _skeleton(_SEPARATORS.sub("", folded)) in _RESERVED_SKELETONS:
        return True
    if any(_skeleton(word) in _OFFICE_SKELETONS for word in _SEPARATORS.split(folded)):
        return True
    return any(office in folded for office in _HAN_OFFICES)
