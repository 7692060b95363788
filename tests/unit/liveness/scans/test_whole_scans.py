"""Whole scans through the real house and the real room of vision: who passes, and who does not."""

import json

import cv2
import numpy as np
import pytest

from idp.accounts import registration
from idp.authentication.visitors import Visitor
from idp.registry.results import Result
from idp.web import house
from liveness.desk import KEY as DESK
from liveness.permits import standing
from liveness.scans import handling, results
from liveness.scans.errors import ScanOverError
from liveness.scans.orders import Purpose
from tests.faces.portraits import jpeg
from tests.faces.puppet import tilted
from tests.unit.liveness.scans.conftest import PERSON


def decoded(octets):
    return cv2.imdecode(np.frombuffer(octets, np.uint8), cv2.IMREAD_COLOR)


def test_who_does_as_told_passes(phone, film, register):
    """The puppet stands for an honest person; nothing here tells it from one."""
    person = phone()
    person.begin()

    answer = person.perform(film())

    assert answer.json["status"] == "passed", answer.json
    assert answer.json["next"] == "/onward"
    assert [verdict[2] for verdict in register.verdicts] == [Result.MATCH]

    assert [len(capture.picture) > 0 for capture in register.captures] == [True]


def test_a_scan_leaves_a_trace_and_nothing_else(phone, film, register, rows):
    """What was claimed is erased with the end; the trail keeps a hash, and no number."""
    person = phone()
    person.begin()
    person.perform(film())

    (row,) = rows("SELECT * FROM face_scan")
    (event,) = rows("SELECT * FROM audit_event WHERE event = 'face:scan'")
    told = json.loads(event.data)

    assert (row.state, row.outcome, row.result) == ("ended", "passed", "MATCH")
    assert (row.order_sealed, row.key, row.nonce, row.counted) == (None, None, None, "")
    assert event.outcome == "success"
    assert told["evidence"] == row.evidence == register.captures[0].evidence
    assert len(row.evidence) == 64
    assert PERSON.id_number not in str(row) + str(event)


def test_it_is_redeemed_once_for_what_it_was_for(app, phone, film):
    person = phone()
    person.begin()
    person.perform(film())
    scan, department = person.scan, Purpose.DEPARTMENT

    def redeem(purpose=department, matter="check-1"):
        with app.extensions[DESK].database.write() as tx:
            return results.redeem(tx, scan, purpose, matter=matter, browser=None)

    for wrong in ({"purpose": Purpose.PROOF}, {"matter": "check-2"}):
        with pytest.raises(ScanOverError):
            redeem(**wrong)
    assert redeem().result is Result.MATCH
    with pytest.raises(ScanOverError):
        redeem()


def refused(answer, *codes):
    assert answer.status_code == 200, answer.text
    assert answer.json["status"] == "refused"
    assert answer.json["code"] in (codes or ("face_not_confirmed",))
    return True


EITHER = ("face_not_confirmed", "face_capture_poor")  # it may have looked too far, or cut off


def test_somebody_else_is_not_confirmed(phone, film, register, rows):
    person = phone()
    person.begin()

    assert refused(person.perform(film("biden")))
    assert [verdict[2] for verdict in register.verdicts] == [Result.FACE_MISMATCH]


def test_a_photograph_held_still_makes_no_movement(phone, film, register):
    """Two tries are left, and then it is over; the register is never asked."""
    person = phone()
    person.begin()
    answer = person.show(film().at_rest())
    asked = []

    while answer.json["status"] in ("step", "again"):
        asked.append(person.step["kind"])
        answer = person.show(film().still())

    assert refused(answer)
    assert len(asked) == 3
    assert len(set(asked)) == 1  # the same once more, and no other to choose from
    assert not register.captures
    assert [verdict[2] for verdict in register.verdicts] == [Result.LIVENESS_FAIL]


def test_a_photograph_that_is_tilted_makes_no_movement(phone, film, portrait, engine, register):
    """The planar warp of a photograph, tilted as the step asks."""
    shown = portrait("obama")
    centre = engine.detector.detect(shown)[0].centre
    tilts = {
        "turn_left": [{"yaw": angle} for angle in (20, 35, 45, 50)],
        "turn_right": [{"yaw": -angle} for angle in (20, 35, 45, 50)],
        "nod": [{"yaw": 0, "pitch": angle} for angle in (10, 20, 30, 10)],
        "open_mouth": [{"yaw": 0, "pitch": angle} for angle in (-30, -40, -45, -30)],
    }
    person = phone()
    person.begin()
    answer = person.show(film().at_rest())

    while answer.json["status"] in ("step", "again"):
        sheets = [tilted(shown, centre, **tilt) for tilt in tilts[person.step["kind"]]]
        waved = [film().shaken(sheet) for sheet in sheets]
        answer = person.show([*film().at_rest(2), *waved, *film().at_rest(1)])

    assert refused(answer, *EITHER)
    assert not register.captures


def test_another_person_may_not_make_the_movement(phone, film, register):
    """Identity is held from step to step, and through each movement; told only at the end."""
    person = phone()
    person.begin()
    answer = person.show(film().at_rest())

    while answer.json["status"] in ("step", "again"):
        made = film("biden").making(person.step["kind"])
        answer = person.show([*film().at_rest(2), *made[2:5], *film().at_rest(2)])

    assert refused(answer, *EITHER)
    assert not register.captures


def test_a_stranger_who_takes_over_is_not_confirmed(phone, film, register):
    person = phone()
    person.begin()
    person.show(film().at_rest())
    person.show(film().making(person.step["kind"]))

    assert refused(person.perform(film("biden")), *EITHER)
    assert not register.captures


def test_a_film_that_is_shown_again_is_not_confirmed(phone, film, register):
    """The same pictures, compressed anew: no octet is as before, and the face comes back too well.

    The poses are the same ones each time, to the pixel.
    """
    person = phone()
    person.begin()
    loop = {}
    quality = iter(range(95, 40, -1))

    def again(pictures):
        return [jpeg(decoded(picture), next(quality)) for picture in pictures]

    answer = person.show(first := film().at_rest())
    while answer.json["status"] in ("step", "again"):
        kind = person.step["kind"]
        moves = loop.setdefault(kind, film().making(kind)[2:5])
        answer = person.show(again([*first[:2], *moves, *first[2:]]))

    assert refused(answer)
    assert not register.captures


def test_a_silent_register_is_nobodys_failure(phone, film, register, rows):
    register.silent = Result.SOURCE_DOWN
    person = phone()
    person.begin()

    assert refused(person.perform(film()), "authority_unavailable")
    (standing,) = rows("SELECT * FROM face_standing")
    assert (standing.failures, standing.in_a_row, standing.today) == (0, 0, 0)


def test_who_has_no_portrait_is_told_of_the_counter(phone, film, register):
    register.silent = Result.NO_PHOTO
    person = phone()
    person.begin()

    assert refused(person.perform(film()), "face_not_checkable")


def test_what_is_not_permitted_any_more_is_not_compared(app, phone, film, register, monkeypatch):
    """Locked since the scan began: the register is not even asked."""
    monkeypatch.setattr(type(register), "purpose", Purpose.PROOF)
    handling.install(app, [register])
    desk = app.extensions[DESK]
    with app.app_context(), desk.database.write() as tx:
        account = {"password": "seven-Herons-over-the-lake", "phone": "+8613800138000"}
        person_id = registration.register(
            tx, desk.vault, house.hasher(), desk.settings.passwords, phone_verified=True, **account
        )
    person = phone(purpose=Purpose.PROOF, person_id=person_id)
    assert person.begin().status_code == 200
    person.show(film().at_rest())

    with app.app_context(), desk.database.write() as tx:
        subject = standing.of_number(tx, desk.vault, PERSON.id_number)
        standing.lock(tx, Visitor(b""), subject, person_id)

    assert refused(person.perform(film()))
    assert not register.captures
    assert [verdict[2] for verdict in register.verdicts] == [Result.LIVENESS_FAIL]
