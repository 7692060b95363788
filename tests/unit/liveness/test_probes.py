"""A probe matches the portrait of its own face, and nothing that cannot be measured."""

import base64
import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from pydantic import SecretStr

from config.faces import LivenessSettings
from idp.registry.ports import AuthorityError
from idp.registry.results import Result
from idp.web.outbound import Answer, OutboundFailedError
from liveness.engine.comparison import Risk
from liveness.engine.templates import Metric
from liveness.isolation.errors import VisionBusyError, VisionLostError
from liveness.isolation.keeper import Bounds
from liveness.isolation.room import VisionRoom, start
from liveness.isolation.wire import Question
from liveness.probes import probe_for
from tests.faces import portraits as album
from tests.unit.liveness import pictures


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    album.weights()
    bounds = Bounds(deadline=20.0)
    path = tmp_path_factory.mktemp("vision") / "door"
    with start(path, bounds):
        yield VisionRoom(path, bounds)


@pytest.fixture
def desk(room):
    return SimpleNamespace(room=room, liveness=LivenessSettings(), outbound=None)


@pytest.fixture(scope="module")
def shots(room, portrait):
    """Return the model, and vectors of five shots of one name's portrait, as a camera sees it."""

    def shots_of(name):
        whole = portrait(name)
        frames = [album.jpeg(np.roll(whole, 3 * step, axis=1), 92 - step) for step in range(5)]
        seen = room.look(Question(pictures=frames, embed=range(5)))
        return seen.model_id, seen.metric, [one.template for one in seen.observations]

    return shots_of


@pytest.fixture
def probe(desk, shots):
    return probe_for(desk, *shots("obama-standing"), Risk.NORMAL, b"")


def test_somebody_is_who_they_are(probe, portrait):
    assert probe.against(album.jpeg(portrait("obama"))) is Result.MATCH


def test_somebody_else_is_not(probe, portrait):
    assert probe.against(album.jpeg(portrait("biden"))) is Result.FACE_MISMATCH


def test_a_portrait_may_be_as_small_as_a_cards(probe, portrait):
    small = cv2.resize(portrait("obama")[:, 160:550], (102, 126), interpolation=cv2.INTER_AREA)

    assert probe.against(album.jpeg(small)) is Result.MATCH


def test_what_is_at_stake_sets_the_line(desk, shots, portrait, monkeypatch):
    """The same two pictures pass where a mistake is cheap, and not where it is dear."""
    limits = {Risk.LOW: 0.43, Risk.HIGH: 0.999}
    monkeypatch.setattr("liveness.engine.comparison.THRESHOLDS", {"sface": limits})
    kept = album.jpeg(portrait("obama"))
    found = shots("obama-standing")

    assert probe_for(desk, *found, Risk.LOW, b"").against(kept) is Result.MATCH
    assert probe_for(desk, *found, Risk.HIGH, b"").against(kept) is Result.FACE_MISMATCH


@pytest.mark.parametrize("kept", ["no face", "two faces", "dark", "tiny", *pictures.HOSTILE])
def test_a_portrait_without_one_usable_face_is_none(probe, portrait, kept):
    face = portrait("obama")
    made = {
        "no face": lambda: pictures.jpeg(pictures.noise(480, 480)),
        "two faces": lambda: album.jpeg(np.hstack([face, face])),
        "dark": lambda: album.jpeg((face * 0.08).astype(np.uint8)),
        "tiny": lambda: album.jpeg(cv2.resize(face, None, fx=0.12, fy=0.12)),
    }
    octets = made[kept]() if kept in made else pictures.HOSTILE[kept][0]()

    assert probe.against(octets) is Result.NO_PHOTO


def test_frames_that_disagree_match_nobody(desk, shots, portrait):
    model, metric, obama = shots("obama")
    biden = shots("biden")[2]
    mixed = probe_for(desk, model, metric, [*obama[:2], *biden[:2]], Risk.LOW, b"")
    few = probe_for(desk, model, metric, obama[:2], Risk.LOW, b"")
    kept = album.jpeg(portrait("obama"))

    assert {mixed.against(kept), few.against(kept)} == {Result.FACE_MISMATCH}


@pytest.mark.parametrize("vector", [np.nan, np.inf, 0.0])
def test_what_was_not_measured_matches_nobody(desk, shots, portrait, vector):
    model, metric, _ = shots("obama")
    broken = [np.full(128, vector, np.float32)] * 3
    made = probe_for(desk, model, metric, broken, Risk.LOW, b"")

    assert made.against(album.jpeg(portrait("obama"))) is Result.FACE_MISMATCH


@pytest.mark.parametrize(
    ("model", "metric"), [("sface-2099:0", Metric.COSINE), ("dlib-1:0", Metric.DISTANCE)]
)
def test_vectors_of_another_model_match_nobody(desk, shots, portrait, model, metric):
    vectors = shots("obama")[2]
    made = probe_for(desk, model, metric, vectors, Risk.LOW, b"")

    assert made.against(album.jpeg(portrait("obama"))) is Result.FACE_MISMATCH


class _Room:
    def __init__(self, error):
        self._error = error

    def look(self, question):
        raise self._error


@pytest.mark.parametrize("error", [VisionBusyError(retry_after=3), VisionLostError(detail="x")])
def test_vision_that_cannot_look_is_no_verdict(desk, shots, error):
    desk.room, found = _Room(error), shots("obama")

    with pytest.raises(AuthorityError):
        probe_for(desk, *found, Risk.NORMAL, b"").against(b"")


def test_without_a_room_there_is_no_verdict(desk, shots):
    found = shots("obama")
    desk.room = None

    with pytest.raises(AuthorityError):
        probe_for(desk, *found, Risk.NORMAL, b"").against(b"")


class _Line:
    """A certified matcher at the other end of the transport."""

    def __init__(self, status=200, **told):
        self.asked, self._status, self._told = [], status, told

    def request(self, method, url, *, headers, body, timeout):
        self.asked.append((method, url, headers, json.loads(body), timeout))
        if self._status == 0:
            raise OutboundFailedError(detail="away")
        told = {"transaction": self.asked[-1][3]["transaction"], "reference": "R1", **self._told}
        return Answer(self._status, {}, json.dumps(told).encode())


def matcher(line):
    settings = LivenessSettings(
        engine="vendor",
        vendor_url="https://matcher.example/compare",
        vendor_token=SecretStr("a-token"),
        vendor_timeout=2.5,
    )
    desk = SimpleNamespace(room=None, liveness=settings, outbound=line)
    return probe_for(desk, "sface", Metric.COSINE, (), Risk.HIGH, b"the picture")


@pytest.mark.parametrize(
    ("live", "match", "result"),
    [
        (True, True, Result.MATCH),
        (True, False, Result.FACE_MISMATCH),
        (False, True, Result.LIVENESS_FAIL),
        (False, False, Result.LIVENESS_FAIL),
    ],
)
def test_a_certified_matcher_must_affirm_both(live, match, result):
    line = _Line(live=live, match=match)

    assert matcher(line).against(b"the portrait") is result

    method, url, headers, asked, timeout = line.asked[0]
    assert (method, url, timeout) == ("POST", "https://matcher.example/compare", 2.5)
    assert headers["Authorization"] == "Bearer a-token"
    assert base64.b64decode(asked["reference"]) == b"the portrait"
    assert [base64.b64decode(one) for one in asked["probes"]] == [b"the picture"]


@pytest.mark.parametrize(
    "line",
    [
        _Line(0, live=True, match=True),
        _Line(500, live=True, match=True),
        _Line(302, live=True, match=True),
        _Line(live="true", match=True),
        _Line(live=True),
        _Line(live=1, match=1),
        _Line(live=True, match=True, transaction="another"),
    ],
)
def test_an_answer_that_is_none_is_no_verdict(line):
    with pytest.raises(AuthorityError):
        matcher(line).against(b"the portrait")
