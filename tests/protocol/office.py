"""The departments' window for tests: a provider with a filled replica, and what it answers."""

import json
from contextlib import contextmanager

import pytest
from joserfc import jws

import wsgi
from idp.db import Statement
from idp.registry.results import Result, Verdict
from tests import departments
from tests.departments import department, resident

from .conftest import deploy
from .face_scans import face_department

PEOPLE = [resident(n, name=name) for n, name in enumerate(("陈静", "欧阳明", "李雷", "韩梅梅"))]
CROWD = [resident(n, name="王芳") for n in range(100, 400)]
GONE = resident(500, name="赵六", status="deceased")


@pytest.fixture(scope="session", params=[True, False], ids=["counter", "flask"])
def office(request, backend, store, keeper, tmp_path_factory):
    """A provider with a filled replica behind it; each file asks about people of its own."""

    def opened():
        name = f"office_{request.param}".lower()
        return _opened(store, name, tmp_path_factory.mktemp(f"{name}-{backend}"), request.param)

    return keeper.keep(("office", backend, request.param), opened)


@contextmanager
def _opened(store, name, directory, counter):
    registry = store.registry_apart(f"{name}_registry", directory)
    environ = {
        "MANYOU_HTTP__MACHINE_DOOR": str(counter),
        "MANYOU_REGISTRY_DATABASE_URL": registry,
        "MANYOU_VERIFICATION__QUOTA_BLOCK": "5",
        "MANYOU_HTTP__BLOCKING_THREADS": "20",  # as many as race here
        "MANYOU_LIVENESS__SOCKET": str(directory / "vision.sock"),  # nobody listens there
    }
    with deploy(directory, store.apart(name, directory), environ) as deployed:
        departments.fill(registry, deployed.desk.vault, directory, [*PEOPLE, *CROWD, GONE])
        yield deployed


@pytest.fixture
def bureau(office):
    return department(office)


def rows(office, sql, **values):
    with office.desk.database.read() as tx:
        return [row._asdict() for row in tx.all(statement(sql), **values)]


def statement(sql):
    return Statement(sql)


def read_receipt(office, token):
    registry = jws.JWSRegistry(algorithms=["ES256", "RS256"], strict_check_header=False)
    opened = jws.deserialize_compact(token, office.keys(), registry=registry)
    return opened.headers(), json.loads(opened.payload)


class Authority:
    """Stands before the population source: counts, waits, and says what a test wants."""

    def __init__(self, real):
        self.real, self.source, self.asked, self.says, self.waits = real, "test", 0, None, None

    def check(self, query):
        self.asked += 1
        if self.waits is not None:
            self.waits.wait(5)
        if isinstance(self.says, Exception):
            raise self.says
        if self.says is not None:
            return Verdict(result=self.says, source="test")
        return self.real.check(query)


@pytest.fixture
def authority(office):
    """The real source with a switch before it."""
    desk = office.desk
    switch, real = Authority(desk.office.population), desk.office.population
    object.__setattr__(desk.office, "population", switch)
    yield switch
    object.__setattr__(desk.office, "population", real)


def work(office, turns=20):
    """Let the outbox's worker take some turns, its clock moved on by the jobs' delays."""
    worker = wsgi.create_worker(office.app)
    for _ in range(turns):
        worker.run_once()


def set_client(office, bureau, column, value):
    """Let an operator change a department's registration in this very second."""
    sentence = statement(f"UPDATE client SET {column} = :value WHERE client_id = :client_id")
    with office.desk.database.write() as tx:
        tx.run(sentence, client_id=bureau.site.client_id, value=value)
    office.desk.registry._second = -1


@pytest.fixture(scope="session")
def description(office):
    return office.call("GET", "/openapi.json").json


@pytest.fixture
def faces(office, authority):
    """A department that may have faces scanned, and an authority that knows every face."""
    authority.says = Result.MATCH
    return face_department(office)
