"""How many faces are stored, towards the number from which Order 19 of 2025 wants a filing.

Registered portraits are the only faces that are ever stored here: templates live in the memory
of one comparison, and scans leave none.
"""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

import psycopg
from prometheus_client import Gauge

from config import Settings
from idp.db import Database, Transaction
from idp.errors import UnavailableError
from idp.registry.local import portraits
from idp.web.checkup import Ailment

_AWAY = (UnavailableError, psycopg.Error)  # the latter: its tables are missing
_NEAR = 0.9  # of the threshold; filing is due within 30 working days after reaching it
_STORED = Gauge(
    "manyou_faces_stored",
    "Portraits kept in the reference identity store; templates are never stored.",
    multiprocess_mode="mostrecent",
)
_THRESHOLD = Gauge(
    "manyou_faces_to_file",
    "Stored faces from which the operator must file with the provincial authority.",
    multiprocess_mode="mostrecent",
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Filing:
    """How near the duty to file is."""

    portraits: int
    templates: int
    threshold: int

    @property
    def stored(self) -> int:
        return self.portraits + self.templates

    @property
    def due(self) -> bool:
        """Whether the operator must have filed, or has 30 working days left for it."""
        return self.stored >= self.threshold

    @property
    def near(self) -> bool:
        """Whether nine tenths are reached: the time to prepare."""
        return self.stored >= self.threshold * _NEAR

    @property
    def words(self) -> str:
        """Say it to an operator."""
        count = f"{self.stored} faces stored, filing is due from {self.threshold}"
        if self.due:
            return f"{count}: file with the provincial authority within 30 working days"
        return f"{count}: prepare to file" if self.near else count


def count(settings: Settings) -> Filing:
    """Count what is stored, now.

    Raises:
        UnavailableError: the reference identity store does not answer.
    """
    with _store(settings) as tx:
        kept = portraits.count(tx)
    return Filing(portraits=kept, templates=0, threshold=settings.liveness.faces_to_file)


def examine(settings: Settings) -> str:
    """Say how near the duty to file is, for `manyou doctor`; whether it was met we do not know.

    Raises:
        Ailment: nothing could be counted.
    """
    try:
        return count(settings).words
    except _AWAY as error:
        reason = str(error).split("\n", 1)[0]
        raise Ailment(f"{reason}; is MANYOU_REGISTRY_DATABASE_URL right, and migrated?") from None


def told(settings: Settings) -> dict[str, object]:
    """Return the figures, for `manyou liveness status`; null where none could be counted."""
    try:
        found = count(settings)
    except _AWAY:
        return {"portraits": None, "to_file_from": settings.liveness.faces_to_file}
    return {
        "portraits": found.portraits,
        "templates": found.templates,
        "to_file_from": found.threshold,
        "near": found.near,
        "due": found.due,
    }


def observe(settings: Settings) -> Filing:
    """Count, show the figures to whoever scrapes them, and warn in the log when it is time."""
    found = count(settings)
    with suppress(OSError):  # a full disk must cost the figures only
        _STORED.set(found.stored)
        _THRESHOLD.set(found.threshold)
    if found.near:
        log.warning("%s", found.words)
    return found


def watch(_tx: Transaction, *, settings: Settings) -> None:
    """Observe, for the worker; a reference store that is away will be asked again."""
    with suppress(*_AWAY):
        observe(settings)


@contextmanager
def _store(settings: Settings) -> Iterator[Transaction]:
    opened = Database(settings.registry_database, threads=1, read_only=True)
    with closing(opened), opened.read() as tx:
        yield tx
