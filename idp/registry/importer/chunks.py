"""A piece of a file, from bytes to rows: what one process does while others do the same."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from idp.registry.importer import copying, lines, refusal
from idp.registry.importer.cells import CellError
from idp.registry.importer.refusal import Refusal, RefusedError
from idp.registry.importer.registers import REGISTERS
from idp.registry.local.fingerprints import maker

SIZE = 1 << 20  # bytes: some ten thousand people, merged and marked together


@dataclass(frozen=True)
class Recipe:
    """All that is needed to turn a chunk into rows; it travels to other processes."""

    register: str
    form: str
    encoding: str
    header: tuple[str, ...] | None
    key: bytes = field(repr=False)
    packed: bool  # for COPY, rather than as tuples


@dataclass(slots=True)
class Chunk:
    """What a piece of the file holds: *rows* to keep, and what was refused."""

    read: int = 0
    lines: int = 0
    rows: Any = None
    kept: int = 0
    refused: list[Refusal] = field(default_factory=list)


def cut(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the rest of *file* in pieces that end with a line, each with its size in the file.

    A line longer than two pieces is nobody's record: its end is read over, and never kept.
    """
    while data := file.read(SIZE):
        size = len(data)
        if not data.endswith(b"\n"):
            last = rest = file.readline(SIZE)
            while last and not last.endswith(b"\n"):
                size += len(last)
                last = file.readline(SIZE)
            size += len(last)
            data += rest if rest is last or not last else rest + b"\n"
        yield size, data


class Worker:
    """Turns pieces into rows, one after the other."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._register = REGISTERS[recipe.register]
        self._take = maker(recipe.key)
        self._layout = lines.Layout(
            tuple(self._register.fields), self._register.aliases, recipe.header
        )

    def work(self, data: bytes, first_line: int) -> Chunk:
        """Return what *data* holds, whose first line has number *first_line* in the file.

        Of rows with one key the last one stays: a statement may touch a row only once.
        """
        chunk = Chunk(lines=data.count(b"\n") + (not data.endswith(b"\n")))
        read, take, key = self._register.read, self._take, self._register.key
        kept: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        recipe = self._recipe
        for number, cells in lines.read(data, self._layout, recipe.form, recipe.encoding):
            chunk.read += 1
            try:
                if isinstance(cells, CellError):
                    raise RefusedError("", "", cells)  # noqa: TRY301
                row = read(cells, take)
            except RefusedError as error:
                chunk.refused.append(refusal.of(first_line + number, error))
            else:
                kept[row[:key]] = row
        chunk.kept = len(kept)
        kinds = tuple(self._register.columns.values())
        chunk.rows = copying.rows(kinds, kept.values()) if recipe.packed else list(kept.values())
        return chunk


_own: Worker | None = None


def prepare(recipe: Recipe) -> None:
    """Make a process ready for *recipe*."""
    global _own  # noqa: PLW0603 - one worker per process is what a pool's initializer is for
    _own = Worker(recipe)


def work(data: bytes, first_line: int) -> Chunk:
    """Do `Worker.work` in a process that was prepared."""
    assert _own is not None  # noqa: S101 - the pool prepares each process
    return _own.work(data, first_line)
