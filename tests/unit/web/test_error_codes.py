"""Every failure has a stable code, words for a person, and a line in the reference."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import federation
import idp
import liveness
from idp.errors import IdentityError
from idp.web import error_pages

ROOMS = (idp, liveness, federation)
ROOM_NAMES = {room.__name__ for room in ROOMS}
REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "errors.md"


def _kinds():
    for room in ROOMS:
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found, waiting = {IdentityError}, [IdentityError]
    while waiting:
        below = waiting.pop().__subclasses__()
        found.update(below)
        waiting += below
    return sorted(
        (kind for kind in found if kind.__module__.partition(".")[0] in ROOM_NAMES),
        key=lambda kind: (kind.code, kind.__qualname__),
    )


@pytest.mark.parametrize("kind", _kinds(), ids=lambda kind: kind.__qualname__)
def test_every_failure_is_told(kind):
    """Its code is a word, its description printable ASCII, and a page has words for it."""
    assert re.fullmatch(r"[a-z_]{4,40}", kind.code)
    assert kind.description.isascii()
    assert kind.description.isprintable()
    assert 400 <= kind.status < 600
    assert kind.code in error_pages.PAGES


def test_the_reference_lists_every_code():
    """docs/reference/errors.md: one row per code, no row without one."""
    listed = set(re.findall(r"^\| `(\w+)` \|", REFERENCE.read_text("utf-8"), re.MULTILINE))

    assert listed == {kind.code for kind in _kinds()}
