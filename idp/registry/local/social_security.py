"""The insured, as the replica knows them."""

from collections.abc import Iterator
from typing import Any

from idp.db import Statement
from idp.formats import id_numbers, names
from idp.registry.local.fingerprints import Fingerprint, same, spelling
from idp.registry.local.replica import Replica, first, verdict
from idp.registry.local.states import Insurance
from idp.registry.queries import SocialSecurityQuery
from idp.registry.results import Result, Verdict

_FIND = Statement("SELECT region, status, rare, name, card FROM insured WHERE person = :person")


class LocalSocialSecurity(Replica):
    """The register of social security, replicated."""

    register = "social-security"

    def check(self, query: SocialSecurityQuery) -> Verdict:
        """Say whether this person is insured, under this card if one is named.

        Raises:
            AuthorityError: the replica is away or empty.
        """
        try:
            name = names.parse(query.name)
        except names.RealNameError as error:
            return verdict(Result.BAD_INPUT, error.code)
        take = self._maker()
        number = id_numbers.normalise(query.id_number)
        rows = self._rows(_FIND, person=take("person", number, ""))
        return first(_objections(query, number, name, rows, take))


def _objections(
    query: SocialSecurityQuery,
    number: str,
    name: names.RealName,
    rows: list[Any],
    take: Fingerprint,
) -> Iterator[Verdict]:
    """Yield what speaks against a match, the weightiest first."""
    if query.region is not None:
        rows = [row for row in rows if row.region == query.region]
    living = [row for row in rows if row.status != Insurance.ENDED]
    if not living:
        yield verdict(Result.NO_RECORD, "ended" if rows else "")
    mark = take("name", number, spelling(name.text))
    named = [row for row in living if same(row.name, mark)]
    if not named:
        rare = name.rare or any(row.rare for row in living)
        yield (verdict(Result.NO_RECORD, "name_rare") if rare else verdict(Result.MISMATCH, "name"))
    if query.card_number is not None:
        card = take("card", number, query.card_number.upper())
        if all(row.card is None for row in named):
            yield verdict(Result.NO_RECORD, "card_unknown")
        if not any(same(row.card, card) for row in named):
            yield verdict(Result.MISMATCH, "card")
