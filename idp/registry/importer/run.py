"""Take a file in: chunk after chunk, each with its rows and its mark in one transaction."""

import secrets
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, BinaryIO

from idp.crypto.vault import Vault
from idp.db import Database, Statement
from idp.errors import BadRequestError
from idp.registry.importer import chunks, encodings, lines, progress, rejects, targets
from idp.registry.importer.chunks import Chunk, Recipe
from idp.registry.importer.progress import Progress
from idp.registry.importer.registers import Register
from idp.registry.local import keys

_BEGIN, _COMMIT = Statement("BEGIN"), Statement("COMMIT")
_AHEAD = 2  # chunks under way per process


class HeaderError(BadRequestError):
    """The first line does not name the columns that this register needs."""

    code = "import_header_invalid"
    description = "The first line of the file does not name the columns that are needed."


class FileChangedError(BadRequestError):
    """Something wrote to the file while we read it, so what was taken in is neither version."""

    code = "import_file_changed"
    status = 409
    description = "The file was changed while it was read. Import it once more."


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to import, and how."""

    register: Register
    path: Path
    form: str
    encoding: str
    rejects: Path
    processes: int = 1
    dry_run: bool = False


def describe(register: Register, path: Path, form: str, encoding: str) -> tuple[str, ...] | None:
    """Return the header of a CSV file; other files have none.

    Raises:
        HeaderError: a column is missing, or there is no header.
    """
    if form != lines.CSV:
        return None
    with path.open("rb") as file:
        line = file.readline(chunks.SIZE)
    try:
        header = lines.split(encodings.decode(line, encoding).strip("\r\n"))
    except UnicodeDecodeError:
        raise HeaderError(detail="encoding") from None
    missing = set(register.required) & set(
        lines.Layout(tuple(register.fields), register.aliases, header).missing
    )
    if missing:
        raise HeaderError(f"The file lacks these columns: {', '.join(sorted(missing))}.")
    return tuple(header)


def run(
    job: Job, database: Database, vault: Vault, *, told: Callable[[int], None]
) -> tuple[int, Progress]:
    """Import *job*'s file from where the last try stopped; tell of each byte that is done.

    Returns how many rows earlier tries had done, and what is done now.

    Raises:
        HeaderError: the columns that are needed are not there.
        ImportBusyError: another process is at it.
        FileChangedError: the rows are in, but the file is another now.
    """
    header = describe(job.register, job.path, job.form, job.encoding)
    if job.dry_run:
        return 0, _rehearse(job, header, told)
    name = job.register.name
    with database.write() as tx:
        key = keys.find_or_make(tx, vault, name)
    file_id = progress.fingerprint(job.path, name)
    with ExitStack() as stack:
        target = stack.enter_context(targets.opened(database, job.register))
        done = progress.find(target, file_id)
        refused = stack.enter_context(rejects.opened(job.rejects, done.rejects_size))
        done = progress.find(target, file_id)  # again: now nobody else moves it
        recipe = Recipe(name, job.form, job.encoding, header, key, target.packed)
        source = stack.enter_context(job.path.open("rb"))
        before = done.rows
        _skip(source, job, done)
        told(done.byte_offset)
        for size, chunk in _results(source, recipe, done.lines, job.processes):
            refused.add(chunk.refused)
            target.execute(_BEGIN, {})
            changed = target.merge(chunk.rows) if chunk.kept else 0
            _count(done, size, chunk, changed, refused.size)
            progress.note(target, file_id, name, done)
            target.execute(_COMMIT, {})
            told(size)
        progress.forget(target, file_id)
    if progress.fingerprint(job.path, name) != file_id:
        raise FileChangedError
    return before, done


def _rehearse(job: Job, header: tuple[str, ...] | None, told: Callable[[int], None]) -> Progress:
    """Read and check everything; touch no database."""
    done = Progress()
    recipe = Recipe(
        job.register.name, job.form, job.encoding, header, secrets.token_bytes(32), packed=False
    )
    with job.path.open("rb") as source, rejects.opened(job.rejects, 0) as refused:
        _skip(source, job, done)
        for size, chunk in _results(source, recipe, done.lines, job.processes):
            refused.add(chunk.refused)
            _count(done, size, chunk, chunk.kept, refused.size)
            told(size)
    return done


def _skip(source: BinaryIO, job: Job, done: Progress) -> None:
    """Go to where the last try stopped, or behind the header."""
    if done.byte_offset:
        source.seek(done.byte_offset)
    elif job.form == lines.CSV:
        done.byte_offset = len(source.readline())
        done.lines = 1


def _count(done: Progress, size: int, chunk: Chunk, changed: int, rejects_size: int) -> None:
    done.byte_offset += size
    done.lines += chunk.lines
    done.imported += changed
    done.unchanged += chunk.read - len(chunk.refused) - changed
    done.rejected += len(chunk.refused)
    done.rejects_size = rejects_size


def _results(
    source: BinaryIO, recipe: Recipe, line: int, processes: int
) -> Iterator[tuple[int, Chunk]]:
    """Yield the size and the content of each piece, in the file's order."""
    pieces = _numbered(source, line + 1)
    if processes == 1:
        worker = chunks.Worker(recipe)
        for size, data, first in pieces:
            yield size, worker.work(data, first)
        return
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=chunks.prepare, initargs=(recipe,)
    ) as pool:
        under_way: deque[tuple[int, Future[Chunk]]] = deque()

        def send(count: int) -> None:
            for size, data, first in islice(pieces, count):
                under_way.append((size, pool.submit(chunks.work, data, first)))

        send(processes * _AHEAD)
        while under_way:
            size, future = under_way.popleft()
            chunk: Any = future.result()
            send(1)
            yield size, chunk


def _numbered(source: BinaryIO, line: int) -> Iterator[tuple[int, bytes, int]]:
    for size, data in chunks.cut(source):
        yield size, data, line
        line += data.count(b"\n")
