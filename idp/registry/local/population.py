"""Citizens, residents and their cards, as the replica knows them."""

from collections.abc import Iterator
from typing import Any

from idp.db import Statement
from idp.formats import id_numbers, names
from idp.registry.local import portraits
from idp.registry.local.fingerprints import Fingerprint, period, same, spelling
from idp.registry.local.replica import Replica, first, verdict
from idp.registry.local.states import Life
from idp.registry.ports import UnsupportedQueryError
from idp.registry.queries import PersonQuery
from idp.registry.results import Result, Verdict

_FIND = Statement("""
    SELECT begins, ends, status, rare, name, phone, validity FROM resident WHERE person = :person
""")


class LocalPopulation(Replica):
    """The register of population, replicated."""

    register = "population"

    def check(self, query: PersonQuery) -> Verdict:
        """Say whether all elements of *query* belong to one living, registered person.

        Raises:
            AuthorityError: the replica is away or empty.
            UnsupportedQueryError: a portrait came without the probe that could compare it.
        """
        if query.portrait is not None and query.probe is None:
            raise UnsupportedQueryError(detail="a portrait without a probe")
        try:
            name = names.parse(query.name)
        except names.RealNameError as error:
            return verdict(Result.BAD_INPUT, error.code)
        number = id_numbers.normalise(query.id_number)
        fingerprint = self._maker()
        person = fingerprint("person", number, "")
        rows = self._rows(_FIND, person=person)
        found = first(_objections(query, number, name, rows, fingerprint))
        if query.portrait is None or query.probe is None or found.result is not Result.MATCH:
            return found
        kept = self._reading(lambda tx: portraits.find(tx, self._vault, person))
        # No connection is held while the faces are looked at.
        result = Result.NO_PHOTO if kept is None else query.probe.against(kept)
        return found if result is Result.MATCH else verdict(result)


def _objections(
    query: PersonQuery, number: str, name: names.RealName, rows: list[Any], take: Fingerprint
) -> Iterator[Verdict]:
    """Yield what speaks against a match, the weightiest first."""
    if not rows:
        yield verdict(Result.NO_RECORD)
        return
    present, *former = sorted(rows, key=lambda row: (row.ends is not None, -row.begins))
    if present.status != Life.ALIVE:
        yield verdict(Result.NO_RECORD, Life(present.status).name.lower())
    mark = take("name", number, spelling(name.text))
    if not same(present.name, mark):
        if present.rare or name.rare:
            yield verdict(Result.NO_RECORD, "name_rare")
        known = any(same(row.name, mark) for row in former)
        yield verdict(Result.MISMATCH, "former_name" if known else "name")
    for element, kept, asked in _further(query, present):
        if kept is None:
            yield verdict(Result.NO_RECORD, f"{element}_unknown")
        if not same(kept, take(element, number, asked)):
            yield verdict(Result.MISMATCH, element)


def _further(query: PersonQuery, row: Any) -> Iterator[tuple[str, bytes | None, str]]:
    """Yield the elements that are asked about beside name and number."""
    if query.phone is not None:
        yield "phone", row.phone, query.phone
    if query.validity is not None:
        yield "validity", row.validity, period(query.validity.begins, query.validity.ends)
