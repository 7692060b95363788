"""Whether upstreams are well: probed by the worker, kept beside them, told to operators."""

import logging
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from config import Settings
from federation.catalogue import entries
from federation.catalogue.catalogue import Catalogue
from federation.catalogue.entries import Entry
from federation.catalogue.errors import ConnectorUnknownError
from federation.catalogue.figures import WELL, count_refusal
from federation.connectors.errors import UpstreamError, UpstreamSetupError
from idp import clock
from idp.db import Database, Statement, Transaction
from idp.errors import IdentityError, UnavailableError
from idp.jobs import queue
from idp.web.checkup import Ailment

KIND = "upstream_probe"
EVERY = 300  # seconds between two probes of an upstream
LOOK = 60
_DUE = Statement("""
    SELECT key FROM connector
     WHERE enabled = :enabled AND (health_at IS NULL OR health_at <= :limit)
     ORDER BY key
""")
_FOUND = Statement("""
    SELECT key, health, health_at FROM connector WHERE enabled = :enabled ORDER BY key
""")

log = logging.getLogger(__name__)


def order_probes(tx: Transaction) -> None:
    """Queue a probe of every upstream on offer that was not looked at lately."""
    for row in tx.all(_DUE, enabled=True, limit=clock.epoch() - EVERY):
        queue.put(tx, KIND, {"connector": row.key})


class Probe:
    """The handler of jobs of kind `upstream_probe`; asked twice, it looks once."""

    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        self._database = database
        self._catalogue = catalogue

    def __call__(self, payload: dict[str, Any]) -> None:
        """Probe one upstream, and keep how it was found."""
        try:
            entry = self._catalogue.find_any(payload["connector"])
        except ConnectorUnknownError:
            return
        with self._database.write() as tx:
            due = entries.may_look(tx, entry.key, every=LOOK)
        if due:
            probed(self._database, entry, lambda: self._catalogue.build(entry).probe())


def probed(database: Database, entry: Entry, probe: Callable[[], None]) -> UpstreamError | None:
    """Run *probe*, keep its outcome, and return what was wrong; say it when that has changed."""
    failure: UpstreamError | None = None
    try:
        probe()
    except UpstreamError as error:
        failure = error
    except (IdentityError, ValueError) as error:
        failure = UpstreamSetupError(detail=f"it cannot be built: {type(error).__name__}")
    health = failure.code if failure else WELL
    with database.write() as tx:
        entries.note_health(tx, entry.key, health)
    if health != (entry.health or WELL):
        detail = failure.detail if failure else ""
        log.log(
            logging.WARNING if failure else logging.INFO,
            *("connector %s is %s: %s", entry.key, health, detail),
        )
    return failure


def tell(connector: str, refusal: IdentityError) -> None:
    """Count somebody who was sent away; what only an operator can mend is an error in the log."""
    count_refusal(connector, refusal.code)
    if isinstance(refusal, UpstreamSetupError):
        log.error("connector %s is not set up correctly: %s", connector, refusal.detail)


def examine(settings: Settings) -> str:
    """Say how the upstreams on offer were found, for `manyou doctor`.

    Raises:
        Ailment: one of them is ill.
    """
    try:
        with closing(Database(settings.database, threads=1)) as database, database.read() as tx:
            rows = list(tx.all(_FOUND, enabled=True))
    except UnavailableError as error:
        raise Ailment(f"{error.detail}; is MANYOU_DATABASE_URL right, and migrated?") from None
    ill = [row for row in rows if row.health not in ("", WELL)]
    if ill:
        told = ", ".join(f"{row.key} ({row.health} at {_moment(row.health_at)})" for row in ill)
        raise Ailment(f"{told}; run `manyou connector test KEY`")
    unknown = sum(1 for row in rows if not row.health)
    return f"{len(rows)} on offer, {unknown} not probed yet (the worker does)"


def _moment(seconds: int | None) -> str:
    return f"{datetime.fromtimestamp(seconds or 0, UTC):%FT%TZ}"
