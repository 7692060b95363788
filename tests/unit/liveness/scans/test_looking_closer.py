"""Which frames of a movement are looked at: some by lot, and more where those do not tell."""

import numpy as np
import pytest

from liveness.engine.cues import Step
from liveness.isolation.looking import looker
from liveness.isolation.observations import unpack
from liveness.isolation.room import Seen
from liveness.scans import looking
from liveness.scans.findings import Findings
from liveness.scans.wire import Frame
from tests.faces.portraits import jpeg

FRAMES, EVERY = 24, 166  # of a step; milliseconds


class Room:
    """The room of vision without its walls, which counts the pictures that it is shown."""

    def __init__(self, engine):
        self.engine, self._look, self.shown = engine, looker(engine), []

    def look(self, question):
        self.shown.append(len(question.pictures))
        seen = tuple(unpack(one) for one in self._look(question)["seen"])
        return Seen(self.engine.embedder.model_id, self.engine.embedder.metric, seen)


@pytest.fixture
def room(engine):
    return Room(engine)


@pytest.fixture(scope="module")
def shot(puppet):
    """Return frames of the puppet, turned as told."""
    random, drawn = np.random.default_rng(3), {}

    def frames(yaws):
        for yaw in set(yaws) - set(drawn):
            drawn[yaw] = puppet("obama").posed(yaw=yaw)
        noisy = (drawn[yaw] + random.normal(0, 2, drawn[yaw].shape) for yaw in yaws)
        pictures = (jpeg(np.clip(one, 0, 255).astype(np.uint8), 85) for one in noisy)
        return [Frame(picture, EVERY * at, 0.0) for at, picture in enumerate(pictures)]

    return frames


@pytest.fixture
def rested(room, shot):
    frames = shot([0.0, 1.0, -1.0, 0.0, 1.0, -1.0])
    looked = looking.at_rest(room, Findings(head=b""), frames)
    assert looked.done
    room.shown.clear()
    return looked.findings, frames[looked.rest]


@pytest.mark.parametrize("begin", range(3, 19, 5))
def test_a_short_turn_is_seen_wherever_the_lot_falls(room, shot, rested, begin):
    """Five frames of 24 are turned: often less than two of six drawn by lot are among them."""
    yaws = [0.0] * FRAMES
    yaws[begin : begin + 5] = [38.0, 41.0, 38.0, 41.0, 38.0]

    looked = looking.in_motion(room, *_asked(rested, Step.TURN_LEFT), shot(yaws))

    assert looked.done, looked.coach
    assert sum(room.shown) <= 3 * (1 + 6) + 2  # the face at rest each time, and two templates


def test_few_frames_of_a_movement_that_is_held_are_looked_at(room, shot, rested):
    yaws = [*([0.0] * 6), *([38.0, 41.0] * 6), *([0.0] * 6)]

    assert looking.in_motion(room, *_asked(rested, Step.TURN_LEFT), shot(yaws)).done
    assert sum(room.shown) < FRAMES


def test_who_turns_the_other_way_has_not_turned(room, shot, rested):
    yaws = [*([0.0] * 6), *([38.0, 41.0] * 6), *([0.0] * 6)]

    assert not looking.in_motion(room, *_asked(rested, Step.TURN_RIGHT), shot(yaws)).done


def _asked(rested, step):
    findings, rest = rested
    return findings, step, rest
