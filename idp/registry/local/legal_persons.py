"""Enterprises and organisations, as the replica knows them."""

import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any

from idp.db import Statement
from idp.formats import id_numbers
from idp.registry.local.fingerprints import Fingerprint, same, spelling
from idp.registry.local.replica import Replica, first, verdict
from idp.registry.ports import LegalPerson
from idp.registry.queries import LegalPersonQuery
from idp.registry.results import Result, Verdict

_FIND = Statement("""
    SELECT credit_code, name, representative, representative_number, kind, status, active,
           established FROM legal_person WHERE credit_code = :credit_code
""")


class LocalLegalPersons(Replica):
    """The register of legal persons, replicated."""

    register = "legal-persons"

    def check(self, query: LegalPersonQuery) -> Verdict:
        """Say whether all that *query* tells belongs to one active enterprise.

        Raises:
            AuthorityError: the replica is away or empty.
        """
        take = self._maker()
        rows = self._rows(_FIND, credit_code=query.credit_code)
        return first(_objections(query, rows, take))

    def find(self, credit_code: str) -> LegalPerson | None:
        """Return what the registry tells of *credit_code*, or None.

        Raises:
            AuthorityError: the replica is away or empty.
        """
        self._maker()
        rows = self._rows(_FIND, credit_code=credit_code)
        return _legal_person(rows[0]) if rows else None


def _objections(query: LegalPersonQuery, rows: list[Any], take: Fingerprint) -> Iterator[Verdict]:
    """Yield what speaks against a match, the weightiest first."""
    if not rows:
        yield verdict(Result.NO_RECORD)
        return
    row = rows[0]
    if not row.active:
        yield verdict(Result.NO_RECORD, "inactive")
    if folded(row.name) != folded(query.name):
        yield verdict(Result.MISMATCH, "name")
    asked = query.representative
    if asked is not None and folded(row.representative) != folded(asked):
        yield verdict(Result.MISMATCH, "representative")
    if query.representative_id_number is not None:
        if row.representative_number is None:
            yield verdict(Result.NO_RECORD, "representative_unknown")
        number = id_numbers.normalise(query.representative_id_number)
        if not same(row.representative_number, take("number", row.credit_code, number)):
            yield verdict(Result.MISMATCH, "representative_id_number")


def folded(name: str) -> str:
    """Return *name* as companies' names are compared: brackets of either width, no spaces."""
    return spelling("".join(unicodedata.normalize("NFKC", name).split()))


def _legal_person(row: Any) -> LegalPerson:
    return LegalPerson(
        credit_code=row.credit_code,
        name=row.name,
        representative=row.representative,
        kind=row.kind,
        status=row.status,
        active=bool(row.active),
        established=_date(row.established),
    )


def _date(day: int | None) -> date | None:
    return None if not day else date(day // 10_000, day // 100 % 100, day % 100)
