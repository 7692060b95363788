"""Fixtures that all tests share: both databases, both doors, a clock, and a live provider."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings as examples
from werkzeug.test import Client

from config import Settings, load
from idp import clock as idp_clock
from idp.crypto.vault import MasterKey, Vault, parse_ring
from idp.db import Database, Transaction
from tests import live, postgres, sharing, stores
from tests.keeping import Keeper

if TYPE_CHECKING:
    from flask import Flask

BACKENDS = ("sqlite", "postgresql")
DOORS = ("counter", "flask")
_LONG = ("journey", "race", "relying_party")
_PROTOCOL = Path(__file__).parent / "protocol"
_MASTER_KEYS = str(MasterKey.new("test"))
# Other tests share the processors: how long one example takes tells nothing.
examples.register_profile("house", deadline=None)
examples.load_profile("house")
sharing.share_routes()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backend",
        default=",".join(BACKENDS),
        help="databases to test on, comma separated: sqlite, postgresql",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whatever touches the database on both, and the protocol through both doors.

    A journey takes `make demo`'s database by itself, and the other one among what is slow.
    """
    if "backend" in metafunc.fixturenames:
        chosen: list[Any] = metafunc.config.getoption("--backend").split(",")
        marked = metafunc.definition.get_closest_marker
        if marked("looks"):
            chosen = chosen[:1]
        elif marked("journey") and len(chosen) > 1:
            chosen[1] = pytest.param(chosen[1], marks=pytest.mark.slow)
        metafunc.parametrize("backend", chosen, indirect=True, scope="session")
    if "door" in metafunc.fixturenames and _PROTOCOL in metafunc.definition.path.parents:
        metafunc.parametrize("door", DOORS, indirect=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no processor waits for another at the end."""
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in _LONG))


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> str:
    """The database at work: sqlite or postgresql."""
    return request.param


@pytest.fixture
def door(request: pytest.FixtureRequest) -> str:
    """The door that machines come through: the counter, or Flask for everything."""
    return getattr(request, "param", "counter")


@pytest.fixture(scope="session")
def keeper() -> Iterator[Keeper]:
    """What is dear to set up, for both databases at a time."""
    with closing(Keeper()) as keeper:
        yield keeper


@pytest.fixture(scope="session")
def postgres_server(
    keeper: Keeper, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> str:
    """The URL of the PostgreSQL server that all processes of this run share."""
    place = _meeting_place(tmp_path_factory, worker_id)
    return keeper.keep("postgres", lambda: postgres.shared_server(place))


@pytest.fixture(scope="session")
def store(
    backend: str,
    keeper: Keeper,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
) -> stores.Store:
    """The store at work, opened once."""

    @contextmanager
    def opened() -> Iterator[stores.Store]:
        if backend == "sqlite":
            yield stores.SqliteStore(tmp_path_factory.mktemp("sqlite"))
            return
        server: str = request.getfixturevalue("postgres_server")
        place = _meeting_place(tmp_path_factory, worker_id)
        templates = (postgres.template(server, place, name) for name in ("main", "registry"))
        with closing(stores.PostgresStore(server, *templates)) as store:
            yield store

    return keeper.keep(("store", backend), opened)


def _meeting_place(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture
def make_settings(tmp_path: Path, door: str, store: stores.Store) -> Callable[..., Settings]:
    """Return settings of the test profile over empty databases, with changes of one's own."""
    url, registry_url = store.fresh(tmp_path), store.registry(tmp_path)

    def make(**environ: str) -> Settings:
        return load(
            {
                "MANYOU_PROFILE": "test",
                "MANYOU_DATA_DIR": str(tmp_path),
                "MANYOU_DATABASE_URL": url,
                "MANYOU_REGISTRY_DATABASE_URL": registry_url,
                "MANYOU_CRYPTO__MASTER_KEYS": _MASTER_KEYS,
                "MANYOU_HTTP__MACHINE_DOOR": str(door == "counter"),
                **environ,
            }
        )

    return make


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    """Settings of the test profile; the issuer is https://id.example."""
    return make_settings()


@pytest.fixture
def vault() -> Vault:
    """The vault that `settings` describe."""
    return Vault(parse_ring(_MASTER_KEYS))


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The driver's road to an empty database."""
    opened = Database(settings.database, threads=4)
    yield opened
    opened.close()


@pytest.fixture
def registry_database(settings: Settings) -> Iterator[Database]:
    """The driver's road to an empty reference identity store, for whoever may fill it."""
    opened = Database(settings.registry_database, threads=4)
    yield opened
    opened.close()


@pytest.fixture
def tx(database: Database) -> Iterator[Transaction]:
    """A write transaction; committed when the test ends well."""
    with database.write() as transaction:
        yield transaction


@pytest.fixture
def app(settings: Settings) -> "Iterator[Flask]":
    """The house, composed."""
    import wsgi

    built = wsgi.create_app(settings)
    built.jinja_env.bytecode_cache = sharing.TEMPLATES
    yield built
    wsgi.dismantle(built)


class HouseClient(Client):
    """A browser or a program that knows the issuer's address."""

    base_url = ""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], str):
            kwargs.setdefault("base_url", self.base_url)
        return super().open(*args, **kwargs)


@pytest.fixture
def make_client(app: "Flask") -> Callable[[], HouseClient]:
    """Return new browsers, each with a cookie jar of its own."""
    import wsgi
    from idp.web.house import KEY

    whole = wsgi.enclose(app)

    def make() -> HouseClient:
        client = HouseClient(whole)
        client.base_url = app.extensions[KEY].settings.issuer
        return client

    return make


@pytest.fixture
def client(make_client: Callable[[], HouseClient]) -> HouseClient:
    """A client of the whole stack: entrance, machines' door, people's door."""
    return make_client()


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = float(int(time.time()))

    def set(self, epoch: float) -> None:
        self.now = float(epoch)

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Iterator[Clock]:
    """A clock that stands still until it is advanced."""
    stopped = Clock()
    idp_clock.set_source(lambda: stopped.now)
    yield stopped
    idp_clock.set_source()


@pytest.fixture(scope="session")
def provider(
    backend: str,
    store: stores.Store,
    keeper: Keeper,
    tmp_path_factory: pytest.TempPathFactory,
) -> live.Provider:
    """A live provider with two worker processes, and its outbox worker."""

    def running() -> AbstractContextManager[live.Provider]:
        directory = tmp_path_factory.mktemp(f"live-{backend}")
        url = store.apart("live", directory)
        registry = store.registry_apart("live_registry", directory)
        return live.running(directory, url, environ={"MANYOU_REGISTRY_DATABASE_URL": registry})

    return keeper.keep(("provider", backend), running)
