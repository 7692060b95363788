"""Appointments at a counter: choose a place and a time, keep the code, give it back."""

from datetime import date
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from config.real_names import CounterPoint
from idp.authentication.views.surroundings import transaction
from idp.db import Transaction
from idp.portal import member
from idp.portal.views import road
from idp.portal.views.road import PATH, page, stands, where
from idp.proofing import appointments, attempts, ownership, points
from idp.proofing.appointments import Appointment
from idp.proofing.errors import AppointmentFullError, AppointmentUnknownError
from idp.proofing.graph import Step
from idp.proofing.levels import IAL_LEVELS
from idp.web import guards, house
from idp.web.locale import ENGLISH, day
from idp.web.locale import current as spoken
from idp.web.locale import gettext as _

bp = Blueprint("counter_visit", __name__)


@bp.get(f"{PATH}/counter")
@guards.signed_in
@stands
def show() -> Response:
    """Offer places and times."""
    with transaction() as tx:
        attempt = road.at(tx, Step.COUNTER)
        held = appointments.standing(tx, attempt.person_id)
        offered = _offered(tx)
    return page("counter", attempt, places=offered, held=held and told(held))


@bp.post(f"{PATH}/counter")
@guards.signed_in
@stands
def book() -> Response:
    """Take a seat."""
    point, _bar, when = request.form.get("seat", "").partition("/")
    try:
        with transaction() as tx:
            attempt = road.posted(tx, Step.COUNTER)
            held = appointments.book(
                tx,
                house.settings(),
                attempt.person_id,
                point=point,
                when=when,
                level=IAL_LEVELS[-1],
            )
            attempt = attempts.move(tx, house.vault(), attempt, "book")
            _confirm(tx, held)
    except AppointmentFullError as refusal:
        with transaction() as tx:
            attempt, offered = road.at(tx, Step.COUNTER), _offered(tx)
        return page("counter", attempt, refusal, places=offered, held=None)
    return where(attempt)


@bp.get(f"{PATH}/booked")
@guards.signed_in
@stands
def booked() -> Response:
    """Show the appointment, fit to be printed."""
    with transaction() as tx:
        attempt = road.at(tx, Step.BOOKED)
        held = appointments.standing(tx, attempt.person_id)
    return page("booked", attempt, held=held and told(held), again_url=road.link(PATH))


@bp.get(f"{PATH}/appointment")
@guards.signed_in
def appointment() -> Response:
    """Lead to the appointment, whatever else was begun since."""
    with transaction() as tx:
        person_id = member.session().person_id
        held = appointments.standing(tx, person_id)
        attempt = attempts.begin(tx, house.vault(), house.settings().proofing, person_id)
    if held is None:
        return where(attempt)
    return page("booked", attempt, held=told(held), again_url=road.link(PATH))


@bp.post(f"{PATH}/appointment")
@guards.signed_in
def cancel() -> Response:
    """Give the seat back."""
    with transaction() as tx:
        held = appointments.standing(tx, member.session().person_id)
        if held is None or request.form.get("code", held.shown_code) != held.shown_code:
            raise AppointmentUnknownError
        appointments.end(tx, held, "cancelled")
        text = _("[Manyou] Your appointment %(code)s was cancelled.", code=held.shown_code)
        ownership.tell(tx, house.vault(), held.person_id, text)
    return road.go(PATH)


def _confirm(tx: Transaction, held: Appointment) -> None:
    shown = told(held)
    text = _(
        "[Manyou] Appointment %(code)s: %(day)s %(slot)s, %(place)s. Bring your identity card.",
        code=held.shown_code,
        day=shown["day"],
        slot=held.slot,
        place=shown["place"],
    )
    ownership.tell(tx, house.vault(), held.person_id, text)


def told(held: Appointment) -> dict[str, Any]:
    """Return what pages and messages say of an appointment."""
    point = points.find(house.settings(), held.point)
    return {
        "code": held.shown_code,
        "day": day(held.date),
        "slot": held.slot,
        "place": _name(point) if point else held.point,
        "address": _address(point) if point else "",
    }


def _offered(tx: Transaction) -> list[dict[str, Any]]:
    settings = house.settings()
    return [
        {
            "name": _name(point),
            "address": _address(point),
            "days": [
                {"day": day(when), "seats": _seats(point, when, slots)}
                for when, slots in appointments.free(tx, settings, point.code).items()
            ],
        }
        for point in points.all_of(settings)
    ]


def _seats(point: CounterPoint, when: date, slots: list[str]) -> list[tuple[str, str]]:
    return [(slot, f"{point.code}/{when.isoformat()} {slot}") for slot in slots]


def _name(point: CounterPoint) -> str:
    return (point.name_en if spoken() == ENGLISH else "") or point.name


def _address(point: CounterPoint) -> str:
    return (point.address_en if spoken() == ENGLISH else "") or point.address
