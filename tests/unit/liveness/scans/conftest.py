"""A house with a room of vision, a use that compares with a portrait, and people before cameras."""

import pytest

from idp.registry.results import Result, Verdict
from liveness.desk import KEY as DESK
from liveness.engine.comparison import Risk
from liveness.isolation.keeper import Bounds
from liveness.isolation.room import start
from liveness.scans import handling, opening
from liveness.scans.orders import Claimed, Order, Purpose
from tests.faces.film import Film
from tests.faces.phone import Phone
from tests.faces.portraits import jpeg

ISSUER = "https://id.example"
PERSON = Claimed(name="\u674e\u6653\u660e", id_number="110101199003070012")


@pytest.fixture(scope="session")
def vision(tmp_path_factory, weights):
    """The socket of a running room."""
    path = tmp_path_factory.mktemp("room") / "vision.sock"
    with start(path, Bounds(processes=1, backlog=8)):
        yield path


@pytest.fixture
def settings(make_settings, vision):
    return make_settings(
        MANYOU_LIVENESS__SOCKET=str(vision),
        MANYOU_LIVENESS__ANSWER_EVERY="0",
        MANYOU_LIVENESS__PATIENCE="60",
    )


class Register:
    """A use whose register keeps one portrait; it notes what it was asked and told."""

    purpose = Purpose.DEPARTMENT

    def __init__(self, portrait):
        self.portrait = portrait
        self.captures, self.verdicts = [], []
        self.silent = None

    def compare(self, capture):
        self.captures.append(capture)
        if self.silent is not None:
            return Verdict(result=self.silent, source="register")
        return Verdict(result=capture.probe.against(self.portrait), source="register")

    def conclude(self, tx, scan_id, order, verdict):
        self.verdicts.append((scan_id, order.matter, verdict.result))

    def onward(self, order):
        return "/onward"


@pytest.fixture
def register(app, portrait):
    made = Register(jpeg(portrait("obama-speaking")))
    handling.install(app, [made])
    return made


@pytest.fixture(scope="session")
def film(puppet):
    """Return the film of a portrait's puppet."""
    made = {}

    def film_of(name="obama"):
        return made.setdefault(name, Film(puppet(name)))

    return film_of


@pytest.fixture
def order():
    """Return an order, changed as one likes."""

    def make(**changes):
        usual = {"purpose": Purpose.DEPARTMENT, "claimed": PERSON, "matter": "check-1"}
        return Order(**{**usual, "risk": Risk.NORMAL, **changes})

    return make


@pytest.fixture
def ticket(app, register, clock, order):
    """Return a fresh ticket."""
    desk = app.extensions[DESK]

    def make(**changes):
        with desk.database.write() as tx:
            return opening.open_scan(tx, desk, order(**changes)).text

    return make


@pytest.fixture
def phone(make_client, clock, ticket):
    """Return a phone with a ticket."""

    def make(text=None, **changes):
        return Phone(make_client(), clock, text or ticket(**changes))

    return make


@pytest.fixture
def rows(app):
    """Return all rows of a query."""
    from idp.db import Statement

    def read(sql, **values):
        with app.extensions[DESK].database.read() as tx:
            return tx.all(Statement(sql), **values)

    return read


MATCH, MISMATCH = Result.MATCH, Result.FACE_MISMATCH
