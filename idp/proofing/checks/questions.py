"""What a department asks, read strictly: a person in two to four elements, and why.

What more may stand in a question (of faces, of proofs) is read by the readers that are given.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

from idp.errors import IdentityError
from idp.formats import id_numbers, names, phones
from idp.proofing.checks.errors import CheckInputError
from idp.registry.queries import PersonQuery, Validity

LONG_TERM = "long-term"
_NEEDED = ("name", "id_number", "purpose", "legal_basis")
_ABOUT_THE_PERSON = ("name", "id_number", "phone", "validity")
_LONGEST_REFERENCE = 200
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

Reader = Callable[[object], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Is this so? *asked* is what of it is about the person, in the department's own spelling."""

    person: PersonQuery
    asked: bytes = field(repr=False)  # canonical JSON (RFC 8785)
    purpose: str
    legal_basis: str
    legal_reference: str = ""
    further: tuple[str, ...] = ()  # elements that are no words about the person

    @property
    def elements(self) -> tuple[str, ...]:
        """What is compared, in the words of verification records."""
        return tuple(dict.fromkeys((*self.person.elements, *self.further)))

    @property
    def fingerprinted(self) -> bytes:
        """The whole question, for comparing a repeated request with the first one."""
        why = f"\x1f{self.purpose}\x1f{self.legal_basis}\x1f{self.legal_reference}"
        return self.asked + why.encode()


class FieldError(IdentityError):
    """A member is wrong; its code says how."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code


def read(document: Mapping[str, Any]) -> Question:
    """Return the question that *document* asks.

    Raises:
        CheckInputError: it says which members are wrong, and how.
    """
    return framed(document, members(document, _READERS), _ABOUT_THE_PERSON)


def members(document: Mapping[str, Any], readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Return what each of *readers* makes of its member of *document*.

    Raises:
        CheckInputError: it says which members are wrong, and how.
    """
    wrong = {name: "missing" for name in _NEEDED if document.get(name) in (None, "")}
    if not readers.keys() >= document.keys():
        wrong["unknown"] = "unknown_member"
    found: dict[str, Any] = {}
    for name, reader in readers.items():
        value = document.get(name)
        if name in wrong or value is None:
            continue
        try:
            found[name] = reader(value)
        except IdentityError as error:
            wrong[name] = error.code
    if wrong:
        raise CheckInputError(wrong)
    return found


def framed(
    document: Mapping[str, Any],
    found: Mapping[str, Any],
    asked: tuple[str, ...],
    further: tuple[str, ...] = (),
) -> Question:
    """Return the question made of what was *found*; receipts commit to what was *asked*."""
    about = {name: document[name] for name in asked if document.get(name) is not None}
    person = {name: found[name] for name in _ABOUT_THE_PERSON if name in found}
    return Question(
        person=PersonQuery(**person),
        asked=orjson.dumps(about, option=orjson.OPT_SORT_KEYS),
        purpose=found["purpose"],
        legal_basis=found["legal_basis"],
        legal_reference=found.get("legal_reference", ""),
        further=further,
    )


def text(value: object) -> str:
    if not isinstance(value, str):
        raise FieldError("not_a_string")
    return value


def _word(value: object) -> str:
    word = text(value)
    if len(word) > 40 or not word.replace("_", "").isalpha() or not word.isascii():  # noqa: PLR2004
        raise FieldError("unknown_word")
    return word


def _reference(value: object) -> str:
    reference = text(value)
    if len(reference) > _LONGEST_REFERENCE or not reference.isprintable():
        raise FieldError("legal_reference_invalid")
    return reference


def _validity(value: object) -> Validity:
    """Read the period on the card: ISO 8601 dates, or `long-term` for its end."""
    if not isinstance(value, dict) or value.keys() != {"begins", "ends"}:
        raise FieldError("validity_invalid")
    begins = _date(value["begins"])
    ends = None if value["ends"] == LONG_TERM else _date(value["ends"])
    if ends is not None and ends <= begins:
        raise FieldError("validity_invalid")
    return Validity(begins, ends)


def day(value: object) -> date | None:
    """Return the day written YYYY-MM-DD; none of the other forms of ISO 8601 is one."""
    written = text(value)
    try:
        return date.fromisoformat(written) if _DAY.fullmatch(written) else None
    except ValueError:
        return None


def _date(value: object) -> date:
    found = day(value)
    if found is None:
        raise FieldError("validity_invalid")
    return found


WHY: Mapping[str, Reader] = {
    "purpose": _word,
    "legal_basis": _word,
    "legal_reference": _reference,
}
WHO: Mapping[str, Reader] = {
    "name": lambda value: names.parse(text(value)).text,
    "id_number": lambda value: id_numbers.parse(text(value)).number,
}
_READERS: Mapping[str, Reader] = {
    **WHO,
    "phone": lambda value: phones.normalise(text(value)),
    "validity": _validity,
    **WHY,
}
