"""A department asks whether somebody was seen alive since some day: a name check, and a proof.

The register says that name and number are those of one living person; the proof says when that
person last showed themself. The proofs are kept by the wing of face scans, behind a socket.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from idp import clock
from idp.db import Chain, Database, Transaction
from idp.proofing.checks import asking, questions
from idp.proofing.checks.asking import CLAIMING
from idp.proofing.checks.concluding import NO_PROOF
from idp.proofing.checks.errors import CheckInputError
from idp.proofing.checks.office import Caller, Office
from idp.proofing.checks.questions import FieldError, Question
from idp.proofing.checks.verdicts import Told
from idp.registry.ports import Population
from idp.registry.queries import PersonQuery
from idp.registry.results import Result, Verdict

ASKED = ("name", "id_number", "since", "within_days")
FURTHER = ("alive",)
_MOST_DAYS = 3660


class Proofs(Protocol):
    """What we need of the wing that keeps proofs of being alive; wsgi plugs it in."""

    def holds(self, tx: Transaction, id_number: str, since: int | None) -> bool:
        """Say whether somebody was seen alive at or after *since*; None: whether a proof lasts."""

    def remind(self, tx: Transaction, client_id: str, id_number: str, purpose: str) -> None:
        """Let somebody be reminded for a department that will ask again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AliveQuestion:
    """A question; *since* is a moment, or None where any proof that lasts will do."""

    question: Question
    since: int | None
    remind: bool


@dataclass(slots=True)
class _Alive:
    """The register, and then the proofs."""

    population: Population
    database: Database
    proofs: Proofs
    since: int | None
    known: bool = field(default=False, init=False)
    source: str = field(default="population", init=False)

    def check(self, query: PersonQuery) -> Verdict:
        verdict = self.population.check(query)
        if verdict.result is not Result.MATCH:
            return verdict
        self.known = True
        with self.database.read() as tx:
            proven = self.proofs.holds(tx, query.id_number, self.since)
        if proven:
            return verdict
        return replace(verdict, result=Result.NO_RECORD, reason=NO_PROOF)


def read(document: Mapping[str, Any]) -> AliveQuestion:
    """Return the question that *document* asks.

    Raises:
        CheckInputError: it says which members are wrong, and how.
    """
    found = questions.members(document, _READERS)
    if "since" in found and "within_days" in found:
        raise CheckInputError({"within_days": "one_of_two"})
    since = found.get("since")
    if "within_days" in found:
        since = clock.epoch() - found["within_days"] * 86_400
    return AliveQuestion(
        question=questions.framed(document, found, ASKED, FURTHER),
        since=since,
        remind=found.get("remind", False),
    )


def ask(
    office: Office,
    proofs: Proofs,
    caller: Caller,
    idempotency: bytes,
    asked: AliveQuestion,
    *,
    sentence: Chain = CLAIMING,
    **condition: Any,
) -> Told:
    """Answer *asked*, or answer it again; see `asking.ask`.

    Raises:
        IdentityError: as `asking.ask` does.
    """
    register = _Alive(office.population, office.database, proofs, asked.since)
    told = asking.ask(
        replace(office, population=register),
        caller,
        idempotency,
        asked.question,
        sentence=sentence,
        **condition,
    )
    if asked.remind and register.known and not told.replayed:
        question = asked.question
        with office.database.write() as tx:
            proofs.remind(tx, caller.client_id, question.person.id_number, question.purpose)
    return told


def _since(value: object) -> int:
    """Read a day, and return when it began where our citizens live."""
    day, today = questions.day(value), clock.today()
    if day is None or not today - timedelta(days=_MOST_DAYS) <= day <= today:
        raise FieldError("day_invalid")
    return int(datetime(day.year, day.month, day.day, tzinfo=clock.SHANGHAI).timestamp())


def _days(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MOST_DAYS:
        raise FieldError("days_invalid")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise FieldError("not_true_or_false")
    return value


_READERS: Mapping[str, questions.Reader] = {
    **questions.WHO,
    **questions.WHY,
    "since": _since,
    "within_days": _days,
    "remind": _flag,
}
