"""Ask the population register whether the face just captured is that of the person claimed."""

from idp.registry.ports import Population
from idp.registry.queries import PersonQuery
from idp.registry.results import Result, Verdict
from liveness.scans.orders import Capture


def compare(population: Population, capture: Capture) -> Verdict:
    """Return what the register says; one that gave no answer is asked once more.

    Later it could be asked only with a new scan, since no picture is kept.
    """
    claimed = capture.order.claimed
    query = PersonQuery(
        name=claimed.name,
        id_number=claimed.id_number,
        portrait=capture.picture,
        probe=capture.probe,
    )
    verdict = population.check(query)
    return population.check(query) if verdict.result is Result.SOURCE_DOWN else verdict
