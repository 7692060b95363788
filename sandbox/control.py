"""The fault control: a page of switches for people, and two addresses for programs."""

from typing import NamedTuple

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox.authorities.assembly import OFFICES
from sandbox.authorities.faults import MEANING, Fault, UnknownFaultError
from sandbox.nation import nation
from sandbox.wording import Both

bp = Blueprint("control", __name__)


class Board(NamedTuple):
    """One authority's switches."""

    key: str
    name: Both
    genuine: bool
    faults: tuple[Fault, ...]
    fault: Fault | None


@bp.get("/control")
def control() -> ResponseReturnValue:
    """Show every authority's switches."""
    switches = nation().switchboard
    boards = [
        Board(o.key, o.name, o.genuine, switches.possible[o.key], switches.of(o.key))
        for o in OFFICES
    ]
    on = any(board.fault for board in boards)
    return render_template("phone/control.html", boards=boards, meaning=MEANING, any_on=on)


@bp.get("/control.json")
def control_json() -> ResponseReturnValue:
    """Return each authority's fault, for programs."""
    return jsonify(nation().switchboard.state())


@bp.post("/control/off")
def off() -> ResponseReturnValue:
    """Put everything in order again."""
    nation().switchboard.clear()
    return _answer("")


@bp.post("/control/<authority>")
def switch(authority: str) -> ResponseReturnValue:
    """Switch one fault on, or off: `{"fault": "slow"}`, `{"fault": null}`, or a form."""
    try:
        nation().switchboard.set(authority, _asked())
    except UnknownFaultError as error:
        return jsonify(error="invalid_request", error_description=str(error)), 400
    return _answer(authority)


def _asked() -> str | None:
    if not request.is_json:
        return request.form.get("fault") or None
    told = request.get_json(silent=True)
    fault = told.get("fault", "") if isinstance(told, dict) else ""
    if fault is not None and not isinstance(fault, str):
        raise UnknownFaultError("fault is a word or null")
    return fault


def _answer(authority: str) -> ResponseReturnValue:
    if request.is_json:
        return control_json()
    return redirect(url_for("control.control", _anchor=authority or None), 303)
