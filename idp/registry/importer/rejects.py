"""The rejects file: which lines were refused, and why, without telling whose they are."""

import csv
import fcntl
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from idp.errors import BadRequestError
from idp.registry.importer.refusal import Refusal

_FORMULAS = ("=", "+", "-", "@")  # and tab and carriage return, which are not printable
COLUMNS = ("line", "field", "code", "value", "why")


class ImportBusyError(BadRequestError):
    """The file is being imported by another process."""

    code = "import_busy"
    status = 409
    description = "Another import of this file is running."


class Rejects:
    """Appends refusals; *size* is what has been written and synced."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, os.SEEK_END)
        if not self.size:
            self._write([COLUMNS])

    def add(self, refusals: Iterable[Refusal]) -> None:
        """Write *refusals* down before the database learns that they were."""
        self._write([(r.line, r.field, r.code, _harmless(r.value), r.why) for r in refusals])

    def _write(self, rows: Sequence[tuple[object, ...]]) -> None:
        if not rows:
            return
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        self._file.write(text.getvalue().encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        self.size = self._file.tell()


def _harmless(value: str) -> str:
    """Return *value* such that a spreadsheet takes it for text, and a terminal shows all of it."""
    shown = "".join(character if character.isprintable() else "*" for character in value)
    return f"'{shown}" if shown.startswith(_FORMULAS) else shown


@contextmanager
def opened(path: Path, size: int) -> Iterator[Rejects]:
    """Lend the rejects file at *path*, its first *size* bytes kept; one import at a time.

    A link is not followed: in a folder where others put files, it could lead anywhere.

    Raises:
        ImportBusyError: somebody else holds it.
        OSError: the path is a link, or nothing can be written there.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ImportBusyError from None
        file.truncate(size)
        yield Rejects(file)
