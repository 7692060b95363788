"""The picture as an authority takes it: a JPEG, and no heavier than it says.

What the browser sent may be of another kind, or heavier. It is drawn anew then, in a capped
process of its own: no picture is opened in this one.
"""

from dataclasses import replace
from typing import TypeVar

from idp.registry.importer.drawers import Drawer, DrawingError
from idp.registry.ports import AuthorityError
from idp.registry.queries import PersonQuery, TravelDocumentQuery

Q = TypeVar("Q", PersonQuery, TravelDocumentQuery)

_JPEG = b"\xff\xd8\xff"


class UndrawnError(AuthorityError):
    """The picture had to be drawn anew, and nobody could."""

    reason = "picture_undrawn"


def fitted(query: Q, limit: int) -> Q:
    """Return *query* with its portrait, if it has one, as a JPEG of at most *limit* octets.

    Raises:
        CellError: it cannot be opened, which is nobody's verdict on anybody.
        AuthorityError: there is nobody to open it.
    """
    picture = query.portrait
    if picture is None or (picture.startswith(_JPEG) and len(picture) <= limit):
        return query
    try:
        with Drawer() as drawer:
            return replace(query, portrait=drawer.draw(picture))
    except DrawingError as error:
        raise UndrawnError(detail=error.detail) from error
