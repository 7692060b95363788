"""What an authority can be asked: well-formed, normalised questions (`idp.formats`)."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from idp.registry.results import Result


@dataclass(frozen=True, slots=True)
class Validity:
    """The period printed on a card; *ends* is None where it says "long-term"."""

    begins: date
    ends: date | None


class Probe(Protocol):
    """A face captured now, which knows how to compare itself with a portrait that is kept."""

    def against(self, reference: bytes) -> Result:
        """Return MATCH or FACE_MISMATCH; NO_PHOTO if *reference*, a picture, shows no usable face.

        Raises:
            AuthorityError: nobody could look at it just now.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonQuery:
    """Is this one person? *id_number* as GB 11643-1999 writes it, *phone* in E.164.

    *portrait* is a baseline JPEG, taken now, for authorities that compare it themselves with
    the one they keep; a store of ours asks *probe*, which comes along with it.
    """

    name: str = field(repr=False)
    id_number: str = field(repr=False)
    phone: str | None = field(default=None, repr=False)
    validity: Validity | None = field(default=None, repr=False)
    portrait: bytes | None = field(default=None, repr=False)
    probe: Probe | None = field(default=None, repr=False)

    @property
    def elements(self) -> tuple[str, ...]:
        """The elements asked about, in the words of verification records."""
        given = {"phone": self.phone, "validity": self.validity, "portrait": self.portrait}
        return ("name", "id_number", *(word for word, value in given.items() if value is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalPersonQuery:
    """Is this one enterprise? *credit_code* is its unified code (GB 32100-2015)."""

    name: str
    credit_code: str
    representative: str | None = field(default=None, repr=False)
    representative_id_number: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialSecurityQuery:
    """Is this person insured, under this card? *region* is six digits of GB/T 2260."""

    name: str = field(repr=False)
    id_number: str = field(repr=False)
    card_number: str | None = field(default=None, repr=False)
    region: str | None = None


class TravelDocument(StrEnum):
    """What somebody crosses the border with."""

    PASSPORT = "passport"
    FOREIGN_PASSPORT = "foreign_passport"
    HONG_KONG_MACAO_PERMIT = "hong_kong_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    FOREIGN_RESIDENCE = "foreign_permanent_residence"


@dataclass(frozen=True, slots=True, kw_only=True)
class TravelDocumentQuery:
    """Is this one traveller? *number* is the lifelong part, *issue_number* counts renewals.

    *nationality* is ISO 3166-1 alpha-3; *name* is as the document prints it, Han or Latin.
    """

    document: TravelDocument
    number: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: date = field(repr=False)
    nationality: str = "CHN"
    issue_number: str | None = None
    expires: date | None = None
    portrait: bytes | None = field(default=None, repr=False)
