"""Numbers of travel documents: passports, and permits for Hong Kong, Macao and Taiwan residents."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from idp.errors import BadRequestError
from idp.formats.scripts import FULL_WIDTH, INVISIBLE_MARKS, SPACES

_LONGEST_INPUT = 100
_SHORTEST, _LONGEST = 5, 9  # ICAO 9303-4 §4.2.2: the number field has nine places
_FOLD = (
    FULL_WIDTH
    | {ord("a") + n: chr(ord("A") + n) for n in range(26)}
    | {0xFF41 + n: chr(ord("A") + n) for n in range(26)}
    | dict.fromkeys(map(ord, SPACES + INVISIBLE_MARKS + "-"))
)

# The permit's number is for life; what may follow it counts its renewals.
_HONG_KONG_MACAO = re.compile(r"([HM][0-9]{8})([0-9]{2})?")
_TAIWAN = re.compile(r"([0-9]{8})([0-9]{2})?")
# E and a digit: since 2012; E and a letter, never I or O: since 2017; G: before. D, S, P:
# diplomatic, service and public affairs.
_CHINESE = re.compile(r"E[0-9A-HJ-NP-Z][0-9]{7}|G[0-9]{8}|(?:D|DE|S|SE|P|PE)[0-9]{7}")
_FOREIGN = re.compile(r"[A-Z0-9]{5,9}")
_STATE = re.compile(r"[A-Z]{3}")


class TravelDocumentError(BadRequestError):
    """What was entered is no number of such a document."""

    code = "travel_document_invalid"
    description = "This is not a valid number of such a travel document."


class TravelDocumentLengthError(TravelDocumentError):
    """Too short or too long."""

    code = "travel_document_length"
    description = "The number of the travel document has the wrong length."


class TravelDocumentCharactersError(TravelDocumentError):
    """Letters and digits in another order than such a document has them."""

    code = "travel_document_characters"
    description = "The number does not look like one of such a travel document."


class TravelDocumentStateError(TravelDocumentError):
    """The issuing state is not three letters of ISO 3166-1, or not one that fits."""

    code = "travel_document_state"
    description = "The issuing state of the travel document is missing or wrong."


class Kind(StrEnum):
    """Which document; the words of `idp.registry.queries.TravelDocument`."""

    PASSPORT = "passport"
    FOREIGN_PASSPORT = "foreign_passport"
    HONG_KONG_MACAO_PERMIT = "hong_kong_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"


@dataclass(frozen=True, slots=True)
class TravelDocumentNumber:
    """A number that is well formed; *issue* counts renewals where the document prints it.

    A permit's *number* stays for life and may be a key; a passport's does not.
    """

    kind: Kind
    number: str = field(repr=False)
    issue: str | None
    state: str

    @property
    def lifelong(self) -> bool:
        """Whether the number outlives the document."""
        return self.kind in _PERMITS


_PERMITS = {Kind.HONG_KONG_MACAO_PERMIT: _HONG_KONG_MACAO, Kind.TAIWAN_PERMIT: _TAIWAN}
_PERMIT_LENGTHS = {Kind.HONG_KONG_MACAO_PERMIT: (9, 11), Kind.TAIWAN_PERMIT: (8, 10)}


def normalise(text: str) -> str:
    """Return *text* without spaces and hyphens, in ASCII capitals."""
    return text.translate(_FOLD)


def mask(number: str) -> str:
    """Return *number* with only its first and last two characters readable."""
    return f"{number[0]}{'*' * (len(number) - 3)}{number[-2:]}" if len(number) > 4 else "****"  # noqa: PLR2004


def parse(kind: Kind, text: str, *, state: str = "CHN") -> TravelDocumentNumber:
    """Return what the number in *text* says, of a document of that *kind*.

    *state* is who issued it, in three letters; only foreign passports need it.

    Raises:
        TravelDocumentError: one of its kinds.
    """
    number = normalise(text) if len(text) <= _LONGEST_INPUT else ""
    if kind in _PERMITS:
        return _permit(kind, number)
    pattern = _CHINESE if kind is Kind.PASSPORT else _FOREIGN
    if not _SHORTEST <= len(number) <= _LONGEST:
        raise TravelDocumentLengthError
    if not pattern.fullmatch(number):
        raise TravelDocumentCharactersError
    if not _STATE.fullmatch(state) or (state == "CHN") is not (kind is Kind.PASSPORT):
        raise TravelDocumentStateError
    return TravelDocumentNumber(kind, number, None, state)


def _permit(kind: Kind, number: str) -> TravelDocumentNumber:
    if len(number) not in _PERMIT_LENGTHS[kind]:
        raise TravelDocumentLengthError
    found = _PERMITS[kind].fullmatch(number)
    if found is None:
        raise TravelDocumentCharactersError
    return TravelDocumentNumber(kind, found[1], found[2], "CHN")
