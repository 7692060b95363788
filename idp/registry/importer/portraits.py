"""Take portraits in: each drawn anew in a capped process, sealed, and marked as done."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from idp.crypto.vault import Vault
from idp.db import Database, Statement, Transaction
from idp.errors import BadRequestError
from idp.formats import id_numbers
from idp.registry.importer import cells, progress, refusal, rejects
from idp.registry.importer.cells import CellError
from idp.registry.importer.drawers import Drawer
from idp.registry.importer.portrait_files import Delivery, Entry
from idp.registry.importer.progress import Progress
from idp.registry.importer.refusal import Refusal, RefusedError
from idp.registry.local import keys, portraits
from idp.registry.local.fingerprints import Fingerprint, maker

BATCH = 50
"""Portraits between two marks: after an interruption at most these are drawn once more."""

_POPULATION = "population"
_RESIDENT = Statement("SELECT begins FROM resident WHERE person = :person LIMIT 1")


class EmptyRegisterError(BadRequestError):
    """Nobody was imported yet, so nobody can have a portrait."""

    code = "import_register_empty"
    status = 409
    description = "The register of population is empty. Import the population first."


class NobodyError(CellError):
    """A portrait of somebody whom the register of population does not know."""

    code = "import_portrait_of_nobody"
    description = "Nobody with this number is on the register of population."


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to take in, and how."""

    delivery: Delivery
    rejects: Path
    processes: int = 1
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """One portrait on its way in: whose it is and what it shows, or why it is refused."""

    person: bytes = b""
    jpeg: bytes = field(default=b"", repr=False)
    taken_on: int | None = None
    refused: Refusal | None = None


def run(
    job: Job, database: Database, vault: Vault, *, told: Callable[[int], None]
) -> tuple[int, Progress]:
    """Take in *job*'s delivery from where the last try stopped; tell of each batch that is done.

    Returns how many portraits earlier tries had done, and what is done now.

    Raises:
        EmptyRegisterError: nobody is on the register.
        ImportBusyError: another process is at it.
        DrawingError: pictures cannot be opened here.
    """
    mark = job.delivery.mark
    with database.read() as tx:
        key = keys.find(tx, vault, _POPULATION)
        done = Progress() if job.dry_run else progress.find(_Ledger(tx), mark)
    if key is None:
        raise EmptyRegisterError
    with ExitStack() as stack:
        refused = stack.enter_context(rejects.opened(job.rejects, done.rejects_size))
        draw = stack.enter_context(_drawers(job.processes, maker(key)))
        before = done.rows
        told(before)
        for batch in _batches(job.delivery.entries, before):
            pieces = draw(database, batch)
            refused.add([piece.refused for piece in pieces if piece.refused])
            _count(done, pieces, refused.size)
            if not job.dry_run:
                with database.write() as tx:
                    _keep(tx, vault, pieces)
                    progress.note(_Ledger(tx), mark, portraits.KEY, done)
            told(len(batch))
    if not job.dry_run:
        with database.write() as tx:
            progress.forget(_Ledger(tx), mark)
    return before, done


_Numbered = tuple[int, Entry]


def _batches(entries: Sequence[Entry], before: int) -> Iterator[list[_Numbered]]:
    """Yield the entries that are not done, numbered from 1 over the whole delivery."""
    for first in range(before, len(entries), BATCH):
        yield list(enumerate(entries[first : first + BATCH], first + 1))


@contextmanager
def _drawers(
    processes: int, take: Fingerprint
) -> Iterator[Callable[[Database, list[_Numbered]], list[_Piece]]]:
    """Lend the way from a batch to its pieces, by so many processes that draw."""
    with ExitStack() as stack:
        idle: SimpleQueue[Drawer] = SimpleQueue()
        for _ in range(processes):
            idle.put(stack.enter_context(Drawer()))
        pool = stack.enter_context(ThreadPoolExecutor(processes))

        def one(database: Database, numbered: _Numbered) -> _Piece:
            drawer = idle.get()
            try:
                return _piece(database, drawer, take, *numbered)
            finally:
                idle.put(drawer)

        yield lambda database, batch: list(pool.map(lambda entry: one(database, entry), batch))


def _piece(
    database: Database, drawer: Drawer, take: Fingerprint, number: int, entry: Entry
) -> _Piece:
    """Return what *entry*, the *number*-th of its delivery, holds."""
    name, value = "id_number", entry.id_number
    try:
        if entry.fault is not None:
            raise entry.fault
        person = take("person", id_numbers.parse(entry.id_number).number, "")
        with database.read() as tx:
            if tx.one(_RESIDENT, person=person) is None:
                raise NobodyError
        name, value = "taken_on", entry.taken_on
        taken_on = cells.day(entry.taken_on)
        name, value = "file", ""
        return _Piece(person, drawer.draw(entry.read()), taken_on)
    except (CellError, id_numbers.IdNumberError) as error:
        return _Piece(refused=refusal.of(number, RefusedError(name, value, error)))


def _keep(tx: Transaction, vault: Vault, pieces: list[_Piece]) -> None:
    safe = portraits.safe(tx, vault)
    for piece in pieces:
        if piece.refused is None:
            portraits.keep(tx, safe, piece.person, piece.jpeg, piece.taken_on)


def _count(done: Progress, pieces: list[_Piece], rejects_size: int) -> None:
    refused = sum(piece.refused is not None for piece in pieces)
    done.lines += len(pieces)
    done.imported += len(pieces) - refused
    done.rejected += refused
    done.rejects_size = rejects_size


class _Ledger:
    """A transaction, as the importer's progress is written through it."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def execute(self, statement: Statement, parameters: dict[str, Any]) -> Any:
        if statement.named.startswith("SELECT"):
            return self._tx.one(statement, **parameters)
        return self._tx.run(statement, **parameters)
