"""The hashing processes: bounded, separate, expendable, and silent about passwords."""

import os
import resource
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from idp.crypto import hashing, hashing_wire
from idp.crypto.hashing import HashingBusyError, LocalHasher, SocketHasher
from idp.crypto.passwords import Cost, PasswordError, PasswordScheme, Verdict

GOOD = "correct horse"
LIGHT = Cost(memory_kib=64, passes=1)
SLOW = Cost(memory_kib=19_456, passes=12)


def workers_of(keeper: int) -> list[int]:
    listed = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
    return [int(pid) for pid in listed]


def wait_until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def ticks_of(pid: int) -> int:
    """Return the processor time a process has used, in hundredths of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def at_once(count, function):
    """Call *function* from *count* threads; return what each got, and how long it took."""
    results = []

    def call():
        began = time.monotonic()
        try:
            outcome = function()
        except HashingBusyError as busy:
            outcome = busy
        results.append((outcome, time.monotonic() - began))

    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def path(tmp_path):
    return tmp_path / "hashing.sock"


@pytest.fixture
def light_pool(path):
    with hashing.start(path, 2, cost=LIGHT) as pool:
        yield pool


@pytest.fixture(params=["local", "socket"])
def hasher(request, path):
    if request.param == "local":
        yield LocalHasher(2, cost=LIGHT)
        return
    with hashing.start(path, 2, cost=LIGHT):
        yield SocketHasher(path)


def test_every_hasher_hashes_and_verifies(hasher):
    """One suite for whoever fills the port."""
    stored = hasher.hash(GOOD)

    assert stored.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert hasher.verify(GOOD, stored) == Verdict(ok=True)
    assert hasher.verify("wrong", stored) == Verdict(ok=False)
    assert hasher.verify(GOOD, None) == Verdict(ok=False)
    assert hasher.verify("\0", stored) == Verdict(ok=False)
    assert hasher.verify("x" * 5000, stored) == Verdict(ok=False)
    assert hasher.verify("🐎" * 128, hasher.hash("🐎" * 128)).ok


def test_every_hasher_offers_a_replacement(hasher):
    old = PasswordScheme(Cost(memory_kib=32, passes=1)).hash(GOOD)

    verdict = hasher.verify(GOOD, old)

    assert verdict.ok
    assert hasher.verify(GOOD, verdict.replacement) == Verdict(ok=True)


@pytest.mark.parametrize("impossible", ["\0", "x" * 129, "\ud800"])
def test_every_hasher_refuses_what_can_be_no_password(hasher, impossible):
    with pytest.raises(PasswordError):
        hasher.hash(impossible)


def test_hashes_of_one_process_open_in_another(light_pool, path):
    assert LocalHasher(cost=LIGHT).verify(GOOD, SocketHasher(path).hash(GOOD)) == Verdict(ok=True)


def test_the_door_is_for_our_own_user_alone(light_pool, path):
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_workers_are_meek(light_pool):
    """Niced, capped, without core dumps, and blind to our environment."""
    workers = workers_of(light_pool.pid)
    wait_until(lambda: all(os.getpriority(os.PRIO_PROCESS, pid) == 10 for pid in workers))

    assert len(workers) == 2
    for pid in workers:
        wait_until(lambda pid=pid: resource.prlimit(pid, resource.RLIMIT_AS)[0] == 512 << 20)
        assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert {entry.split(b"=")[0] for entry in environment.split(b"\0") if entry} <= {
            b"PYTHONPATH", b"PATH", b"LC_CTYPE",
        }  # fmt: skip


def test_a_crash_costs_one_question_at_most(path):
    """The others are answered, the dead worker is replaced, and nothing hangs."""
    stored = PasswordScheme(SLOW).hash(GOOD)
    with hashing.start(path, 2, cost=SLOW) as pool:
        hasher = SocketHasher(path, timeout=30)
        before = workers_of(pool.pid)

        threading.Timer(0.3, os.kill, (before[0], signal.SIGKILL)).start()
        outcomes = [outcome for outcome, _ in at_once(8, lambda: hasher.verify(GOOD, stored))]

        lost = [outcome for outcome in outcomes if isinstance(outcome, HashingBusyError)]
        assert len(lost) <= 1
        assert [o for o in outcomes if o not in lost] == [Verdict(ok=True)] * (8 - len(lost))
        wait_until(lambda: len(workers_of(pool.pid)) == 2 and before[0] not in workers_of(pool.pid))
        assert hasher.verify(GOOD, stored).ok


def test_a_flood_is_turned_away_at_once(path):
    """Two workers, four waiting: the kernel refuses the rest without a wait (unix(7), EAGAIN)."""
    stored = PasswordScheme(SLOW).hash(GOOD)
    with hashing.start(path, 2, cost=SLOW, backlog=4):
        hasher = SocketHasher(path, timeout=30)

        results = at_once(40, lambda: hasher.verify("guess", stored))

    refused = [(o, took) for o, took in results if isinstance(o, HashingBusyError)]
    served = [o for o, _ in results if not isinstance(o, HashingBusyError)]
    assert served == [Verdict(ok=False)] * len(served)
    assert 5 <= len(served) <= 12
    assert len(refused) == 40 - len(served)
    assert max(took for _, took in refused) < 0.5
    assert {(o.code, o.status, o.retry_after) for o, _ in refused} == {("busy", 503, 2)}


def test_waiting_has_an_end_and_nobody_works_for_those_who_left(path):
    stored = PasswordScheme(SLOW).hash(GOOD)
    with hashing.start(path, 1, cost=SLOW, backlog=16):
        results = at_once(10, lambda: SocketHasher(path, timeout=0.05).verify("guess", stored))
        assert all(isinstance(o, HashingBusyError) for o, _ in results)
        assert max(took for _, took in results) < 1.0

        began = time.monotonic()
        SocketHasher(path, timeout=30).hash(GOOD)
        patient = time.monotonic() - began
        began = time.monotonic()
        SocketHasher(path, timeout=30).hash(GOOD)
        alone = time.monotonic() - began

    assert patient < 5 * alone  # one in progress may be finished, nine are dropped unread


def test_a_local_hasher_is_bounded_too():
    hasher = LocalHasher(1, wait=0.01, cost=SLOW)

    outcomes = Counter(type(o).__name__ for o, _ in at_once(4, lambda: hasher.verify("x", None)))

    assert outcomes == {"Verdict": 1, "HashingBusyError": 3}


def test_no_pool_is_busy_and_not_a_crash(path):
    with pytest.raises(HashingBusyError) as refusal:
        SocketHasher(path).verify(GOOD, None)

    assert GOOD not in repr(refusal.value) + refusal.value.detail


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"\0",
        struct.pack(">I", 2**31) + b"x",
        struct.pack(">I", 3) + b"{}}",
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 2) + b"{}",
        struct.pack(">I", 4) + b"\xff\xfe\xff\xfe",
        struct.pack(">I", 10_000) + b"[" * 10_000,
    ],
)
def test_rubbish_kills_no_worker(light_pool, path, rubbish):
    before = workers_of(light_pool.pid)
    for _ in range(3):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(rubbish)

    assert SocketHasher(path).hash(GOOD)
    assert workers_of(light_pool.pid) == before


def test_whoever_says_nothing_is_not_waited_for(path):
    with hashing.start(path, 1, cost=LIGHT), socket.socket(socket.AF_UNIX) as mute:
        mute.connect(str(path))
        began = time.monotonic()
        assert SocketHasher(path, timeout=10).hash(GOOD)
        assert time.monotonic() - began < 3


def test_a_failure_is_named_and_its_words_are_kept_back(light_pool, path):
    """A message might quote the password, so only the error's kind travels."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        hashing_wire.send(connection, {"op": "verify", "password": [GOOD], "stored": None})
        answer = hashing_wire.receive(connection)

    assert set(answer) == {"failed"}
    assert GOOD not in str(answer)


def test_stopping_finishes_the_question_in_hand(path):
    pool = hashing.start(path, 1, cost=SLOW)
    results = []
    asking = threading.Thread(target=lambda: results.append(SocketHasher(path, 30).hash(GOOD)))
    workers = workers_of(pool.pid)
    idle = ticks_of(workers[0])
    asking.start()
    wait_until(lambda: ticks_of(workers[0]) > idle + 3)

    assert pool.stop() == 0

    asking.join()
    assert results[0].startswith("$argon2id$")
    assert not path.exists()
    assert not any(map(is_running, workers))


def test_workers_die_with_a_killed_keeper_and_the_next_one_takes_over(path):
    pool = hashing.start(path, 2, cost=LIGHT)
    workers = workers_of(pool.pid)
    os.kill(pool.pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_running, workers)))
    assert pool.stop() == -signal.SIGKILL
    assert path.exists()

    with hashing.start(path, 1, cost=LIGHT):
        assert SocketHasher(path).hash(GOOD)


def test_the_group_dies_with_whoever_started_it(path):
    program = (
        "import os, sys; from idp.crypto import hashing;"
        "pool = hashing.start(sys.argv[1], 2, cost=hashing.Cost(64, 1));"
        "print(pool.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, check=False, timeout=60
    )
    keeper = int(run.stdout)

    wait_until(lambda: not is_running(keeper))
    assert not path.exists()


def test_two_groups_do_not_share_one_socket(light_pool, path, capfd):
    with pytest.raises(hashing.HashingStartError):
        hashing.start(path, 1, cost=LIGHT)

    assert "cannot listen" in capfd.readouterr().err
    assert SocketHasher(path).hash(GOOD)
