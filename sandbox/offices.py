"""What every office out there has in common, an authority's or an upstream's: and how one fails."""

import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from flask import Flask, Response, g, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox import language
from sandbox.authorities.faults import Switchboard, Wrong

CHINA = timezone(timedelta(hours=8))
SLOW = 10.0  # seconds: longer than anybody waits
_FOLDER = Path(__file__).resolve().parent
_BUSY = "<html><head><title>503</title></head><body><h1>503 Service Unavailable</h1></body></html>"
_NONSENSE = "<html><body>系统升级维护中，请稍后再试</body></html>"


def create(key: str) -> Flask:
    """Return an office's application, without its doors."""
    app = Flask(
        f"sandbox-{key}",
        template_folder=str(_FOLDER / "templates"),
        static_folder=str(_FOLDER / "static"),
    )
    language.install(app)
    app.register_error_handler(HTTPException, _page_error)
    app.jinja_env.filters["clock"] = _clock
    app.add_url_rule("/healthz", "healthz", _healthz)
    return app


def fault_of(switchboard: Switchboard[Wrong], key: str) -> Wrong | None:
    """Return what is wrong in this request: read once, so that it has one fault throughout."""
    if "fault" not in g:
        g.fault = switchboard.of(key)
    found: Wrong | None = g.fault
    return found


def spoiled(fault: str | None, slow: float) -> Response | None:
    """Return what is said instead of an answer, before anybody has read the question."""
    if fault == "slow":
        time.sleep(slow)
    if fault == "error_5xx":
        return Response(_BUSY, 503, content_type="text/html")
    if fault == "garbage":
        return Response(_NONSENSE, 200, content_type="text/html; charset=utf-8")
    return None


def break_off(response: Response) -> None:
    """Lose the last third of an answer."""
    body = response.get_data()
    response.set_data(body[: len(body) * 2 // 3])


def _page_error(error: HTTPException) -> ResponseReturnValue:
    return jsonify(error=error.name, status=error.code), error.code or 500


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(CHINA).strftime("%m-%d %H:%M:%S")


def _healthz() -> ResponseReturnValue:
    return jsonify(status="ok")
