"""One insured person's line, to one row of fingerprints."""

import re
from typing import Any

from idp.errors import IdentityError
from idp.formats import id_numbers, names
from idp.registry.importer.cells import CellError, CellStateError
from idp.registry.importer.refusal import RefusedError
from idp.registry.local.fingerprints import Fingerprint, spelling
from idp.registry.local.states import Insurance

_STATES = {
    **dict.fromkeys(("", "1", "insured"), Insurance.INSURED),
    **dict.fromkeys(("2", "suspended"), Insurance.SUSPENDED),
    **dict.fromkeys(("3", "4", "ended"), Insurance.ENDED),
}
_REGION = re.compile(r"([0-9]{6})?")
_CARD = re.compile(r"[0-9A-Z]{6,20}")


def read(cells: list[str], take: Fingerprint) -> tuple[Any, ...]:
    """Return (person, region, status, rare, name, card).

    Raises:
        RefusedError: a cell is not what its column says.
    """
    id_cell, name_cell, card_cell, region, status = cells
    field, value = "id_number", id_cell
    try:
        number = id_numbers.parse(id_cell).number
        field, value = "name", name_cell
        name = names.parse(name_cell)
        field, value = "card_number", card_cell
        card = _card(card_cell)
        field, value = "region", region
        if not _REGION.fullmatch(region):
            raise CellError
        field, value = "status", status
        if status not in _STATES:
            raise CellStateError
    except IdentityError as error:
        raise RefusedError(field, value, error) from None
    return (
        take("person", number, ""),
        region,
        int(_STATES[status]),
        name.rare,
        take("name", number, spelling(name.text)),
        take("card", number, card) if card else None,
    )


def _card(text: str) -> str:
    card = text.strip().upper()
    if card and not _CARD.fullmatch(card):
        raise CellError
    return card
