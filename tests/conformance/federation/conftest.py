"""The sandbox's upstreams, open for everybody who is judged."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.serving import make_server

from config.rooms import OutboundSettings
from federation.connectors.kinds import KINDS
from federation.connectors.line import Line
from federation.connectors.ports import Arrival, Connector, Departure, Flow
from idp.web.outbound import Outbound
from sandbox.authorities.faults import Switchboard
from sandbox.country import Discreet
from sandbox.register import Register
from sandbox.upstreams import assembly, credentials
from sandbox.upstreams.faults import Fault
from tests.conformance.federation.cases import CALLBACK, Case, walk, way
from tests.people import browser, inbox, limits, person, settings  # noqa: F401 - fixtures

SLOW, TIMEOUT = 1.5, 1.0


@dataclass
class Upstreams:
    """Everybody upstream, in one process with us but behind sockets."""

    faults: Switchboard[Fault]
    credentials: credentials.Credentials
    urls: dict[str, str]

    def options(self, case: Case) -> dict[str, Any]:
        return case.options(self.credentials[case.kind], self.urls[case.kind])


@pytest.fixture(scope="session")
def all_upstreams() -> Iterator[Upstreams]:
    register, known, faults = Register.of_the_country(), credentials.make(), assembly.switchboard()
    apps = assembly.build(register, faults, known, callbacks=("https://id.example",), slow=SLOW)
    with ExitStack() as closing_time:
        urls = {key: closing_time.enter_context(_serving(app)) for key, app in apps.items()}
        yield Upstreams(faults, known, urls)


@contextmanager
def _serving(app: Any) -> Iterator[str]:
    class Silent(Discreet):
        def log(self, *_: object) -> None:
            """Say nothing."""

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def upstreams(all_upstreams: Upstreams) -> Iterator[Upstreams]:
    """The upstreams with everything in order; put in order again afterwards."""
    all_upstreams.faults.clear()
    yield all_upstreams
    all_upstreams.faults.clear()


@pytest.fixture(scope="session")
def outbound() -> Outbound:
    return Outbound(OutboundSettings(allow="127.0.0.0/8"), breakers=False)


@dataclass
class Visit:
    """Somebody on the way: where they set out to, and what they came back with."""

    flow: Flow
    departure: Departure
    arrival: Arrival | None


@dataclass
class Traveller:
    """A connector, and people who come by it."""

    case: Case
    connector: Connector

    def visit(self, **how: Any) -> Visit:
        """Set out, answer the upstream's page, and come back."""
        flow = Flow(
            state=secrets.token_hex(32),
            nonce=secrets.token_hex(32),
            verifier=secrets.token_urlsafe(32),
            redirect_uri=CALLBACK,
            surroundings=self.case.surroundings,
        )
        departure = self.connector.depart(flow)
        url = way(self.case, departure, flow.state)
        return Visit(flow, departure, walk(url, agent=self.case.agent, **how))

    def arrive(self, visit: Visit) -> Any:
        assert visit.arrival is not None
        assert visit.arrival.parameters["state"] == visit.flow.state
        return self.connector.arrive(visit.flow, visit.departure.notes, visit.arrival)


@pytest.fixture
def traveller(upstreams: Upstreams, outbound: Outbound) -> Callable[[Case], Traveller]:
    """Build the connector of a case, with a line of its own."""

    def build(case: Case) -> Traveller:
        kind = KINDS[case.kind]
        options = kind.options.model_validate(upstreams.options(case))
        line = Line(case.name, outbound, timeout=TIMEOUT, failures=1000)
        return Traveller(case, kind.build(options, line))

    return build
