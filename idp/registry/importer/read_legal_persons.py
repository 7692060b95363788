"""One enterprise's line, to one row: public data, but for its representative's number."""

import unicodedata
from typing import Any

from idp.errors import IdentityError
from idp.formats import credit_codes, id_numbers
from idp.registry.importer.cells import CellMissingError, RowShapeError, moment_day
from idp.registry.importer.refusal import RefusedError
from idp.registry.local.fingerprints import Fingerprint

_ALIVE = ("存续", "在营", "开业", "在册", "正常", "active")
_LONGEST = {"name": 200, "representative": 100, "kind": 60, "status": 40}


def read(cells: list[str], take: Fingerprint) -> tuple[Any, ...]:
    """Return (code, name, representative, its number, registration, kind, status, active, day).

    Raises:
        RefusedError: a cell is not what its column says.
    """
    code_cell, name_cell, person_cell, number_cell, old_cell, kind, status, day_cell = cells
    field, value = "credit_code", code_cell
    try:
        code = credit_codes.parse(code_cell).code
        field, value = "name", name_cell
        name = _words("name", name_cell)
        if not name:
            raise CellMissingError
        field, value = "representative", person_cell
        representative = _words("representative", person_cell)
        number = None
        if number_cell:
            field, value = "representative_id_number", number_cell
            number = take("number", code, id_numbers.parse(number_cell).number)
        field, value = "registration_number", old_cell
        old = credit_codes.parse_registration_number(old_cell) if old_cell else ""
        field, value = "kind", kind
        kind = _words("kind", kind)
        field, value = "status", status
        status = _words("status", status)
        field, value = "established", day_cell
        established = moment_day(day_cell)
    except IdentityError as error:
        raise RefusedError(field, value, error) from None
    active = status.startswith(_ALIVE)
    return (code, name, representative, number, old, kind, status, active, established)


def _words(field: str, text: str) -> str:
    words = " ".join(unicodedata.normalize("NFC", text).split())
    if len(words) > _LONGEST[field] or not words.isprintable():
        raise RowShapeError(detail=field)
    return words
