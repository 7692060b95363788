"""An upstream's office: what all of them have in common, whatever they speak."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from sandbox import manners, offices
from sandbox.addresses import Country
from sandbox.authorities.faults import Switchboard
from sandbox.authorities.freshness import Freshness
from sandbox.authorities.journal import Journal
from sandbox.register import Register
from sandbox.upstreams.codes import Codes
from sandbox.upstreams.faults import MEANING, Fault
from sandbox.wording import Both

ASTRAY = 600.0
FORGIVEN = 300.0
PLAIN = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """What sets one upstream apart.

    *genuine* is False where the wire profile is our own. *pages* are what people see, *wire* is
    what programs ask, and the only part that faults of transport spoil. *skin* names its colours.
    """

    key: str
    name: Both
    about: Both
    genuine: bool
    signatures: str
    faults: tuple[Fault, ...]
    pages: Blueprint
    wire: Blueprint
    code_lifetime: float = 600.0
    token_lifetime: float = 7200.0
    skin: str = ""


@dataclass(slots=True, kw_only=True)
class Desk:
    """What an upstream works with; *callbacks* are the origins to which people are sent back."""

    upstream: Upstream
    register: Register
    switchboard: Switchboard[Fault]
    credentials: Mapping[str, str]
    callbacks: tuple[str, ...]
    slow: float = offices.SLOW
    journal: Journal = field(default_factory=Journal)
    memory: dict[str, Any] = field(default_factory=dict)
    freshness: Freshness = field(init=False)
    codes: Codes = field(init=False)
    tokens: Codes = field(init=False)

    def __post_init__(self) -> None:
        self.freshness = Freshness(self.clock)
        self.codes = Codes(self.upstream.code_lifetime, time.time)
        self.tokens = Codes(self.upstream.token_lifetime, time.time)

    @property
    def fault(self) -> Fault | None:
        """What is wrong in this request."""
        return offices.fault_of(self.switchboard, self.upstream.key)

    def clock(self) -> float:
        """Return the time as this upstream believes it is."""
        astray = {Fault.CLOCK_FAST: ASTRAY, Fault.CLOCK_SLOW: -ASTRAY}
        return time.time() + (astray.get(self.fault, 0.0) if self.fault else 0.0)

    def in_time(self, moment: float) -> bool:
        """Whether *moment* is about now, by this upstream's own clock."""
        return self.freshness.in_time(moment, FORGIVEN)

    def knows_callback(self, address: str) -> bool:
        """Whether people may be sent back to *address*."""
        parts = urlsplit(address)
        known = f"{parts.scheme}://{parts.netloc}" in self.callbacks
        return known and self.fault is not Fault.WRONG_CALLBACK

    def note(self, question: str, about: str, outcome: str) -> None:
        self.journal.note(question, about, outcome, self.fault or "")


def desk() -> Desk:
    """Return the desk that this request came to."""
    found: Desk = current_app.extensions["desk"]
    return found


def create_office(here: Desk, country: Country) -> Flask:
    """Return the WSGI application of one upstream."""
    app = offices.create(here.upstream.key)
    app.extensions["desk"] = here
    # A browser holds the form to its policy along the whole way: provider, then service site.
    ways_on = (*here.callbacks, "http://localhost:*")
    manners.install(app, own=country.upstream(here.upstream.key), forms_to=ways_on)
    app.before_request(_misbehave)
    app.after_request(_mistake)
    for blueprint in (human, here.upstream.pages, here.upstream.wire):
        app.register_blueprint(blueprint)
    app.context_processor(
        lambda: {"country": country, "upstream": here.upstream, "home": country.phone}
    )
    return app


def _is_wire() -> bool:
    return request.blueprint == desk().upstream.wire.name


def _misbehave() -> ResponseReturnValue | None:
    """Spoil the answer before anybody has read the question."""
    here = desk()
    if not _is_wire() or here.fault is None:
        return None
    instead = offices.spoiled(here.fault, here.slow)
    if instead is not None:
        here.note(request.path, "", "not answered")
    return instead


def _mistake(response: Response) -> Response:
    """Spoil the answer that has been given."""
    if not _is_wire():
        return response
    if desk().fault is Fault.TRUNCATED:
        offices.break_off(response)
    if desk().fault is Fault.PLAIN_TEXT:
        response.headers["Content-Type"] = PLAIN
    return response


human = Blueprint("human", __name__)


@human.get("/")
def page() -> ResponseReturnValue:
    """Say who this is, how it speaks, what is wrong, and what happened lately."""
    here = desk()
    fault = here.fault
    return render_template(
        "upstreams/page.html",
        entries=here.journal.entries(),
        fault=fault,
        meaning=MEANING[fault] if fault else None,
    )
