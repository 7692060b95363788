"""Empties the outbox, at least once, in several threads and beside any number of workers."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, runtime_checkable

import orjson

from config.rooms import WorkerSettings
from idp import clock
from idp.db import Database
from idp.errors import IdentityError, UnavailableError
from idp.jobs import queue
from idp.jobs.errors import HopelessError
from idp.jobs.queue import Claim
from idp.jobs.timers import Timer

log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any]], None]
LEASE = 60  # seconds; longer than any handler takes
_THREADS = 4
_OUTAGE = 2.0  # seconds between looks at a database that is away


@runtime_checkable
class Mourner(Protocol):
    """A handler that wants to know when its job was given up."""

    def failed(self, payload: dict[str, Any], attempts: int) -> None:
        """Take note; the job will not be tried again."""


class Worker:
    """Claims due jobs and hands each to the handler of its kind.

    A handler that returns has done its job; one that raises is tried again, each time after
    twice the wait. A job whose worker dies is due again when the lease runs out, so a handler
    must bear being called twice.
    """

    def __init__(
        self,
        database: Database,
        settings: WorkerSettings,
        handlers: Mapping[str, Handler],
        timers: Sequence[Timer] = (),
    ) -> None:
        self._database = database
        self._settings = settings
        self._handlers = handlers
        self._timers = timers
        self._shared = database.engine.dialect.name == "postgresql"
        self._rung: dict[int, int] = {}
        self._stop = threading.Event()

    def run_once(self) -> int:
        """Claim one batch, see to it, and return how many jobs that were."""
        most = self._settings.batch
        with self._database.write() as tx:
            claimed = queue.claim(tx, most=most, lease=LEASE, shared=self._shared)
        if len(claimed) == 1:
            self._attend(claimed[0])
        elif claimed:
            with ThreadPoolExecutor(_THREADS, thread_name_prefix="job") as pool:
                list(pool.map(self._attend, claimed))
        return len(claimed)

    def run_forever(self, stop: threading.Event) -> None:
        """Work until *stop* is set: finish what was begun, give back what was only claimed."""
        self._stop = stop
        while not stop.is_set():
            try:
                self.run_timers()
                busy = self.run_once()
            except UnavailableError as error:
                log.warning("database away: %s", error.detail)
                stop.wait(_OUTAGE)
            except Exception:
                log.exception("the worker stumbled")
                stop.wait(_OUTAGE)
            else:
                if not busy:
                    stop.wait(self._settings.poll_interval)

    def run_timers(self) -> None:
        """Run the timers that are due; one that fails is tried again in its next turn."""
        now = clock.epoch()
        for position, (interval, timer) in enumerate(self._timers):
            if 0 <= now - self._rung.get(position, -interval) < interval:
                continue
            self._rung[position] = now
            try:
                with self._database.write() as tx:
                    timer(tx)
            except UnavailableError:
                raise
            except Exception:
                log.exception("timer %r", timer)

    def _attend(self, held: Claim) -> None:
        """See to one job; whatever happens, the others go on."""
        try:
            with self._database.write() as tx:
                if self._stop.is_set():
                    return queue.release(tx, held)
                if not queue.renew(tx, held, LEASE):
                    return None  # waited too long for a free thread; somebody else has it
            self._try(held)
        except Exception:
            log.exception("job %s is left to its lease", held.job_id)
        return None

    def _try(self, held: Claim) -> None:
        payload = orjson.loads(held.payload)
        if held.attempts > self._settings.attempts:  # its workers died of it, or were killed
            return self._give_up(held, payload, "no worker survived it")
        try:
            handler = self._handlers.get(held.kind)
            if handler is None:
                raise HopelessError(detail=f"nobody does {held.kind}")  # noqa: TRY301
            handler(payload)
        except HopelessError as error:
            return self._give_up(held, payload, _describe(error))
        except Exception as error:
            if not isinstance(error, IdentityError):
                log.exception("job %s (%s)", held.job_id, held.kind)
            return self._try_again(held, payload, _describe(error))
        with self._database.write() as tx:
            return queue.done(tx, held)

    def _try_again(self, held: Claim, payload: dict[str, Any], error: str) -> None:
        settings = self._settings
        if held.attempts >= settings.attempts:
            return self._give_up(held, payload, error)
        delay = min(settings.first_retry << (held.attempts - 1), settings.longest_retry)
        log.info("job %s (%s) again in %d s: %s", held.job_id, held.kind, delay, error)
        with self._database.write() as tx:
            return queue.retry(tx, held, delay=delay, error=error)

    def _give_up(self, held: Claim, payload: dict[str, Any], error: str) -> None:
        log.error("job %s (%s) given up: %s", held.job_id, held.kind, error)
        with self._database.write() as tx:
            ours = queue.fail(tx, held, error=error)
        handler = self._handlers.get(held.kind)
        if ours and isinstance(handler, Mourner):
            handler.failed(payload, held.attempts)


def _describe(error: Exception) -> str:
    """Return what may be kept of *error*: foreign messages could quote personal data."""
    if isinstance(error, IdentityError):
        return f"{error.code}: {error.detail or error.description}"
    return type(error).__name__
