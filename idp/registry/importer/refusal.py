"""Why a row was refused, told without telling whose it is."""

from dataclasses import dataclass

from idp.errors import IdentityError
from idp.formats import id_numbers, names, phones

_MASKS = {"id_number": id_numbers.mask, "name": names.mask, "phone": phones.mask}


class RefusedError(Exception):
    """The cell of one *field* is not what it should be."""

    def __init__(self, field: str, value: str, cause: IdentityError) -> None:
        super().__init__(cause.code)
        self.field = field
        self.value = value
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line of the rejects file: *line* counts from 1, *value* is masked."""

    line: int
    field: str
    code: str
    value: str
    why: str


def of(line: int, error: RefusedError) -> Refusal:
    """Return what the rejects file says of the row at *line*."""
    value = error.value[:50]
    shown = _MASKS.get(error.field, _mask)(value) if value else ""
    return Refusal(line, error.field, error.cause.code, shown, error.cause.description)


def _mask(value: str) -> str:
    return value[:1] + "*" * (len(value) - 1)
