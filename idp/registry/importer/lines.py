"""From text to cells: one record a line, CSV or JSON, so that any line can be the first again."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence

from idp.registry.importer import encodings
from idp.registry.importer.cells import CellError, RowEncodingError, RowShapeError

CSV = "csv"
JSONL = "jsonl"
FORMATS = (CSV, JSONL)

Cells = Sequence[str]
Aliases = dict[str, str]


class Layout:
    """Where the fields of a register stand in a line; a field that is not there reads as empty."""

    def __init__(self, fields: Sequence[str], aliases: Aliases, header: Cells | None) -> None:
        self.fields = tuple(fields)
        self.aliases = aliases
        self.width = 0 if header is None else len(header)
        names = [aliases.get(name.strip().lower(), "") for name in header or ()]
        self.places = [names.index(field) if field in names else -1 for field in fields]
        self.missing = [field for field in fields if field not in names]

    def of_csv(self, cells: list[str]) -> list[str]:
        """Return the fields' cells, in the fields' order."""
        if len(cells) != self.width:
            raise RowShapeError(detail=f"{len(cells)} cells, not {self.width}")
        cells.append("")
        return [cells[place] for place in self.places]

    def of_json(self, text: str) -> list[str]:
        """Return the fields' values, in the fields' order."""
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise RowShapeError(detail="no JSON object")
        named = {self.aliases.get(name.lower()): value for name, value in record.items()}
        return [_text(named.get(field)) for field in self.fields]


def split(line: str) -> list[str]:
    """Return the cells of one line of CSV (RFC 4180, but a record never spans lines)."""
    return next(csv.reader((line,)), []) if '"' in line else line.split(",")


def read(
    data: bytes, layout: Layout, form: str, encoding: str
) -> Iterator[tuple[int, list[str] | CellError]]:
    """Yield of each line that is not empty its number from 0, and its cells or the error."""
    cells: Callable[[str], list[str]] = (
        layout.of_json if form == JSONL else lambda line: layout.of_csv(split(line))
    )
    for number, line in enumerate(_lines(data, encoding)):
        if not line:
            continue
        try:
            if line is _UNREADABLE:
                raise RowEncodingError
            yield number, cells(line)
        except CellError as error:
            yield number, error
        except csv.Error:
            yield number, RowShapeError(detail="csv")


_UNREADABLE = "\0unreadable"


def _lines(data: bytes, encoding: str) -> Iterator[str]:
    """Split at line feeds alone: no trail byte of GB 18030 is one."""
    try:
        text = encodings.decode(data, encoding)
    except UnicodeDecodeError:
        for octets in data.split(b"\n"):
            try:
                yield encodings.decode(octets, encoding).rstrip("\r")
            except UnicodeDecodeError:
                yield _UNREADABLE
        return
    for line in text.split("\n"):
        yield line.removesuffix("\r")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
