"""How far a file has been taken in, told by the database that took it in."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from idp import clock
from idp.db import Statement

_SAMPLE = 1 << 16
_FIND = Statement("""
    SELECT byte_offset, lines, imported, unchanged, rejected, rejects_size
      FROM import_progress WHERE file = :file
""")
_NOTE = Statement("""
    INSERT INTO import_progress (file, register, byte_offset, lines, imported, unchanged,
           rejected, rejects_size, updated_at)
    VALUES (:file, :register, :byte_offset, :lines, :imported, :unchanged, :rejected,
            :rejects_size, :now)
    ON CONFLICT (file) DO UPDATE SET byte_offset = excluded.byte_offset, lines = excluded.lines,
           imported = excluded.imported, unchanged = excluded.unchanged,
           rejected = excluded.rejected, rejects_size = excluded.rejects_size,
           updated_at = excluded.updated_at
""")
_FORGET = Statement("DELETE FROM import_progress WHERE file = :file")


class Ledger(Protocol):
    """Where it is written down: the connection that takes the rows in."""

    def execute(self, statement: Statement, parameters: dict[str, Any]) -> Any:
        """Run *statement*, and return its first row, if it has any."""


@dataclass(slots=True)
class Progress:
    """What has been taken in; *lines* counts the file's, the header included."""

    byte_offset: int = 0
    lines: int = 0
    imported: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejects_size: int = 0

    @property
    def rows(self) -> int:
        """How many rows that makes."""
        return self.imported + self.unchanged + self.rejected


def fingerprint(path: Path, register: str) -> bytes:
    """Return what tells this file, as it is now, from others."""
    state = path.stat()
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
        file.seek(max(0, state.st_size - _SAMPLE))
        tail = file.read(_SAMPLE)
    told = f"{register}\n{state.st_size}\n{state.st_mtime_ns}\n".encode()
    return hashlib.sha256(told + head + tail).digest()


def find(ledger: Ledger, file: bytes) -> Progress:
    """Return how far an interrupted import of *file* came, or the beginning."""
    row = ledger.execute(_FIND, {"file": file})
    return Progress(*row) if row else Progress()


def note(ledger: Ledger, file: bytes, register: str, progress: Progress) -> None:
    """Write down how far we are, in the transaction of the rows."""
    now = int(clock.now().timestamp())
    ledger.execute(_NOTE, {"file": file, "register": register, "now": now, **asdict(progress)})


def forget(ledger: Ledger, file: bytes) -> None:
    """Let a file that was taken in wholly be taken in again."""
    ledger.execute(_FORGET, {"file": file})
