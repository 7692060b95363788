"""What a cell of an authority's file can hold, read once and for all registers alike."""

import re
from datetime import date, datetime
from functools import lru_cache

from idp import clock
from idp.errors import BadRequestError

LONG_TERM = frozenset({"", "长期", "00000000", "99991231", "9999-12-31", "long-term"})
_MILLISECONDS = re.compile(r"[0-9]{11,14}")  # longer than any written day, to the year 5138
_DAY_LENGTHS = {8: (0, 4, 6), 10: (0, 5, 8)}  # yyyymmdd, yyyy-mm-dd


class CellError(BadRequestError):
    """A cell of an import file holds what this column cannot."""

    code = "import_cell_invalid"
    description = "A value in the file cannot be what its column says."


class CellMissingError(CellError):
    """An element without which there is nothing to compare."""

    code = "import_cell_missing"
    description = "A value that every row needs is missing."


class CellDateError(CellError):
    """Not a day of the calendar, written yyyymmdd or yyyy-mm-dd."""

    code = "import_date_invalid"
    description = "A date in the file is not a day of the calendar."


class CellStateError(CellError):
    """A state that this register has no word for."""

    code = "import_state_unknown"
    description = "A state in the file is not one of those the register knows."


class CellContradictionError(CellError):
    """Two cells of one row that cannot both be true."""

    code = "import_cells_contradict"
    description = "Two values of one row contradict each other."


class RowShapeError(CellError):
    """A line with more or fewer cells than the header, or that is no JSON object."""

    code = "import_row_malformed"
    description = "A line of the file has not the columns of its header."


class RowEncodingError(CellError):
    """Bytes that the file's encoding does not know."""

    code = "import_row_encoding"
    description = "A line of the file is not written in the file's encoding."


@lru_cache(1 << 16)
def day(text: str) -> int | None:
    """Return the day in *text* as yyyymmdd, or None if the cell is empty.

    Raises:
        CellDateError: there is no such day.
    """
    if not text:
        return None
    places = _DAY_LENGTHS.get(len(text))
    if places is None or not text.isascii():
        raise CellDateError
    year, month, last = places
    try:
        read = date(int(text[year : year + 4]), int(text[month : month + 2]), int(text[last:]))
    except ValueError:
        raise CellDateError from None
    return read.year * 10_000 + read.month * 100 + read.day


@lru_cache(1 << 16)
def moment_day(text: str) -> int | None:
    """Return the day in *text*, which may be milliseconds since 1970 as gateways send them.

    Raises:
        CellDateError: there is no such day.
    """
    if not _MILLISECONDS.fullmatch(text):
        return day(text)
    then = datetime.fromtimestamp(int(text) / 1000, clock.SHANGHAI)
    return then.year * 10_000 + then.month * 100 + then.day
