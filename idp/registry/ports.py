"""The four ports of the reference identity store, and what stands behind them together.

An implementation answers with a `Verdict` and never acts. It may raise `AuthorityError`
when the authority gave no usable answer; `sources` turns that into SOURCE_DOWN, so
whoever holds a port from `Sources` meets verdicts only.
"""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from idp.registry.queries import (
    LegalPersonQuery,
    PersonQuery,
    SocialSecurityQuery,
    TravelDocumentQuery,
)
from idp.registry.results import Verdict
from idp.web.outbound import OutboundFailedError


class AuthorityError(OutboundFailedError):
    """An authority is away, or answered with something that is no answer."""

    code = "authority_unavailable"
    description = "The authority that would check this does not answer at the moment."
    reason = "unusable"
    """Why, in a word, for the record."""


class UnsupportedQueryError(AuthorityError):
    """A source cannot check these elements; it was not asked, and is none the worse."""

    reason = "elements_unsupported"


class RateLimitedError(AuthorityError):
    """The authority is well, but has been asked too much by us."""

    reason = "rate_limited"


class Population(Protocol):
    """The register of citizens, residents and their cards."""

    source: str

    def check(self, query: PersonQuery) -> Verdict:
        """Say whether all elements of *query* belong to one living, registered person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalPerson:
    """An enterprise or organisation as its registry describes it; *active* if it may act."""

    credit_code: str
    name: str
    representative: str
    kind: str
    status: str
    active: bool
    established: date | None


class LegalPersons(Protocol):
    """The register of enterprises and organisations."""

    source: str

    def check(self, query: LegalPersonQuery) -> Verdict:
        """Say whether all that *query* tells belongs to one active enterprise."""

    def find(self, credit_code: str) -> LegalPerson | None:
        """Return what the registry tells of *credit_code*, or None.

        Raises:
            AuthorityError: it gives no answer.
        """


class SocialSecurity(Protocol):
    """The register of the insured."""

    source: str

    def check(self, query: SocialSecurityQuery) -> Verdict:
        """Say whether this person is insured, under this card if one is named."""


class EntryExit(Protocol):
    """The register of travel documents and of foreigners' residence."""

    source: str

    def check(self, query: TravelDocumentQuery) -> Verdict:
        """Say whether a valid document of this number belongs to this traveller."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The reference identity store, as the rest of the house holds it."""

    population: Population
    legal_persons: LegalPersons
    social_security: SocialSecurity
    entry_exit: EntryExit
