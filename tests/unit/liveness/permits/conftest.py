"""The wing's desk, and somebody's face."""

import secrets
from collections.abc import Callable

import pytest
from flask import Flask

from idp.authentication.visitors import Visitor
from idp.db import Database
from liveness import desk as faces
from liveness.desk import FaceDesk
from tests.people import browser, inbox, limits, person, settings  # noqa: F401 - fixtures

VISITOR = Visitor(b"browser", address="203.0.113.7", request_id="r1")


@pytest.fixture
def desk(app: Flask) -> FaceDesk:
    found: FaceDesk = app.extensions[faces.KEY]
    return found


@pytest.fixture
def database(desk: FaceDesk) -> Database:
    return desk.database


@pytest.fixture
def new_subject() -> Callable[[], bytes]:
    """Return faces that nobody has scanned."""
    return lambda: secrets.token_bytes(32)


@pytest.fixture
def subject(new_subject: Callable[[], bytes]) -> bytes:
    return new_subject()
