"""What a department asks, read strictly: a person in two to four elements, and why."""

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
_MEMBERS = frozenset((*_NEEDED, "phone", "validity", "legal_reference"))
_LONGEST_REFERENCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Is this so? *asked* is what of it is about the person, in the department's own spelling."""

    person: PersonQuery
    asked: bytes = field(repr=False)  # canonical JSON (RFC 8785)
    purpose: str
    legal_basis: str
    legal_reference: str = ""

    @property
    def fingerprinted(self) -> bytes:
        """The whole question, for comparing a repeated request with the first one."""
        why = f"\x1f{self.purpose}\x1f{self.legal_basis}\x1f{self.legal_reference}"
        return self.asked + why.encode()


class _FieldError(IdentityError):
    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code


def read(document: Mapping[str, Any]) -> Question:
    """Return the question that *document* asks.

    Raises:
        CheckInputError: it says which members are wrong, and how.
    """
    wrong = {name: "missing" for name in _NEEDED if document.get(name) in (None, "")}
    if not _MEMBERS.issuperset(document):
        wrong["unknown"] = "unknown_member"
    found: dict[str, Any] = {}
    for name, reader in _READERS.items():
        value = document.get(name)
        if name in wrong or value is None:
            continue
        try:
            found[name] = reader(value)
        except IdentityError as error:
            wrong[name] = error.code
    if wrong:
        raise CheckInputError(wrong)
    about = {name: document[name] for name in _ABOUT_THE_PERSON if document.get(name) is not None}
    return Question(
        person=PersonQuery(**{name: found[name] for name in about}),
        asked=orjson.dumps(about, option=orjson.OPT_SORT_KEYS),
        purpose=found["purpose"],
        legal_basis=found["legal_basis"],
        legal_reference=found.get("legal_reference", ""),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _FieldError("not_a_string")
    return value


def _word(value: object) -> str:
    word = _text(value)
    if len(word) > 40 or not word.replace("_", "").isalpha() or not word.isascii():  # noqa: PLR2004
        raise _FieldError("unknown_word")
    return word


def _reference(value: object) -> str:
    reference = _text(value)
    if len(reference) > _LONGEST_REFERENCE or not reference.isprintable():
        raise _FieldError("legal_reference_invalid")
    return reference


def _validity(value: object) -> Validity:
    """Read the period on the card: ISO 8601 dates, or `long-term` for its end."""
    if not isinstance(value, dict) or value.keys() != {"begins", "ends"}:
        raise _FieldError("validity_invalid")
    begins = _date(value["begins"])
    ends = None if value["ends"] == LONG_TERM else _date(value["ends"])
    if ends is not None and ends <= begins:
        raise _FieldError("validity_invalid")
    return Validity(begins, ends)


def _date(value: object) -> date:
    try:
        if len(_text(value)) == 10:  # noqa: PLR2004 - YYYY-MM-DD, not the week dates of ISO 8601
            return date.fromisoformat(str(value))
    except ValueError:
        pass
    raise _FieldError("validity_invalid")


_READERS: dict[str, Callable[[object], Any]] = {
    "name": lambda value: names.parse(_text(value)).text,
    "id_number": lambda value: id_numbers.parse(_text(value)).number,
    "phone": lambda value: phones.normalise(_text(value)),
    "validity": _validity,
    "purpose": _word,
    "legal_basis": _word,
    "legal_reference": _reference,
}
