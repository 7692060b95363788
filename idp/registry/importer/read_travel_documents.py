"""One travel document's line, to one row of fingerprints."""

import re
from typing import Any

from idp.errors import IdentityError
from idp.formats import id_numbers, names, travel_documents
from idp.registry.importer.cells import CellError, CellMissingError, CellStateError, day
from idp.registry.importer.refusal import RefusedError
from idp.registry.local.entry_exit import identity
from idp.registry.local.fingerprints import Fingerprint, spelling
from idp.registry.local.states import DocumentState
from idp.registry.queries import TravelDocument

_STATES = {
    **dict.fromkeys(("", "valid", "expired"), DocumentState.VALID),  # its date says expired
    "cancelled": DocumentState.CANCELLED,
    "lost": DocumentState.LOST,
}
_NATIONALITY = re.compile(r"[A-Z]{3}")
_ISSUE = re.compile(r"[0-9]{0,2}", re.ASCII)


def read(cells: list[str], take: Fingerprint) -> tuple[Any, ...]:
    """Return (document, issue, expires, status, rare, birth, name, latin_name).

    Raises:
        RefusedError: a cell is not what its column says.
    """
    kind_cell, number_cell, issue_cell, han, latin, birth_cell, state, expires_cell, status = cells
    field, value = "document", kind_cell
    try:
        kind = _kind(kind_cell)
        field, value = "nationality", state
        nationality = state or "CHN"
        if not _NATIONALITY.fullmatch(nationality):
            raise CellError
        field, value = "number", number_cell
        number, issue = _number(kind, number_cell, nationality)
        field, value = "issue_number", issue_cell
        if not _ISSUE.fullmatch(issue_cell):
            raise CellError
        field, value = "name", han or latin
        spelt = [names.parse(text) if text else None for text in (han, latin)]
        if not any(spelt):
            raise CellMissingError
        field, value = "birth_date", birth_cell
        born = day(birth_cell)
        if born is None:
            raise CellMissingError
        field, value = "expires", expires_cell
        expires = day(expires_cell)
        field, value = "status", status
        if status.lower() not in _STATES:
            raise CellStateError
    except IdentityError as error:
        raise RefusedError(field, value, error) from None
    key = identity(kind, nationality, number)
    marks = [take("name", key, spelling(name.text)) if name else None for name in spelt]
    return (
        take("document", key, ""),
        int(issue_cell or issue or 0),
        expires,
        int(_STATES[status.lower()]),
        any(name.rare for name in spelt if name),
        take("birth", key, str(born)),
        *marks,
    )


def _kind(text: str) -> TravelDocument:
    try:
        return TravelDocument(text)
    except ValueError:
        raise CellStateError from None


def _number(kind: TravelDocument, text: str, state: str) -> tuple[str, str | None]:
    if kind is TravelDocument.FOREIGN_RESIDENCE:
        return id_numbers.parse(text).number, None
    read = travel_documents.parse(travel_documents.Kind(kind), text, state=state)
    return read.number, read.issue
