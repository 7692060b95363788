"""An authority gets a JPEG, and no heavier than it takes."""

import subprocess
import sys

import pytest

from idp.registry.importer.cells import CellError
from idp.registry.importer.drawers import DrawingError
from idp.registry.ports import AuthorityError
from idp.registry.queries import PersonQuery
from idp.registry.remote import pictures as remote
from liveness.isolation.door import inspect
from tests.unit.liveness import pictures

LIMIT = 262_144


def fitted(picture, limit=LIMIT):
    query = PersonQuery(name="陈雨桐", id_number="320199199003070027", portrait=picture)
    return remote.fitted(query, limit).portrait


def test_what_fits_is_sent_as_it_came():
    picture = pictures.jpeg()

    assert fitted(picture) is picture
    assert fitted(None) is None


@pytest.mark.parametrize(
    "made",
    [
        pictures.png,
        pictures.webp,
        lambda: pictures.jpeg(pictures.noise(1200, 1200)),
    ],
)
def test_what_does_not_is_drawn_anew(made):
    found = fitted(made())

    assert inspect(found).kind == "jpeg"
    assert len(found) <= LIMIT


@pytest.mark.parametrize("bad", [b"", b"hello", pictures.bomb()])
def test_what_cannot_be_drawn_is_nobodys_verdict(bad):
    with pytest.raises(CellError):
        fitted(bad)


def test_without_anybody_to_draw_there_is_no_answer(monkeypatch):
    def cannot(self, octets):
        raise DrawingError(detail="no cv2")

    monkeypatch.setattr("idp.registry.importer.drawers.Drawer.draw", cannot)

    with pytest.raises(AuthorityError):
        fitted(pictures.png())


def test_the_web_process_opens_no_picture():
    """Neither the adapters nor the importer's parent bring OpenCV in."""

    told = subprocess.run(
        [sys.executable, "-c", "import wsgi, sys; print('cv2' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "False"
