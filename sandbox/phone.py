"""The sandbox's front page, and the phone on which the provider's text messages arrive."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from flask import Blueprint, Flask, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox import control, counter, language, manners, portraits
from sandbox.addresses import Country
from sandbox.department import desk, faces
from sandbox.inbox import Inbox, MessageError, plain
from sandbox.nation import Nation
from sandbox.people import PASSWORD, everyone
from sandbox.sites.houses import HOUSES

FOLDER = Path(__file__).resolve().parent
CHINA = timezone(timedelta(hours=8))

bp = Blueprint("phone", __name__)


def create_phone(country: Country, here: Nation | None = None) -> Flask:
    """Return the WSGI application of the front page, the inbox and the sandbox's desks."""
    app = Flask(
        "sandbox-phone",
        template_folder=str(FOLDER / "templates"),
        static_folder=str(FOLDER / "static"),
    )
    app.extensions["inbox"] = Inbox()
    app.extensions["nation"] = here or Nation()
    language.install(app)
    # The department's form ends at the provider: browsers hold its policy against redirects too.
    manners.install(app, own=country.phone, forms_to=(country.issuer,), machines=("/sms",))
    for blueprint in (bp, control.bp, counter.bp, portraits.bp, desk.bp, faces.bp):
        app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, _page_error)
    app.jinja_env.filters["clock"] = _clock
    names = {person.phone: person.name for person in everyone()}
    app.context_processor(lambda: {"country": country, "names": names, "home": ""})
    return app


def _inbox() -> Inbox:
    found: Inbox = current_app.extensions["inbox"]
    return found


@bp.get("/")
def front() -> ResponseReturnValue:
    return render_template(
        "phone/front.html", houses=HOUSES, people=everyone(), password=PASSWORD, port=request.host
    )


@bp.get("/inbox")
def inbox() -> ResponseReturnValue:
    to = request.args.get("to")
    return render_template("phone/inbox.html", groups=_inbox().by_phone(to), to=to and plain(to))


@bp.get("/inbox.json")
def inbox_json() -> ResponseReturnValue:
    """Return the messages, newest first, for programs; `to` narrows them to one phone."""
    return jsonify([asdict(message) for message in _inbox().messages(request.args.get("to"))])


@bp.post("/sms")
def sms() -> ResponseReturnValue:
    """Take a text message from the provider: `{"to", "purpose", "text", "code"}`."""
    try:
        _inbox().receive(request.get_json(silent=True))
    except MessageError as error:
        return jsonify(error="invalid_request", error_description=str(error)), 400
    return jsonify(status="accepted"), 202


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    return jsonify(status="ok")


def _page_error(error: HTTPException) -> ResponseReturnValue:
    return render_template("phone/lost.html", status=error.code), error.code or 500


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(CHINA).strftime("%m-%d %H:%M:%S")
