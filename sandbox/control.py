"""The fault control: a page of switches for people, and two addresses for programs."""

from enum import StrEnum
from typing import Any, NamedTuple

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox.authorities.assembly import OFFICES
from sandbox.authorities.faults import MEANING, Switchboard, UnknownFaultError
from sandbox.nation import nation
from sandbox.upstreams.assembly import UPSTREAMS
from sandbox.upstreams.faults import MEANING as UPSTREAM_MEANING
from sandbox.upstreams.hall import HALL
from sandbox.wording import Both

bp = Blueprint("control", __name__)


class Board(NamedTuple):
    """The switches of one authority or upstream."""

    key: str
    name: Both
    genuine: bool
    faults: tuple[StrEnum, ...]
    fault: StrEnum | None


@bp.get("/control")
def control() -> ResponseReturnValue:
    """Show everybody's switches."""
    here = nation()
    authorities = [_board(here.switchboard, office) for office in OFFICES]
    upstreams = [_board(here.upstreams, upstream) for upstream in (*UPSTREAMS, *HALL)]
    return render_template(
        "phone/control.html",
        boards=authorities,
        upstreams=upstreams,
        meaning={**MEANING, **UPSTREAM_MEANING},
        any_on=any(board.fault for board in (*authorities, *upstreams)),
    )


def _board(switches: Switchboard[Any], of: Any) -> Board:
    return Board(of.key, of.name, of.genuine, switches.possible[of.key], switches.of(of.key))


@bp.get("/control.json")
def control_json() -> ResponseReturnValue:
    """Return each one's fault, for programs."""
    return jsonify({**nation().switchboard.state(), **nation().upstreams.state()})


@bp.post("/control/off")
def off() -> ResponseReturnValue:
    """Put everything in order again."""
    nation().switchboard.clear()
    nation().upstreams.clear()
    return _answer("")


@bp.post("/control/<authority>")
def switch(authority: str) -> ResponseReturnValue:
    """Switch one fault on, or off: `{"fault": "slow"}`, `{"fault": null}`, or a form."""
    try:
        switches: Switchboard[Any] = nation().switchboard
        if authority in nation().upstreams.possible:
            switches = nation().upstreams
        switches.set(authority, _asked())
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
