"""The outbox and its worker."""

import multiprocessing
import os
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.rooms import WorkerSettings
from idp.db import Database, Statement
from idp.errors import IdentityError
from idp.jobs import queue
from idp.jobs.errors import HopelessError
from idp.jobs.timers import Sweep, housekeeping
from idp.jobs.worker import LEASE, Worker

SETTINGS = WorkerSettings(batch=5, attempts=4, first_retry=2, longest_retry=5, poll_interval=0.01)
JOBS = Statement("SELECT job_id, status, attempts, due_at, error, payload FROM job ORDER BY job_id")
DONE_BY = Statement("INSERT INTO throttle (bucket, tries, resets_at) VALUES (:bucket, 1, :at)")
MARKS = Statement("SELECT bucket FROM throttle")


def put(database, kind="note", count=1, **payload):
    with database.write() as tx:
        return [queue.put(tx, kind, {"n": n, **payload}) for n in range(count)]


def jobs(database):
    with database.read() as tx:
        return tx.all(JOBS)


def worker(database, handler, timers=()):
    return Worker(database, SETTINGS, {"note": handler}, timers)


def test_a_job_is_done_and_what_it_carried_forgotten(database, clock):
    put(database, phone="sealed")
    seen = []

    assert worker(database, seen.append).run_once() == 1

    assert seen == [{"n": 0, "phone": "sealed"}]
    [job] = jobs(database)
    assert (job.status, job.attempts, job.payload) == ("done", 1, "{}")
    assert worker(database, seen.append).run_once() == 0


def put_and_stumble(database):
    with database.write() as tx:
        queue.put(tx, "note", {})
        raise ZeroDivisionError


def test_a_job_of_an_undone_transaction_never_was(database):
    with pytest.raises(ZeroDivisionError):
        put_and_stumble(database)

    assert jobs(database) == []


def test_a_job_waits_for_its_time(database, clock):
    with database.write() as tx:
        queue.put(tx, "note", {}, delay=60)
    seen = []

    assert worker(database, seen.append).run_once() == 0
    clock.advance(60)
    assert worker(database, seen.append).run_once() == 1


class Stubborn:
    """A handler that never succeeds."""

    def __init__(self, error):
        self.error = error
        self.mourned = []

    def __call__(self, payload):
        raise self.error

    def failed(self, payload, attempts):
        self.mourned.append((payload, attempts))


def test_a_job_that_fails_is_tried_again_ever_later_and_given_up(database, clock):
    """2, 4, then the longest wait of 5 seconds; the fourth failure is the last."""
    put(database)
    handler = Stubborn(IdentityError(detail="closed"))
    at_work, waits = worker(database, handler), []

    for _ in range(4):
        before = clock.now
        assert at_work.run_once() == 1
        [job] = jobs(database)
        waits.append(job.due_at - before if job.status == "waiting" else job.status)
        clock.advance(job.due_at - before - 1)
        assert at_work.run_once() == 0, "not before its time"
        clock.advance(1)

    assert waits == [2, 4, 5, "failed"]
    assert job.error == "server_error: closed"
    assert handler.mourned == [({"n": 0}, 4)]
    clock.advance(10_000)
    assert at_work.run_once() == 0


def test_a_hopeless_job_is_not_tried_again(database, clock):
    put(database)
    handler = Stubborn(HopelessError(detail="no such site"))

    worker(database, handler).run_once()

    [job] = jobs(database)
    assert (job.status, job.attempts) == ("failed", 1)
    assert handler.mourned == [({"n": 0}, 1)]


def test_a_foreign_errors_words_are_not_kept(database, clock, caplog):
    """They could quote a phone number."""
    put(database)

    worker(database, Stubborn(ValueError("13800138000"))).run_once()

    assert jobs(database)[0].error == "ValueError"


def test_a_kind_that_nobody_does_is_given_up(database, clock):
    put(database, kind="stray")

    worker(database, print).run_once()

    assert jobs(database)[0].status == "failed"


def test_one_bad_job_does_not_stop_the_others(database, clock, caplog):
    put(database, count=5)

    def handler(payload):
        if payload["n"] == 2:
            raise RuntimeError

    assert worker(database, handler).run_once() == 5
    assert Counter(job.status for job in jobs(database)) == {"done": 4, "waiting": 1}


def test_a_dead_workers_job_is_due_again_when_its_lease_ends(database, clock):
    put(database)
    with database.write() as tx:
        queue.claim(tx, most=5, lease=LEASE, shared=False)  # and its worker is killed
    seen = []

    clock.advance(LEASE - 1)
    assert worker(database, seen.append).run_once() == 0
    clock.advance(1)
    assert worker(database, seen.append).run_once() == 1
    assert (jobs(database)[0].status, jobs(database)[0].attempts) == ("done", 2)


def test_a_worker_that_lost_its_lease_changes_nothing(database, clock):
    """The number of attempts is the fence."""
    put(database)
    with database.write() as tx:
        [late] = queue.claim(tx, most=5, lease=LEASE, shared=False)
        clock.advance(LEASE)
        [now] = queue.claim(tx, most=5, lease=LEASE, shared=False)

        assert not queue.renew(tx, late, LEASE)
        queue.done(tx, late)
        assert not queue.fail(tx, late, error="late")
        assert queue.renew(tx, now, LEASE)
    assert jobs(database)[0].status == "waiting"


def test_a_job_that_kills_its_workers_is_given_up(database, clock):
    put(database)
    for _ in range(SETTINGS.attempts):
        with database.write() as tx:
            queue.claim(tx, most=1, lease=1, shared=False)
        clock.advance(1)
    seen = []

    worker(database, seen.append).run_once()

    assert seen == []
    assert jobs(database)[0].status == "failed"


def test_a_worker_told_to_stop_gives_back_what_it_only_claimed(database):
    put(database, count=5)
    stop = threading.Event()
    seen = []

    def handler(payload):
        stop.set()
        time.sleep(0.2)
        seen.append(payload["n"])

    worker(database, handler).run_forever(stop)

    rows = jobs(database)
    assert Counter(job.status for job in rows)["done"] == len(seen) >= 1
    assert {job.attempts for job in rows if job.status == "waiting"} <= {0}


def test_timers_run_in_their_turn_and_bear_a_failure(database, clock, caplog):
    rung = []

    def broken(tx):
        rung.append("broken")
        raise RuntimeError

    timers = ((60, broken), (10, lambda tx: rung.append("good")))
    at_work = worker(database, print, timers)

    for _ in range(7):
        at_work.run_timers()
        clock.advance(10)

    assert rung.count("good") == 7
    assert rung.count("broken") == 2


def test_housekeeping_sweeps_what_is_past_and_nothing_else(database, clock):
    now = int(clock.now)
    with database.write() as tx:
        for number, at in enumerate((now - 1, now, now + 1)):
            tx.run(DONE_BY, bucket=bytes([number]), at=at)

    worker(database, print, housekeeping(Sweep("throttle", "resets_at"))).run_timers()

    with database.read() as tx:
        assert [bytes(row.bucket) for row in tx.all(MARKS)] == [b"\x02"]


def test_done_jobs_are_forgotten_after_a_day_and_failed_ones_after_a_month(database, clock):
    put(database)
    put(database, kind="stray")
    at_work = worker(database, print, housekeeping())
    at_work.run_once()

    left = []
    for days in (0, 1, 29):
        clock.advance(days * 86_400)
        at_work.run_timers()
        left.append(len(jobs(database)))

    assert left == [2, 1, 0]


@pytest.mark.race
def test_workers_that_race_do_each_job_once(database, settings):
    """Four workers with claims of their own, one outbox: nobody gets another's job."""
    put(database, count=200)
    seen, lock = Counter(), threading.Lock()

    def handler(payload):
        with lock:
            seen[payload["n"]] += 1

    def drain(_):
        mine = Database(settings.database, threads=4)
        at_work = worker(mine, handler)
        done = 0
        while count := at_work.run_once():
            done += count
        mine.close()
        return done

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(drain, range(4)))
    rows = jobs(database)

    assert sum(done) == 200
    assert set(seen.values()) == {1}
    assert len(seen) == 200
    assert {(job.status, job.attempts) for job in rows} == {("done", 1)}


def _mark(url, number):
    database = Database(url, threads=1)
    with database.write() as tx:
        tx.run(DONE_BY, bucket=b"%d %d" % (number, time.monotonic_ns()), at=0)
    database.close()


def _work(url, die_after):
    """Work until nothing is left, or until this process kills itself in the middle of a job."""
    from idp.jobs import worker as module

    module.LEASE = 1
    begun = []

    def handler(payload):
        begun.append(1)
        if die_after and len(begun) >= die_after:
            os.kill(os.getpid(), 9)
        _mark(url, payload["n"])

    database = Database(url, threads=4)
    at_work = module.Worker(database, SETTINGS, {"note": handler})
    quiet = 0
    while quiet < 30:
        quiet = 0 if at_work.run_once() else quiet + 1
        time.sleep(0.1)


@pytest.mark.race
def test_no_job_is_lost_when_workers_are_killed(database, settings):
    """Two processes die by SIGKILL in mid-job; a third does what they left, and the rest."""
    put(database, count=40)
    spawn = multiprocessing.get_context("spawn")
    mortal, mortal_too, survivor = (
        spawn.Process(target=_work, args=(settings.database, die_after)) for die_after in (2, 4, 0)
    )

    mortal.start()
    mortal_too.start()
    mortal.join(60)
    mortal_too.join(60)
    survivor.start()
    survivor.join(60)

    assert [process.exitcode for process in (mortal, mortal_too, survivor)] == [-9, -9, 0]
    assert {job.status for job in jobs(database)} == {"done"}
    with database.read() as tx:
        marked = {int(bytes(row.bucket).split()[0]) for row in tx.all(MARKS)}
    assert marked == set(range(40))
