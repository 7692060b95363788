"""Appointments at counters: seats given once, given back, kept, or missed."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from config.settings import Settings
from idp import clock
from idp.audit import events, trail
from idp.db import Statement, Transaction
from idp.proofing import points
from idp.proofing.errors import AppointmentFullError, AppointmentUnknownError

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is misheard or misread
_CODE = 8
_KEPT = timedelta(days=90)
_COLUMNS = "code, person_id, point, day, slot, level, state"

_STANDING = Statement(f"""
    SELECT {_COLUMNS} FROM counter_appointment
     WHERE person_id = :person_id AND state = 'booked' AND day >= :today
""")  # noqa: S608 - the columns are ours
_BY_CODE = Statement(f"""
    SELECT {_COLUMNS} FROM counter_appointment WHERE code = :code AND state = 'booked'
""")  # noqa: S608 - the columns are ours
_OF_DAY = Statement(f"""
    SELECT {_COLUMNS} FROM counter_appointment
     WHERE day = :day AND state IN ('booked', 'done', 'missed') ORDER BY point, slot, code
""")  # noqa: S608 - the columns are ours
_TAKEN = Statement("""
    SELECT day, slot, count(*) AS seats FROM counter_appointment
     WHERE point = :point AND day >= :today AND seat IS NOT NULL GROUP BY day, slot
""")
# Of people racing for a seat one gets it: the seat is unique in its slot, the person in the book.
_BOOK = Statement("""
    INSERT INTO counter_appointment (code, person_id, point, day, slot, seat, level, state,
                                     created_at, expires_at)
    VALUES (:code, :person_id, :point, :day, :slot, :seat, :level, 'booked', :now, :expires_at)
    ON CONFLICT DO NOTHING
""")
_END = Statement("""
    UPDATE counter_appointment SET state = :state, seat = NULL
     WHERE code = :code AND state = 'booked'
""")
_MISSED = Statement("""
    UPDATE counter_appointment SET state = 'missed', seat = NULL
     WHERE state = 'booked' AND day < :today
""")
_ERASE = Statement("DELETE FROM counter_appointment WHERE person_id = :person_id")


@dataclass(frozen=True, slots=True)
class Appointment:
    """One appointment; *day* as 2026-11-23, *slot* as 09:30, in civil time."""

    code: str
    person_id: str
    point: str
    day: str
    slot: str
    level: int
    state: str

    @property
    def date(self) -> date:
        return date.fromisoformat(self.day)

    @property
    def shown_code(self) -> str:
        """The code as people read it aloud."""
        return f"{self.code[:4]}-{self.code[4:]}"


def free(tx: Transaction, settings: Settings, point: str) -> dict[date, list[str]]:
    """Return the slots with a free seat, by day; days without one are there, and empty."""
    place = points.find(settings, point)
    if place is None:
        return {}
    rows = tx.all(_TAKEN, point=point, today=clock.today().isoformat())
    taken = {(row.day, row.slot): row.seats for row in rows}
    return {
        day: [
            slot
            for slot in settings.counters.slots
            if taken.get((day.isoformat(), slot), 0) < place.capacity
        ]
        for day in points.days(settings)
    }


def book(
    tx: Transaction, settings: Settings, person_id: str, *, point: str, when: str, level: int
) -> Appointment:
    """Take a seat at *point*; *when* is day and slot, as `2026-11-23 09:30`.

    Whoever has an appointment already keeps that one.

    Raises:
        AppointmentFullError: there is no such slot, or its last seat is gone.
    """
    tx.run(_MISSED, today=clock.today().isoformat())
    if (held := standing(tx, person_id)) is not None:
        return held
    place, day, slot = points.find(settings, point), when[:10], when[11:]
    offered = {str(d) for d in points.days(settings)}
    if place is None or day not in offered or slot not in settings.counters.slots:
        raise AppointmentFullError(detail="not offered")
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE))
    values: dict[str, Any] = {
        "code": code,
        "person_id": person_id,
        "point": point,
        "day": day,
        "slot": slot,
        "level": level,
        "now": clock.epoch(),
        "expires_at": _forgotten_at(day),
    }
    if not any(tx.run(_BOOK, seat=seat, **values) for seat in range(1, place.capacity + 1)):
        if (held := standing(tx, person_id)) is not None:
            return held
        raise AppointmentFullError(detail=f"{point} {when}")
    _note(tx, person_id, "booked")
    return Appointment(code, person_id, point, day, slot, level, "booked")


def standing(tx: Transaction, person_id: str) -> Appointment | None:
    """Return the appointment that a person has ahead."""
    row = tx.one(_STANDING, person_id=person_id, today=clock.today().isoformat())
    return None if row is None else Appointment(*row)


def find(tx: Transaction, code: str) -> Appointment:
    """Return the booked appointment called *code*, however it is typed.

    Raises:
        AppointmentUnknownError: there is none.
    """
    row = tx.one(_BY_CODE, code="".join(filter(str.isalnum, code.upper())))
    if row is None:
        raise AppointmentUnknownError
    return Appointment(*row)


def of_day(tx: Transaction, day: date) -> list[Appointment]:
    """Return who comes on *day*, by counter and time."""
    tx.run(_MISSED, today=clock.today().isoformat())
    return [Appointment(*row) for row in tx.all(_OF_DAY, day=day.isoformat())]


def end(tx: Transaction, appointment: Appointment, state: str, *, actor: str = "") -> None:
    """Close an appointment as `cancelled` or `done`, and give its seat back.

    Raises:
        AppointmentUnknownError: it is closed already.
    """
    if not tx.run(_END, code=appointment.code, state=state):
        raise AppointmentUnknownError
    _note(tx, appointment.person_id, state, actor)


def erase(tx: Transaction, person_id: str) -> None:
    """Forget the appointments of a person who is erased."""
    tx.run(_ERASE, person_id=person_id)


def _note(tx: Transaction, person_id: str, state: str, actor: str = "") -> None:
    trail.record(
        tx, events.IDENTITY_APPOINT, person_id=person_id, actor=actor, data={"state": state}
    )


def _forgotten_at(day: str) -> int:
    midnight = datetime.fromisoformat(day).replace(tzinfo=clock.SHANGHAI)
    return int((midnight + _KEPT).timestamp())
