"""Many questions at once: taken in sealed, answered in the background, read page by page."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from idp import clock
from idp.crypto import Vault
from idp.db import Statement, Transaction, new_id
from idp.errors import IdentityError
from idp.jobs import queue
from idp.proofing.checks import asking, questions
from idp.proofing.checks.errors import (
    BatchInputError,
    BatchUnknownError,
    CheckInputError,
    IdempotencyKeyReusedError,
)
from idp.proofing.checks.office import Caller, Office
from idp.proofing.checks.verdicts import again

KIND = "verification.batch"
FIELD = "check_batch_item"
_LONGEST_ERROR = 64
_INSERT = Statement("""
    INSERT INTO check_batch (batch_id, client_id, idempotency, request_mac, state, turn, total,
                             created_at)
    VALUES (:batch_id, :client_id, :idempotency, :request_mac, 'waiting', 0, :total, :now)
    ON CONFLICT (idempotency) DO NOTHING
""")
_INSERT_ITEM = Statement("""
    INSERT INTO check_batch_item (batch_id, position, sealed, state, error)
    VALUES (:batch_id, :position, :sealed, :state, :error)
""")
_BY_KEY = Statement("""
    SELECT batch_id, request_mac FROM check_batch WHERE idempotency = :idempotency
""")
_FIND = Statement("""
    SELECT batch_id, state, turn, total, created_at, finished_at FROM check_batch
     WHERE batch_id = :batch_id AND client_id = :client_id
""")
_COUNT = Statement("""
    SELECT state, COUNT(*) AS items FROM check_batch_item WHERE batch_id = :batch_id GROUP BY state
""")
_PAGE = Statement("""
    SELECT i.position, i.state, i.error, c.check_id, c.result, c.elements, c.purpose,
           c.legal_basis, c.answered_at, c.receipt, c.nonce_sealed
      FROM check_batch_item i LEFT JOIN department_check c ON c.check_id = i.check_id
     WHERE i.batch_id = :batch_id AND i.position >= :first AND i.state <> 'waiting'
  ORDER BY i.position LIMIT :most
""")
_END = Statement("""
    UPDATE check_batch SET state = :state, finished_at = :now
     WHERE batch_id = :batch_id AND finished_at IS NULL
""")
_GIVE_UP = Statement("""
    UPDATE check_batch_item SET state = 'cancelled', sealed = NULL, error = :error
     WHERE batch_id = :batch_id AND state = 'waiting'
""")


@dataclass(frozen=True, slots=True)
class Batch:
    """How far a batch is."""

    row: Any
    counts: Mapping[str, int]

    def document(self) -> dict[str, Any]:
        row, count = self.row, self.counts.get
        return {
            "batch_id": row.batch_id,
            "state": row.state,
            "total": row.total,
            "answered": count("answered", 0),
            "refused": count("refused", 0),
            "cancelled": count("cancelled", 0),
            "waiting": count("waiting", 0),
            "created_at": row.created_at,
            "finished_at": row.finished_at,
        }


def create(
    office: Office,
    caller: Caller,
    idempotency: bytes,
    body: bytes,
    documents: Sequence[Mapping[str, Any]],
) -> tuple[str, bool]:
    """Take in a batch, and return its id and whether it was taken in before.

    Raises:
        BatchInputError: it is empty, or holds more questions than a batch may.
        IdempotencyKeyReusedError: the key brought another batch.
    """
    if not 0 < len(documents) <= office.settings.verification.batch_items:
        raise BatchInputError(detail=f"{len(documents)} items")
    batch_id, digest = new_id(), sha256(body).hexdigest()
    with office.database.write() as tx:
        made = tx.run(
            _INSERT,
            batch_id=batch_id,
            client_id=caller.client_id,
            idempotency=idempotency,
            request_mac=office.vault.mac(digest, purpose="check batch"),
            total=len(documents),
            now=clock.epoch(),
        )
        if not made:
            return _made_before(tx, office.vault, idempotency, digest), True
        for position, document in enumerate(documents):
            _take_in(tx, office, caller, batch_id, position, document)
        queue.put(tx, KIND, {"batch_id": batch_id, "turn": 0, "client_id": caller.client_id})
    return batch_id, False


def find(tx: Transaction, client_id: str, batch_id: str) -> Batch:
    """Return a client's own batch.

    Raises:
        BatchUnknownError: it has none of that name.
    """
    row = tx.one(_FIND, batch_id=batch_id, client_id=client_id)
    if row is None:
        raise BatchUnknownError
    counts = tx.all(_COUNT, batch_id=batch_id)
    return Batch(row, {counted.state: counted.items for counted in counts})


def page(
    tx: Transaction, vault: Vault, batch_id: str, first: int, most: int
) -> list[dict[str, Any]]:
    """Return up to *most* results from position *first* on; what waits is left out."""
    rows = tx.all(_PAGE, batch_id=batch_id, first=first, most=most)
    return [_result(row, vault) for row in rows]


def cancel(tx: Transaction, client_id: str, batch_id: str) -> None:
    """Ask nothing more of a batch, and erase what was not asked.

    Raises:
        BatchUnknownError: the client has none of that name.
    """
    find(tx, client_id, batch_id)
    end(tx, batch_id, "cancelled")


def end(tx: Transaction, batch_id: str, state: str, error: str = "") -> None:
    """Let a batch be over; what still waited is erased, unanswered."""
    tx.run(_END, batch_id=batch_id, state=state, now=clock.epoch())
    tx.run(_GIVE_UP, batch_id=batch_id, error=error)


def describe(error: IdentityError) -> str:
    """Return what is kept of why an item was refused: codes, and the first field's name."""
    if isinstance(error, CheckInputError) and error.fields:
        name, code = next(iter(error.fields.items()))
        return f"{error.code}:{name}:{code}"[:_LONGEST_ERROR]
    return error.code[:_LONGEST_ERROR]


def _made_before(tx: Transaction, vault: Vault, idempotency: bytes, digest: str) -> str:
    row = tx.one(_BY_KEY, idempotency=idempotency)
    macs = vault.macs(digest, purpose="check batch")
    if not any(hmac.compare_digest(bytes(row.request_mac), mac) for mac in macs):
        raise IdempotencyKeyReusedError(detail=f"batch {row.batch_id}")
    return str(row.batch_id)


def _take_in(
    tx: Transaction,
    office: Office,
    caller: Caller,
    batch_id: str,
    position: int,
    document: Mapping[str, Any],
) -> None:
    """Seal one question; one that could never be answered is refused at once."""
    item = {"batch_id": batch_id, "position": position}
    try:
        asking.permit(caller.permission, questions.read(document))
    except IdentityError as error:
        tx.run(_INSERT_ITEM, **item, sealed=None, state="refused", error=describe(error))
        return
    text, owner = orjson.dumps(document).decode(), f"{batch_id}:{position}"
    sealed = office.vault.seal(text, field=FIELD, owner=owner)
    tx.run(_INSERT_ITEM, **item, sealed=sealed, state="waiting", error="")


def _result(row: Any, vault: Vault) -> dict[str, Any]:
    told: dict[str, Any] = {"position": row.position, "state": row.state}
    if row.state == "answered" and row.check_id is not None:
        return told | again(row, vault).document()
    code, _, rest = row.error.partition(":")
    field, _, fault = rest.partition(":")
    return told | {"error": code} | ({"fields": {field: fault}} if fault else {})
