"""The provider on both doors, a site and a citizen, and a clock that tests may turn."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

import wsgi
from config import load
from idp import clock
from tests.keeping import Keeper
from tests.stores import Store

from .site import Citizen, Deployment, Site, Visit
from .wire import Agent


@pytest.fixture(scope="session", params=[True, False], ids=["counter", "flask"])
def deployment(
    request: pytest.FixtureRequest,
    backend: str,
    tmp_path_factory: pytest.TempPathFactory,
    store: Store,
    keeper: Keeper,
) -> Deployment:
    """One provider per database and door for the whole session: every test brings its own
    sites and citizens, as strangers share a real one."""

    def deployed() -> AbstractContextManager[Deployment]:
        name = "counter" if request.param else "flask"
        data_dir = tmp_path_factory.mktemp(f"protocol-{backend}-{name}")
        environ = {
            "MANYOU_HTTP__MACHINE_DOOR": str(request.param),
            "MANYOU_HTTP__BLOCKING_THREADS": "20",  # as many as race here
        }
        return deploy(data_dir, store.apart(f"protocol_{name}", data_dir), environ)

    return keeper.keep(("deployment", backend, request.param), deployed)


@contextmanager
def deploy(data_dir: Path, url: str, environ: Mapping[str, str]) -> Iterator[Deployment]:
    """Compose the house over the database at *url*."""
    settings = load(
        {
            "MANYOU_PROFILE": "test",
            "MANYOU_DATA_DIR": str(data_dir),
            "MANYOU_DATABASE_URL": url,
            **environ,
        }
    )
    app = wsgi.create_app(settings)
    yield Deployment(app, wsgi.enclose(app))
    wsgi.dismantle(app)


class Clock:
    """The provider's clock: the machine's own, moved on by what a test says."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += seconds


@pytest.fixture
def later() -> Iterator[Callable[[float], None]]:
    """Let time pass at the provider: `later(61)`."""
    hands = Clock()
    clock.set_source(hands)
    yield hands.advance
    clock.set_source()


@pytest.fixture
def agent(deployment: Deployment) -> Agent:
    return deployment.agent()


@pytest.fixture
def citizen(deployment: Deployment) -> Citizen:
    return deployment.add_citizen()


@pytest.fixture
def site(deployment: Deployment) -> Site:
    return deployment.add_site()


@pytest.fixture
def visit(site: Site, agent: Agent, citizen: Citizen) -> Visit:
    """A citizen, not signed in yet, and a site that they want to enter."""
    return Visit(site, agent, citizen)


@pytest.fixture
def enter(deployment: Deployment) -> Callable[..., Visit]:
    """Make a visit: to a site with this metadata, or to this *site*, by a new or given citizen."""

    def make(
        site: Site | None = None,
        *,
        agent: Agent | None = None,
        citizen: Citizen | None = None,
        **metadata: Any,
    ) -> Visit:
        return Visit(
            site or deployment.add_site(**metadata),
            agent or deployment.agent(),
            citizen or deployment.add_citizen(),
        )

    return make


# Fixtures of the departments' window; below, because they are made of what stands above.
from .office import authority, bureau, description, faces, office  # noqa: E402, F401
