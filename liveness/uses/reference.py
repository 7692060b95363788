"""Ask the population register whether the face just captured is that of the person claimed."""

from dataclasses import dataclass, replace

from idp.registry.ports import Population
from idp.registry.queries import PersonQuery
from idp.registry.results import Result, Verdict
from liveness.scans.orders import Capture


@dataclass(slots=True)
class Asked:
    """A register as scans ask it.

    One that gives no answer is asked once more: later it could be asked only with a new scan,
    since no picture is kept. What is perhaps the same face is another face: a "nearly" would show
    whoever tries pictures out which way to go.
    """

    population: Population
    source: str = "population"

    def check(self, query: PersonQuery) -> Verdict:
        verdict = self.population.check(query)
        if verdict.result is Result.SOURCE_DOWN:
            verdict = self.population.check(query)
        if verdict.result is Result.FACE_GREY:
            return replace(verdict, result=Result.FACE_MISMATCH)
        return verdict


def compare(population: Population, capture: Capture) -> Verdict:
    """Return what the register says."""
    claimed = capture.order.claimed
    query = PersonQuery(
        name=claimed.name,
        id_number=claimed.id_number,
        portrait=capture.picture,
        probe=capture.probe,
    )
    return Asked(population).check(query)
