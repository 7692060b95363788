"""The wing's desk, and somebody's face."""

import itertools
import secrets
from collections.abc import Callable

import pytest
from flask import Flask

from idp.authentication.visitors import Visitor
from idp.db import Database
from idp.proofing import verifications
from liveness import desk as faces
from liveness.desk import FaceDesk
from tests.people import (  # noqa: F401 - fixtures
    PASSWORD,
    browser,
    inbox,
    limits,
    person,
    settings,
)

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


ADULT, CHILD = "11010519491231002X", "110101201901010010"
_serial = itertools.count(1)


def phone_number():
    return f"+86138{next(_serial):08d}"


@pytest.fixture
def account(app, desk, person, browser):  # noqa: F811
    """Open an account, proven under *number* if one is given; sign in and return both."""

    def make(number=None, **given):
        username = f"person{next(_serial)}"
        given = {"username": username, "phone": phone_number(), **given}
        if number is not None:
            given |= {"id_number": number, "real_name": "张三丰", "identity_verified": True}
        person_id = person(**given)
        if number is not None:
            prove(desk, person_id, number)
        visitor = browser()
        visitor.post("/sign-in", username=username, password=PASSWORD)
        visitor.person_id, visitor.phone = person_id, given["phone"]
        return visitor

    return make


def prove(desk, person_id, number):
    """Write down that name and number were found to belong together."""
    evidence = verifications.Evidence(
        method="name_id",
        source="local",
        elements=("name", "id_number"),
        document="citizen",
        id_number=number,
    )
    with desk.database.write() as tx:
        verifications.record(tx, desk.vault, desk.settings.proofing, person_id, evidence)


def subject_of(desk, number):
    return verifications.identity_index(desk.vault, number)
