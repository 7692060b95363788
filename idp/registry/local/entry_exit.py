"""Travel documents and foreigners' residence, as the replica knows them."""

from collections.abc import Iterator
from typing import Any

from idp import clock
from idp.db import Statement
from idp.formats import names
from idp.registry.local.fingerprints import Fingerprint, day, same, spelling
from idp.registry.local.replica import Replica, first, verdict
from idp.registry.local.states import DocumentState
from idp.registry.ports import UnsupportedQueryError
from idp.registry.queries import TravelDocumentQuery
from idp.registry.results import Result, Verdict

_FIND = Statement("""
    SELECT issue, expires, status, rare, birth, name, latin_name FROM travel_document
     WHERE document = :document
""")


class LocalEntryExit(Replica):
    """The register of travel documents, replicated."""

    register = "entry-exit"

    def check(self, query: TravelDocumentQuery) -> Verdict:
        """Say whether a valid document of this number belongs to this traveller.

        Raises:
            AuthorityError: the replica is away or empty.
            UnsupportedQueryError: a portrait is to be compared, which is not done here.
        """
        if query.portrait is not None:
            raise UnsupportedQueryError(detail="portrait")
        try:
            name = names.parse(query.name)
        except names.RealNameError as error:
            return verdict(Result.BAD_INPUT, error.code)
        take = self._maker()
        key = identity(query.document, query.nationality, query.number)
        rows = self._rows(_FIND, document=take("document", key, ""))
        return first(_objections(query, key, name, rows, take))


def identity(document: str, nationality: str, number: str) -> str:
    """Return what tells one document from all others: its kind, its state and its number."""
    return f"{document}:{nationality}:{number.upper()}"


def _objections(
    query: TravelDocumentQuery, key: str, name: names.RealName, rows: list[Any], take: Fingerprint
) -> Iterator[Verdict]:
    """Yield what speaks against a match, the weightiest first."""
    if not rows:
        yield verdict(Result.NO_RECORD)
        return
    present = max(rows, key=lambda row: int(row.issue))
    if present.status != DocumentState.VALID:
        yield verdict(Result.NO_RECORD, DocumentState(present.status).name.lower())
    if present.expires is not None and present.expires < (day(clock.today()) or 0):
        yield verdict(Result.NO_RECORD, "expired")
    mark = take("name", key, spelling(name.text))
    if not (same(present.name, mark) or same(present.latin_name, mark)):
        rare = present.rare or name.rare
        yield (verdict(Result.NO_RECORD, "name_rare") if rare else verdict(Result.MISMATCH, "name"))
    if not same(present.birth, take("birth", key, str(day(query.birth_date)))):
        yield verdict(Result.MISMATCH, "birth_date")
    if query.issue_number is not None and query.issue_number.lstrip("0") != str(
        present.issue or ""
    ):
        yield verdict(Result.MISMATCH, "issue_number")
    if query.expires is not None and day(query.expires) != present.expires:
        yield verdict(Result.MISMATCH, "expires")
