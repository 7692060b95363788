"""The capture interface through the whole stack: who may speak, what is refused, what is left."""

import threading
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.authentication.visitors import Visitor
from idp.crypto.vault import MasterKey, Vault, fingerprint
from idp.registry.results import Result
from idp.web import browser
from liveness.desk import KEY as DESK
from liveness.isolation.errors import VisionBusyError, VisionLostError
from liveness.permits import standing
from liveness.scans import handling, leaving, pacing
from liveness.scans.handling import KEY as USES
from tests.faces.phone import KIND, b64, pack
from tests.unit.liveness import pictures
from tests.unit.liveness.scans.conftest import PERSON

DEPARTMENT = "https://pension.example"


class Watched:
    """The room of vision, and how often it was asked; *trouble* comes before it is."""

    def __init__(self, room):
        self.room, self.asked, self.trouble = room, 0, None

    def look(self, question):
        self.asked += 1
        if self.trouble:
            raise self.trouble
        return self.room.look(question)


@pytest.fixture
def room(app):
    desk = app.extensions[DESK]
    watched = Watched(desk.room)
    app.extensions[DESK] = replace(desk, room=watched)
    return watched


@pytest.fixture
def begun(phone):
    """Return a phone whose scan has begun."""

    def make(text=None, **changes):
        made = phone(text, **changes)
        assert made.begin().status_code == 200
        return made

    return make


def said(answer):
    return answer.status_code, answer.json["error"]


NOT_CONFIRMED = ("refused", "face_not_confirmed")


def told(answer):
    assert answer.status_code == 200, answer.text
    return answer.json["status"], answer.json.get("code")


def test_a_ticket_begins_one_scan(phone, ticket):
    text = ticket()

    assert phone(text).begin().status_code == 200
    assert said(phone(text).begin()) == (410, "face_scan_over")


@pytest.mark.parametrize(
    "forge", [lambda t: t[:-3] + "AAA", lambda t: "no ticket", lambda t: "0" * 32 + t[32:]]
)
def test_a_forged_ticket_opens_nothing(phone, ticket, forge):
    assert said(phone(forge(ticket())).begin()) == (401, "face_ticket_invalid")
    assert said(phone("x").post("/face/give-up")) == (401, "face_ticket_invalid")


def test_a_ticket_that_waited_too_long_begins_nothing(phone, ticket, clock):
    text = ticket()
    clock.advance(601)

    assert said(phone(text).begin()) == (410, "face_scan_over")


def test_the_browser_that_was_ordered_performs_it(phone, ticket, make_client):
    """The ticket of one sign-in is worth nothing in another browser."""
    name = "b" * 43
    text = ticket(browser=fingerprint(name))
    cookie = browser.cookie_name("manyou-browser", secure=True)
    owner, thief = phone(text), phone(text)
    owner.client.set_cookie(cookie, name, domain="id.example", secure=True)
    thief.client.set_cookie(cookie, "c" * 43, domain="id.example", secure=True)

    assert said(thief.begin()) == (401, "face_ticket_invalid")
    assert said(phone(text).begin()) == (401, "face_ticket_invalid")
    assert owner.begin().status_code == 200


def test_only_the_page_of_the_order_may_read_the_answers(phone, ticket):
    text = ticket(origin=DEPARTMENT)
    stranger, page = phone(text), phone(text)
    stranger.manners = {"headers": {"Origin": "https://evil.example"}}
    page.manners = {"headers": {"Origin": DEPARTMENT}}

    foreign, answer = stranger.begin(), page.begin()
    failing = page.post("/face/skip", json={"version": 9, "step": "nod"})

    assert said(foreign) == (403, "face_origin_foreign")
    assert "Access-Control-Allow-Origin" not in foreign.headers
    assert answer.headers["Access-Control-Allow-Origin"] == DEPARTMENT
    assert failing.headers["Access-Control-Allow-Origin"] == DEPARTMENT
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_a_key_turned_between_order_and_beginning_forgets_no_lock(app, phone, ticket, rows):
    """What stands against a face is found, and kept, whichever key it was ordered under."""
    text = ticket()
    desk = app.extensions[DESK]
    number = PERSON.id_number
    with desk.database.write() as tx:
        standing.lock(tx, Visitor(b""), standing.of_number(tx, desk.vault, number), None)
    turned = Vault((MasterKey.new("newer"), *desk.vault._ring.values()))
    app.extensions[DESK] = replace(desk, vault=turned)

    assert said(phone(text).begin()) == (403, "face_locked")
    (kept,) = rows("SELECT * FROM face_standing")
    assert kept.locked_at


def test_a_browser_may_ask_whether_it_may(client):
    answer = client.open("/face/frames", method="OPTIONS", headers={"Origin": DEPARTMENT})

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == DEPARTMENT
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_nobody_is_scanned_who_has_not_read_the_notice(phone, rows):
    assert said(phone().begin(consent="2001-01-1")) == (403, "face_consent_missing")
    assert rows("SELECT * FROM face_standing") == []


@pytest.mark.parametrize(
    "changes",
    [{"key": {}}, {"key": None}, {"skip": ["dance"]}, {"skip": "nod"}, {"consent": None}],
)
def test_a_beginning_is_read_strictly(phone, changes):
    answer = phone().begin(**changes)

    assert said(answer) == (400, "face_batch_invalid")


def test_two_movements_must_be_left(phone):
    all_but_one = ["nod", "blink", "open_mouth", "turn_left"]

    assert said(phone().begin(skip=all_but_one)) == (409, "face_steps_spent")


@pytest.mark.parametrize(
    "lies",
    [
        {"head": "00" * 32},
        {"signature": b64(bytes(64))},
        {"parcel": b64(bytes(80))},
        {"parcel": ""},
    ],
)
def test_a_forged_paper_ends_the_scan_unseen(begun, film, room, register, lies):
    """Nobody is told which it was, nothing was looked at, and the try is counted."""
    person = begun()

    assert told(person.show(film().at_rest(), **lies)) == NOT_CONFIRMED
    assert room.asked == 0
    assert [verdict[2] for verdict in register.verdicts] == [Result.LIVENESS_FAIL]
    assert said(person.show(film().at_rest())) == (410, "face_scan_over")


def reordered(frames):
    return [frames[1], frames[0], *frames[2:]]


def swapped(frames):
    (one, first), (two, second), *others = frames
    return [(two, first), (one, second), *others]


def doubled(frames):
    (picture, _), *others = frames
    return [frames[0], (picture, others[0][1]), *others[1:]]


def in_no_time(frames):
    return [(picture, 900 + n) for n, (picture, _at) in enumerate(frames)]


def in_the_future(frames):
    return [(picture, at + 60_000) for picture, at in frames]


@pytest.mark.parametrize("wrong", [reordered, doubled, in_no_time, in_the_future])
def test_frames_out_of_order_or_time_end_the_scan(begun, film, room, wrong):
    """Signed as they are: whoever has the key still cannot."""
    person = begun()
    frames = wrong(person.capture(film().at_rest()))

    assert told(person.send(person.body(frames))) == NOT_CONFIRMED
    assert room.asked == 0


@pytest.mark.parametrize("wrong", [reordered, swapped, doubled, lambda frames: frames[:-1]])
def test_frames_other_than_those_signed_end_the_scan(begun, film, room, wrong):
    person = begun()
    frames = person.capture(film().at_rest())
    person.body(frames)
    head, _ = person.pending

    lied = person.body(wrong(frames), head=head.hex())

    assert told(person.send(lied)) == NOT_CONFIRMED
    assert room.asked == 0


def test_a_parcel_fits_its_own_scan_and_version(begun, film):
    """One of another scan, and one of before, are no parcels here."""
    one, other, third = begun(), begun(matter="check-2"), begun(matter="check-3")
    for person in (one, other, third):
        assert person.show(film().at_rest()).json["status"] == "step"
    early = third.parcel
    assert third.show(film().still()).json["status"] == "again"

    moves = film().making(one.step["kind"])
    assert told(one.show(moves, parcel=other.parcel)) == NOT_CONFIRMED
    assert told(third.show(film().making(third.step["kind"]), parcel=early)) == NOT_CONFIRMED


def test_another_face_at_rest_ends_the_scan(begun, film):
    person = begun()
    person.show(film().at_rest())
    person.rest = (film("biden").at_rest(1)[0], person.rest[1])

    assert told(person.show(film().making(person.step["kind"]))) == NOT_CONFIRMED


def test_a_frame_that_came_before_ends_the_scan(begun, film):
    person = begun()
    first = film().at_rest()
    person.show(first)

    made = [*film().making(person.step["kind"])[:-1], first[1]]
    assert told(person.show(made)) == NOT_CONFIRMED


def test_a_replayed_session_is_over_everywhere(begun, film, room, ticket, phone):
    """All of its requests again; and its pictures under a new ticket."""
    person = begun()
    sent = []
    answer = person.show(film().at_rest())
    sent.append(person.sent)
    while answer.json["status"] in ("step", "again"):
        answer = person.show(film().making(person.step["kind"]))
        sent.append(person.sent)
    assert told(answer)[0] == "passed"
    asked = room.asked

    for body in sent:
        assert said(person.post("/face/frames", data=body, content_type=KIND)) == (
            410,
            "face_scan_over",
        )
    assert said(phone(person.ticket).begin()) == (410, "face_scan_over")
    fresh = begun(matter="check-2")
    fresh.clock.advance(3)
    assert told(fresh.send(sent[0])) == NOT_CONFIRMED
    assert room.asked == asked


def test_a_step_is_answered_once(begun, film, room):
    person = begun()
    person.show(film().at_rest())
    asked = room.asked

    again = person.post("/face/frames", data=person.sent, content_type=KIND)

    assert said(again) == (409, "face_scan_step")
    assert room.asked == asked


def test_a_busy_room_gives_the_claim_back(begun, film, room):
    """The browser sends the same again, and it counts."""
    person = begun()
    room.trouble = VisionBusyError(retry_after=7)
    body = person.body(person.capture(film().at_rest()))

    busy = person.send(body)
    room.trouble = None

    assert said(busy) == (503, "vision_busy")
    assert busy.headers["Retry-After"] == "7"
    assert person.send(body).json["status"] == "step"


def test_where_every_place_is_taken_one_is_told_when_to_come_back(app, begun, film):
    """A body is read before a place is taken: whoever sends slowly keeps nobody waiting."""
    person = begun()
    body = person.body(person.capture(film().at_rest()))
    with app.app_context(), ExitStack() as held:
        for _ in range(app.extensions[DESK].settings.http.blocking_threads // 2):
            held.enter_context(handling.places().one())

        crowded, rubbish = person.send(body), person.send(b"\0" * 8)

    assert said(crowded) == (503, "vision_busy")
    assert int(crowded.headers["Retry-After"]) > 0
    assert rubbish.status_code == 400
    assert person.send(body).json["status"] == "step"


def test_a_lost_room_ends_the_scan_and_counts_no_try(begun, film, room, rows, register):
    person = begun()
    room.trouble = VisionLostError()

    assert said(person.show(film().at_rest())) == (503, "vision_lost")
    (standing,) = rows("SELECT * FROM face_standing")
    assert (standing.failures, standing.today) == (0, 0)
    assert [verdict[2] for verdict in register.verdicts] == [Result.SOURCE_DOWN]
    assert said(person.show(film().at_rest())) == (410, "face_scan_over")


@pytest.mark.parametrize("name", sorted(pictures.HOSTILE))
def test_a_hostile_picture_is_refused_and_the_scan_goes_on(begun, film, name):
    person = begun()
    made = pictures.HOSTILE[name][0]()
    begin = time.monotonic()

    answer = person.show([*film().at_rest(2), made])

    assert answer.status_code in (400, 413), answer.text
    assert answer.json["error"] in ("invalid_picture", "request_too_large")
    assert time.monotonic() - begin < 2
    assert person.post("/face/give-up").status_code == 200


def test_a_batch_may_be_large_and_not_larger(begun, make_settings):
    person = begun()

    heavy = person.send(pack({"version": 1}, [bytes(3 << 20)]))
    too_heavy = person.send(bytes((4 << 20) + 1))

    assert said(heavy) == (400, "face_batch_invalid")
    assert said(too_heavy) == (413, "request_too_large")
    assert said(person.post("/face/begin", data=b"x" * 40_000, content_type="application/json"))[
        0
    ] in (400, 413)


def test_a_body_of_another_kind_is_not_read(begun):
    person = begun()

    for path in ("/face/frames", "/face/skip", "/face/begin"):
        answer = person.post(path, data=b"a=b", content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 415


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=300), st.sampled_from(["frames", "skip", "begin"]), st.booleans())
def test_no_rubbish_breaks_anything(phone, rubbish, path, framed):
    person = phone()
    body = pack(rubbish, [rubbish]) if framed else rubbish
    kind = KIND if path == "frames" else "application/json"

    answer = person.post(f"/face/{path}", data=body, content_type=kind)

    assert 400 <= answer.status_code < 500
    assert answer.json["error"]


def test_a_movement_can_be_skipped_until_two_are_left(begun, film):
    person = begun(None)
    person.show(film().at_rest())
    seen = [person.step["kind"]]
    for _ in range(2):
        answer = person.post("/face/skip", json={"version": person.version, "step": seen[-1]})
        assert answer.status_code == 200, answer.text
        person.version, person.step = answer.json["version"], answer.json["step"]
        seen.append(person.step["kind"])

    spent = person.post("/face/skip", json={"version": person.version, "step": seen[-1]})

    assert len(set(seen)) == 3
    assert said(spent) == (409, "face_steps_spent")
    other = person.post("/face/skip", json={"version": person.version, "step": seen[0]})
    assert said(other) == (409, "face_scan_step")


def test_after_a_skip_the_parcel_still_fits(begun, film):
    person = begun()
    person.show(film().at_rest())
    skipped = {"version": person.version, "step": person.step["kind"]}
    answer = person.post("/face/skip", json=skipped)
    person.version, person.step = answer.json["version"], answer.json["step"]

    assert told(person.perform(film()))[0] == "passed"


def test_a_scan_lives_ninety_seconds(begun, film, clock, app, rows, register):
    """And leaves its trace when its time has passed; what was never looked at is given back."""
    person = begun()
    clock.advance(91)
    assert said(person.show(film().at_rest())) == (410, "face_scan_over")
    lapse = leaving.Lapse(app.extensions[DESK], app.extensions[USES])

    clock.advance(leaving.GRACE)
    for ended in (1, 0):
        with app.extensions[DESK].database.write() as tx:
            assert lapse(tx) == ended

    (row,) = rows("SELECT * FROM face_scan")
    (event,) = rows("SELECT * FROM audit_event WHERE event = 'face:scan'")
    assert (row.state, row.outcome, row.order_sealed) == ("ended", "lapsed", None)
    assert (event.outcome, event.reason) == ("failure", "lapsed")
    assert [verdict[2] for verdict in register.verdicts] == [Result.SOURCE_DOWN]
    assert rows("SELECT failures FROM face_standing")[0].failures == 0


def test_an_end_that_comes_between_is_the_end(begun, film, clock, app, room, rows):
    """The time passes while the pictures are looked at: whoever ends it first has ended it."""
    person = begun()
    body = person.body(person.capture(film().at_rest()))
    lapse = leaving.Lapse(app.extensions[DESK], app.extensions[USES])
    look = room.room.look

    def late(question):
        clock.advance(91 + leaving.GRACE)
        with app.extensions[DESK].database.write() as tx:
            assert lapse(tx) == 1
        return look(question)

    room.room = type("Late", (), {"look": staticmethod(late)})()

    assert said(person.send(body)) == (410, "face_scan_over")
    assert rows("SELECT outcome FROM face_scan")[0].outcome == "lapsed"


def test_giving_up_ends_it_and_is_free_before_anybody_looked(begun, film, rows):
    early, late = begun(), begun(matter="check-2")
    late.show(film().at_rest())

    for person in (early, late):
        answer = person.post("/face/give-up")
        assert (answer.status_code, answer.json["next"]) == (200, "/onward")
        assert said(person.post("/face/give-up")) == (410, "face_scan_over")

    assert rows("SELECT failures FROM face_standing")[0].failures == 1


def test_giving_up_while_pictures_are_looked_at_is_not_free(begun, film, room, rows):
    """Else pictures could be put before the models for ever, and no try were counted."""
    person = begun()
    look = room.room.look

    def leaving_meanwhile(question):
        assert person.post("/face/give-up").status_code == 200
        return look(question)

    room.room = type("Leaving", (), {"look": staticmethod(leaving_meanwhile)})()

    assert said(person.show(film().at_rest())) == (410, "face_scan_over")
    assert rows("SELECT failures FROM face_standing")[0].failures == 1


def test_pictures_that_are_none_are_not_looked_at_for_ever(begun, film, rows):
    """Each batch with a bad picture spends a try of the step, and the scan its own."""
    person, early = begun(), begun(matter="check-2")
    broken = pictures.HOSTILE["truncated jpeg"][0]()
    early.show([*film().at_rest(2), broken])
    early.post("/face/give-up")

    body = person.body(person.capture([*film().at_rest(2), broken]))
    answers = [person.send(body) for _ in range(9)]

    assert {said(answer) for answer in answers[:8]} == {(400, "invalid_picture")}
    assert told(answers[8]) == ("refused", "face_capture_poor")
    assert rows("SELECT failures FROM face_standing")[0].failures == 2


def test_of_twenty_at_the_same_moment_one_is_looked_at(app, begun, film, room, make_client):
    """Two looks: at all frames, and at the two that are compared later.

    The others are told that the step is taken, or that all places of this worker are.
    """
    person = begun()
    body = person.body(person.capture(film().at_rest()))
    start, answers = threading.Barrier(20), []

    def run():
        client = make_client()
        start.wait(30)
        answer = client.post(
            "/face/frames",
            data=body,
            content_type=KIND,
            headers={"Authorization": f"Bearer {person.ticket}"},
        )
        answers.append((answer.status_code, answer.json.get("error", answer.json.get("status"))))

    lanes = [threading.Thread(target=run) for _ in range(20)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join(60)

    assert min(answers) == (200, "step")
    assert set(answers[1:]) <= {(200, "step"), (409, "face_scan_step"), (503, "vision_busy")}
    assert answers.count((200, "step")) == 1
    assert room.asked == 2


def test_answers_come_at_moments_that_tell_nothing(monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)

    for worked in (0.01, 0.7, 1.49, 1.51):
        monkeypatch.setattr(pacing, "moment", lambda worked=worked: worked)
        pacing.until_due(0.0, 1.5)
    pacing.until_due(0.0, 0)

    assert slept == pytest.approx([1.49, 0.8, 0.01, 1.49])
