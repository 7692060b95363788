"""An authority's office: what all seven have in common, whatever they speak."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Flask, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from sandbox import manners, offices
from sandbox.addresses import Country
from sandbox.authorities.faults import MEANING, Fault, Switchboard
from sandbox.authorities.freshness import Freshness
from sandbox.authorities.journal import Journal
from sandbox.faces.matcher import Matcher
from sandbox.register import Register
from sandbox.wording import Both

LARGEST = 4 * 1024 * 1024  # a portrait, and a little more


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What sets one authority apart; *genuine* is False where the wire profile is our own."""

    key: str
    name: Both
    about: Both
    genuine: bool
    wire: str
    faults: tuple[Fault, ...]
    blueprint: Blueprint


@dataclass(slots=True, kw_only=True)
class Desk:
    """What an authority works with."""

    office: Office
    register: Register
    switchboard: Switchboard[Fault]
    credentials: Mapping[str, str]
    matcher: Matcher = field(default_factory=Matcher)
    slow: float = offices.SLOW
    journal: Journal = field(default_factory=Journal)
    freshness: Freshness = field(default_factory=Freshness)
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def fault(self) -> Fault | None:
        """What is wrong in this request."""
        return offices.fault_of(self.switchboard, self.office.key)

    def note(self, question: str, about: str, outcome: str) -> None:
        self.journal.note(question, about, outcome, self.fault or "")


def desk() -> Desk:
    """Return the desk that this request came to."""
    found: Desk = current_app.extensions["desk"]
    return found


def create_office(here: Desk, country: Country) -> Flask:
    """Return the WSGI application of one authority."""
    app = offices.create(here.office.key)
    app.extensions["desk"] = here
    manners.install(app, own=country.authority(here.office.key))
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.before_request(_misbehave)
    app.after_request(_break_off)
    app.register_blueprint(human)
    app.register_blueprint(here.office.blueprint)
    app.context_processor(
        lambda: {"country": country, "office": here.office, "home": country.phone}
    )
    return app


def _is_wire() -> bool:
    """Whether a program is asking, and not a person looking at the page."""
    return request.blueprint == desk().office.blueprint.name


def _misbehave() -> ResponseReturnValue | None:
    """Spoil the answer before anybody has read the question."""
    if not _is_wire():
        return None
    here = desk()
    instead = offices.spoiled(here.fault, here.slow)
    if instead is not None:
        here.note(request.path, "", "not answered")
    return instead


def _break_off(response: Response) -> Response:
    if _is_wire() and desk().fault is Fault.TRUNCATED:
        offices.break_off(response)
    return response


human = Blueprint("human", __name__)


@human.get("/")
def page() -> ResponseReturnValue:
    """Say who answers here, how, what is wrong, and what was asked lately."""
    here = desk()
    fault = here.fault
    return render_template(
        "authorities/page.html",
        entries=here.journal.entries(),
        fault=fault,
        meaning=MEANING[fault] if fault else None,
    )
