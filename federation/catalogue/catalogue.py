"""The catalogue as one process knows it: never more than a second old, connectors built once."""

import logging
import threading
from dataclasses import dataclass
from typing import Any, cast

from flask import current_app

from federation.catalogue import entries
from federation.catalogue.entries import Entry
from federation.catalogue.errors import ConnectorUnknownError
from federation.catalogue.figures import show_health
from federation.connectors.errors import UpstreamError
from federation.connectors.line import Line
from federation.connectors.ports import Connector
from idp import clock
from idp.crypto import Vault
from idp.db import Database
from idp.errors import IdentityError
from idp.web.outbound import Outbound

KEY = "manyou.catalogue"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Upstream:
    """An entry, and the connector that speaks to it."""

    entry: Entry
    connector: Connector


class Catalogue:
    """Finds upstreams; a row that did not change keeps its connector, with all that it learned."""

    def __init__(self, database: Database, vault: Vault, outbound: Outbound) -> None:
        self._database = database
        self._vault = vault
        self._outbound = outbound
        self._lock = threading.Lock()
        self._second = -1
        self._offered: tuple[Upstream, ...] = ()
        self._built: dict[str, tuple[Any, Upstream | None]] = {}

    def offered(self) -> tuple[Upstream, ...]:
        """Return the upstreams that are switched on, in the order of the pages."""
        with self._lock:
            second = clock.epoch()
            if second != self._second:
                self._offered = self._read()
                self._second = second
            return self._offered

    def find(self, key: str) -> Upstream:
        """Return the upstream *key* that is switched on.

        Raises:
            ConnectorUnknownError: there is none.
        """
        for upstream in self.offered():
            if upstream.entry.key == key:
                return upstream
        raise ConnectorUnknownError(detail="not offered")

    def find_any(self, key: str) -> Entry:
        """Return what is known of *key*, whether it is offered or not: to show its name.

        Raises:
            ConnectorUnknownError: there is none.
        """
        with self._database.read() as tx:
            return entries.find(tx, self._vault, key)

    def build(self, entry: Entry) -> Connector:
        """Build the connector of *entry*.

        Raises:
            UpstreamError: a key or certificate in its options is none.
        """
        return entry.kind.build(entry.options, Line(entry.key, self._outbound))

    def _read(self) -> tuple[Upstream, ...]:
        with self._database.read() as tx:
            rows = [row for row in entries.rows(tx) if row.enabled]
        for row in rows:
            show_health(row.key, row.health)
        return tuple(filter(None, map(self._upstream, rows)))

    def _upstream(self, row: Any) -> Upstream | None:
        """Return what a row stands for; one that cannot be built is left out, and said once."""
        mark = (row.options_sealed, row.trust_json, row.updated_at)
        known = self._built.get(row.key)
        if known is not None and known[0] == mark:
            return known[1]
        upstream: Upstream | None = None
        try:
            entry = entries.read_row(self._vault, row)
            upstream = Upstream(entry, self.build(entry))
        except (UpstreamError, IdentityError, ValueError, KeyError) as error:
            log.error("connector %s cannot be used: %s", row.key, type(error).__name__)  # noqa: TRY400
        self._built[row.key] = (mark, upstream)
        return upstream


def catalogue() -> Catalogue:
    """Return the catalogue of the application at work."""
    return cast(Catalogue, current_app.extensions[KEY])
