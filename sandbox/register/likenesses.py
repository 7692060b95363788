"""Portraits of two invented people: photographs of the public domain, where set-up fetched them.

They are works of the United States government (17 U.S.C. § 105), kept on this machine alone. The
people of this country are nobody; somebody's face they must have, to be compared at all.
"""

import sys
from pathlib import Path

from sandbox.people import everyone

_FACES = {"zhoumingyuan": "obama.jpg", "zhaotiezhu": "biden.jpg"}


def folder() -> Path:
    """Return where the set-up puts them."""
    return Path(sys.prefix) / "share" / "manyou" / "test-faces"


def portraits(where: Path | None = None) -> dict[str, bytes]:
    """Return the portraits that are here, by identity number."""
    found = {}
    for person in everyone():
        path = (where or folder()) / _FACES.get(person.username, "")
        if path.is_file():
            found[person.id_number] = path.read_bytes()
    return found
