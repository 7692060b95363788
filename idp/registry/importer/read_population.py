"""One resident's line, to one row of fingerprints: the importer's hot loop."""

from functools import lru_cache
from typing import Any

from idp.errors import IdentityError
from idp.formats import id_numbers, names, phones
from idp.registry.importer.cells import (
    LONG_TERM,
    CellContradictionError,
    CellMissingError,
    CellStateError,
    day,
)
from idp.registry.importer.refusal import RefusedError
from idp.registry.local import fingerprints
from idp.registry.local.fingerprints import Fingerprint, period
from idp.registry.local.states import Life

_name = lru_cache(1 << 16)(names.parse)  # half of all people share few names

_LIVES = {
    **dict.fromkeys(("", "0", "alive", "正常"), Life.ALIVE),
    **dict.fromkeys(("1", "deceased", "死亡"), Life.DECEASED),
    **dict.fromkeys(("2", "cancelled", "注销"), Life.CANCELLED),
}


def read(cells: list[str], take: Fingerprint) -> tuple[Any, ...]:
    """Return (person, begins, ends, status_on, status, rare, name, phone, validity).

    Raises:
        RefusedError: a cell is not what its column says.
    """
    id_cell, name_cell, birth_cell, phone_cell, from_cell, until_cell, *rest = cells
    status_cell, died_cell, cancelled_cell, begins_cell, ends_cell, present_cell = rest
    field, value = "id_number", id_cell
    try:
        parsed = id_numbers.parse(id_cell)
        number = parsed.number
        field, value = "name", name_cell
        name = _name(name_cell)
        if birth_cell:
            field, value = "birth_date", birth_cell
            if parsed.birth_date and fingerprints.day(parsed.birth_date) != day(birth_cell):
                raise CellContradictionError
        phone = None
        if phone_cell:
            field, value = "phone", phone_cell
            phone = take("phone", number, phones.normalise(phone_cell))
        validity = None
        if from_cell:
            field, value = "valid_from", from_cell
            begins = day(from_cell)
            field, value = "valid_until", until_cell
            validity = take("validity", number, period(begins, _until(until_cell, begins)))
        field, value = "status", status_cell
        status, status_on = _status(status_cell, died_cell, cancelled_cell)
        field, value = "period_begins", begins_cell
        first = day(begins_cell)
        field, value = "period_ends", ends_cell
        last = day(ends_cell)
        if present_cell == "0" and last is None:
            raise CellMissingError
    except IdentityError as error:
        raise RefusedError(field, value, error) from None
    person = take("person", number, "")
    if first is None:  # history of unknown age must not take the present row's place
        first = -(last or 0)
    mark = take("name", number, name.text.upper())
    return (person, first, last, status_on, status, name.rare, mark, phone, validity)


def _until(text: str, begins: int | None) -> int | None:
    if text in LONG_TERM:
        return None
    ends = day(text)
    if ends is None:
        raise CellMissingError
    if begins is not None and ends < begins:
        raise CellContradictionError
    return ends


def _status(status: str, died: str, cancelled: str) -> tuple[int, int | None]:
    """Return how somebody stands: a date of death or cancellation outweighs a word."""
    if died:
        return int(Life.DECEASED), day(died)
    if status not in _LIVES:
        raise CellStateError
    life = _LIVES[status]
    if cancelled and life is Life.ALIVE:
        life = Life.CANCELLED
    return int(life), day(cancelled)
