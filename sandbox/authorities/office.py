"""An authority's office: what all seven have in common, whatever they speak."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox import language, manners
from sandbox.addresses import Country
from sandbox.authorities.faults import MEANING, Fault, Switchboard
from sandbox.authorities.freshness import Freshness
from sandbox.authorities.journal import Journal
from sandbox.faces.matcher import Matcher
from sandbox.register import Register
from sandbox.wording import Both

FOLDER = Path(__file__).resolve().parent.parent
CHINA = timezone(timedelta(hours=8))
LARGEST = 4 * 1024 * 1024  # a portrait, and a little more
SLOW = 10.0
BUSY = "<html><head><title>503</title></head><body><h1>503 Service Unavailable</h1></body></html>"
NONSENSE = "<html><body>系统升级维护中，请稍后再试</body></html>"


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
    slow: float = SLOW
    journal: Journal = field(default_factory=Journal)
    freshness: Freshness = field(default_factory=Freshness)
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def fault(self) -> Fault | None:
        """What is wrong in this request: read once, so that a request has one fault throughout."""
        if "fault" not in g:
            g.fault = self.switchboard.of(self.office.key)
        found: Fault | None = g.fault
        return found

    def note(self, question: str, about: str, outcome: str) -> None:
        self.journal.note(question, about, outcome, self.fault or "")


def desk() -> Desk:
    """Return the desk that this request came to."""
    found: Desk = current_app.extensions["desk"]
    return found


def create_office(here: Desk, country: Country) -> Flask:
    """Return the WSGI application of one authority."""
    app = Flask(
        f"sandbox-{here.office.key}",
        template_folder=str(FOLDER / "templates"),
        static_folder=str(FOLDER / "static"),
    )
    app.extensions["desk"] = here
    language.install(app)
    manners.install(app, own=country.authority(here.office.key))
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.before_request(_misbehave)
    app.after_request(_break_off)
    app.register_blueprint(human)
    app.register_blueprint(here.office.blueprint)
    app.register_error_handler(HTTPException, _page_error)
    app.jinja_env.filters["clock"] = _clock
    app.context_processor(
        lambda: {"country": country, "office": here.office, "home": country.phone}
    )
    return app


def _is_wire() -> bool:
    """Whether a program is asking, and not a person looking at the page."""
    return request.blueprint != human.name and request.endpoint != "static"


def _misbehave() -> ResponseReturnValue | None:
    """Spoil the answer before anybody has read the question."""
    if not _is_wire():
        return None
    here = desk()
    if here.fault is Fault.SLOW:
        time.sleep(here.slow)
    answers: dict[Fault | None, Callable[[], Response]] = {
        Fault.ERROR_5XX: lambda: Response(BUSY, 503, content_type="text/html"),
        Fault.GARBAGE: lambda: Response(NONSENSE, 200, content_type="text/html; charset=utf-8"),
    }
    spoil = answers.get(here.fault)
    if spoil is None:
        return None
    here.note(request.path, "", "not answered")
    return spoil()


def _break_off(response: Response) -> Response:
    if _is_wire() and desk().fault is Fault.TRUNCATED:
        body = response.get_data()
        response.set_data(body[: len(body) * 2 // 3])
    return response


def _page_error(error: HTTPException) -> ResponseReturnValue:
    return jsonify(error=error.name, status=error.code), error.code or 500


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(CHINA).strftime("%m-%d %H:%M:%S")


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


@human.get("/healthz")
def healthz() -> ResponseReturnValue:
    return jsonify(status="ok")
