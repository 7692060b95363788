"""The job that answers a batch: a slice of a second's worth, then the next job of its line.

A worker that dies leaves its slice to the next: an item's own key lets each be asked and
answered once, however many workers try.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from idp import clock
from idp.clients.party import RelyingParty
from idp.clients.verification import permission_of
from idp.db import Statement, Transaction
from idp.errors import IdentityError, UnavailableError
from idp.jobs import queue
from idp.proofing.checks import asking, batches, questions
from idp.proofing.checks.errors import (
    AuthorityBusyError,
    AuthorityDownError,
    CheckNotPermittedError,
    GuessingError,
    IdempotencyInProgressError,
    QuotaExceededError,
)
from idp.proofing.checks.office import Caller, Office

_TURN = 20  # seconds; well within a job's lease
_LONGEST_WAIT = 600
_LATER = (QuotaExceededError, AuthorityDownError, AuthorityBusyError, UnavailableError)
_BEGIN = Statement("""
    UPDATE check_batch SET state = 'running'
     WHERE batch_id = :batch_id AND turn = :turn AND finished_at IS NULL
""")
_WAITING = Statement("""
    SELECT position, sealed FROM check_batch_item
     WHERE batch_id = :batch_id AND state = 'waiting' ORDER BY position LIMIT :most
""")
_NEXT_TURN = Statement("""
    UPDATE check_batch SET turn = turn + 1
     WHERE batch_id = :batch_id AND turn = :turn AND finished_at IS NULL
""")
_SETTLE = Statement("""
    UPDATE check_batch_item SET state = :state, check_id = :check_id, error = :error, sealed = NULL
     WHERE batch_id = :batch_id AND position = :position AND state = 'waiting'
""")


class _LaterError(Exception):
    """The rest of the slice makes no sense before *seconds* have passed."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """Handles the jobs of `batches.KIND`."""

    office: Office
    find_client: Callable[[str], RelyingParty | None]

    def __call__(self, payload: dict[str, Any]) -> None:
        """Answer the next items of a batch, and put the job that goes on."""
        office, batch_id, turn = self.office, payload["batch_id"], payload["turn"]
        with office.database.write() as tx:
            if not tx.run(_BEGIN, batch_id=batch_id, turn=turn):
                return  # over, or another job goes on with it
        client = self.find_client(payload["client_id"])
        permission = permission_of(client.metadata) if client else None
        if permission is None:
            self._stop(batch_id, CheckNotPermittedError.code)
            return
        caller, delay = Caller(payload["client_id"], permission), 1
        try:
            self._answer_slice(caller, batch_id)
        except _LaterError as later:
            delay = max(1, min(later.seconds, _LONGEST_WAIT))
        except GuessingError as error:
            self._stop(batch_id, error.code)
            return
        with office.database.write() as tx:
            _go_on(tx, payload, delay)

    def failed(self, payload: dict[str, Any], attempts: int) -> None:
        """Let a batch be over whose job was given up."""
        self._stop(payload["batch_id"], UnavailableError.code)

    def _answer_slice(self, caller: Caller, batch_id: str) -> None:
        most, until = self.office.settings.verification.batch_pace, clock.epoch() + _TURN
        with self.office.database.read() as tx:
            rows = tx.all(_WAITING, batch_id=batch_id, most=most)
        for row in rows:
            if clock.epoch() >= until:
                return
            self._answer(caller, batch_id, row)

    def _answer(self, caller: Caller, batch_id: str, row: Any) -> None:
        """Ask one item's question; what was only put off stays waiting."""
        owner = f"{batch_id}:{row.position}"
        text = self.office.vault.open(bytes(row.sealed), field=batches.FIELD, owner=owner)
        try:
            told = asking.ask(
                self.office,
                caller,
                sha256(f"batch\0{owner}".encode()).digest(),
                questions.read(orjson.loads(text)),
                batch_id=batch_id,
            )
        except IdempotencyInProgressError:
            return
        except _LATER as error:
            raise _LaterError(error.retry_after or 1) from None
        except GuessingError:
            raise
        except IdentityError as error:
            outcome = {"state": "refused", "check_id": None, "error": batches.describe(error)}
        else:
            outcome = {"state": "answered", "check_id": told.check_id, "error": ""}
        with self.office.database.at_once() as tx:
            tx.run(_SETTLE, batch_id=batch_id, position=row.position, **outcome)

    def _stop(self, batch_id: str, code: str) -> None:
        with self.office.database.write() as tx:
            batches.end(tx, batch_id, "stopped", code)


def _go_on(tx: Transaction, payload: dict[str, Any], delay: int) -> None:
    """Put the next job, or end the batch; of several jobs for one turn only one does."""
    batch_id, turn = payload["batch_id"], payload["turn"]
    if not tx.run(_NEXT_TURN, batch_id=batch_id, turn=turn):
        return
    if tx.all(_WAITING, batch_id=batch_id, most=1):
        queue.put(tx, batches.KIND, {**payload, "turn": turn + 1}, delay=delay)
    else:
        batches.end(tx, batch_id, "done")
