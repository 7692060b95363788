"""A crash, a hang or a feast costs one question; a refused picture costs nothing."""

import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from liveness.isolation import observations, wire
from liveness.isolation.errors import (
    PictureError,
    VisionBusyError,
    VisionLostError,
    VisionStartError,
)
from liveness.isolation.keeper import Bounds
from liveness.isolation.room import VisionRoom, start
from liveness.isolation.wire import Question, WireError
from tests.faces import portraits as album
from tests.unit.liveness import pictures

SOULS = [str(Path(__file__).with_name("lost_souls.py"))]
BOUNDS = Bounds(processes=1, backlog=1, cap_mib=1024, deadline=1.0)


def cells(group):
    children = Path(f"/proc/{group.pid}/task/{group.pid}/children").read_text("ascii")
    return {int(pid) for pid in children.split()}


def until(condition, seconds=5):
    limit = time.monotonic() + seconds
    while not condition() and time.monotonic() < limit:
        time.sleep(0.02)
    return condition()


@pytest.fixture(scope="module")
def real(tmp_path_factory, weights):
    path = tmp_path_factory.mktemp("vision") / "socket"
    bounds = Bounds(processes=1, backlog=4)
    with start(path, bounds) as group:
        yield group, VisionRoom(path, bounds, patience=60)


@pytest.fixture
def souls(tmp_path):
    path = tmp_path / "socket"
    with start(path, BOUNDS, module=SOULS) as group:
        yield group, VisionRoom(path, BOUNDS, patience=3)


def ask(room, word):
    return room.look(Question(pictures=[word_picture(word)]))


def word_picture(word):
    """A JPEG whose last octets before the end spell *word*, in a restart-free scan's tail."""
    whole = pictures.jpeg()
    return whole[:-2] + word.encode() + whole[-2:]


def test_a_portrait_is_seen_as_it_is_in_this_process(real, engine, portrait):
    """Through the socket and back nothing is lost."""
    from liveness.engine.observing import observe

    _, room = real
    sent = album.jpeg(portrait("obama"), quality=100)

    seen = room.look(Question(pictures=[sent, sent], embed=[1], flatness=True))

    assert seen.model_id == engine.embedder.model_id
    first, second = seen.observations
    assert (first.faces, second.faces) == (1, 1)
    assert first.template is None
    assert second.flatness != second.flatness  # nothing moved, so nothing was measured
    (here,) = observe(engine, [portrait("obama")], embed=[0])
    assert float(second.template @ here.template) > 0.98


@pytest.mark.parametrize("kind", pictures.HOSTILE)
def test_a_hostile_picture_costs_nothing(real, kind):
    """Refused within 200 ms, in less than 100 MB, and the same process waits for the next."""
    group, room = real
    make, *faults = pictures.HOSTILE[kind]
    octets = make()
    before, memory = cells(group), psutil.Process().memory_info().rss

    began = time.perf_counter()
    with pytest.raises(PictureError) as refused:
        room.look(Question(pictures=[octets]))

    assert time.perf_counter() - began < 0.2
    assert refused.value.fault in faults
    assert psutil.Process().memory_info().rss - memory < 100 << 20
    assert cells(group) == before


def test_a_header_that_lies_is_found_out_inside(real):
    """What decodes to something else, or not at all, is a picture's fault, not ours."""
    group, room = real
    before = cells(group)
    hollow = pictures.png_of(160, 120, 8, 2, b"no rows at all")

    with pytest.raises(PictureError) as refused:
        room.look(Question(pictures=[hollow]))

    assert refused.value.fault == "unreadable"
    assert cells(group) == before


def test_rows_beyond_the_stated_size_are_not_unpacked(real):
    _, room = real

    seen = room.look(Question(pictures=[pictures.liar()]))

    assert seen.observations[0].faces == 0


def test_a_cell_can_reach_no_network_and_write_no_file(real):
    group, _ = real
    (pid,) = cells(group)
    limits = psutil.Process(pid)

    assert limits.nice() >= 10
    assert limits.rlimit(psutil.RLIMIT_AS)[1] == 1024 << 20
    assert limits.rlimit(psutil.RLIMIT_FSIZE)[1] == 0
    own = Path("/proc/self/ns/net").readlink()
    assert Path(f"/proc/{pid}/ns/net").readlink() != own
    environment = Path(f"/proc/{group.pid}/environ").read_bytes()
    assert b"MANYOU" not in environment
    assert b"DATABASE" not in environment


@pytest.mark.parametrize("word", ["crash", "gorge", "surprise"])
def test_whoever_dies_over_a_picture_is_replaced(souls, word):
    group, room = souls
    before = cells(group)

    with pytest.raises(VisionLostError):
        ask(room, word)

    assert until(lambda: cells(group) - before)
    with pytest.raises(VisionLostError, match="vision_lost"):
        ask(room, "lie")  # the next is answered, if with nonsense


def test_a_cell_that_is_killed_costs_one_question(real, portrait):
    group, room = real
    (pid,) = cells(group)

    os.kill(pid, signal.SIGSEGV)

    assert until(lambda: cells(group) - {pid})
    assert room.look(Question(pictures=[album.jpeg(portrait("biden"))])).observations[0].faces == 1


def test_whoever_hangs_is_ended_at_the_deadline(souls):
    """Even one that is stopped, and so deaf to any signal but one."""
    group, room = souls
    (pid,) = cells(group)
    timer = threading.Timer(0.3, lambda: os.kill(pid, signal.SIGSTOP))
    timer.start()

    began = time.monotonic()
    with pytest.raises(VisionLostError):
        ask(room, "hang")

    assert time.monotonic() - began < BOUNDS.deadline + 1.5
    assert until(lambda: cells(group) - {pid})


def test_a_full_queue_says_when_to_come_back(souls):
    """One works, two wait (the kernel's backlog counts from nought), the next is told to go."""
    _, room = souls
    outcomes = []

    def visit():
        try:
            ask(room, "slow")
        except (VisionBusyError, VisionLostError) as error:
            outcomes.append(error)

    visitors = [threading.Thread(target=visit) for _ in range(8)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()

    busy = [error for error in outcomes if isinstance(error, VisionBusyError)]
    worked = len(outcomes) - len(busy)
    assert 1 <= worked <= 4
    assert len(busy) == 8 - worked
    assert all(error.status == 503 and 1 <= error.retry_after <= 60 for error in busy)


def test_without_a_group_one_is_told_to_come_back(tmp_path):
    room = VisionRoom(tmp_path / "nobody", BOUNDS)

    with pytest.raises(VisionBusyError):
        ask(room, "anything")


def test_altered_weights_start_nothing(tmp_path, capfd):
    """Fail closed: no engine, no scan."""
    with pytest.raises(VisionStartError):
        start(tmp_path / "socket", BOUNDS, options=[f"--models={tmp_path}"])

    assert "missing" in capfd.readouterr().err


def test_an_engine_without_authority_starts_nothing(tmp_path, capfd):
    with pytest.raises(VisionStartError):
        start(tmp_path / "socket", BOUNDS, options=["--engine=face_recognition"])

    assert "may not decide" in capfd.readouterr().err


@pytest.mark.parametrize(
    "change",
    [
        {"faces": -1},
        {"faces": True},
        {"points": "AAAA"},
        {"points": "not base64!"},
        {"live": ["x"]},
        {"mouth": float("inf")},
        {"quality": {"unheard": 1.0}},
        {"pose": None},
        {"template": 7},
    ],
)
def test_answers_are_not_taken_on_trust(engine, portrait, change):
    """Whoever took a cell over by a picture shall not thereby take over the provider."""
    from liveness.engine.observing import observe

    (seen,) = observe(engine, [portrait("obama")], embed=[0])
    packed = observations.pack(seen)
    back = observations.unpack(packed)

    assert (back.faces, back.pose, back.fingerprint) == (1, seen.pose, seen.fingerprint)
    with pytest.raises(WireError):
        observations.unpack(packed | change)
    with pytest.raises(WireError):
        observations.unpack([packed])


def test_the_provider_itself_never_loads_the_decoder():
    """Asking needs numbers only: no OpenCV in the process that holds sessions and keys."""
    import subprocess
    import sys

    code = "import sys, liveness.isolation.room, liveness.engine.cues, liveness.engine.decision, "
    code += "liveness.engine.gate, liveness.engine.comparison, liveness.engine.vendor, "
    code += "liveness.engine.presentation_attack, liveness.engine.duplicates\n"
    code += "assert 'cv2' not in sys.modules"
    root = Path(__file__).parents[3]

    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
    assert wire.MOST_PICTURES >= 40
