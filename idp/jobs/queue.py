"""The outbox: put a job in the transaction of its cause; claim, finish, retry, forget."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from idp import clock
from idp.db import Statement, Transaction, new_id

_PUT = Statement("""
    INSERT INTO job (job_id, kind, payload, status, attempts, created_at, due_at, error)
    VALUES (:job_id, :kind, :payload, 'waiting', 0, :now, :due_at, '')""")
_CLAIM = """
    UPDATE job SET attempts = attempts + 1, due_at = :lease
     WHERE job_id IN (SELECT job_id FROM job
                       WHERE status = 'waiting' AND due_at <= :now
                    ORDER BY due_at LIMIT :most {lock})
       AND status = 'waiting' AND due_at <= :now
 RETURNING job_id, kind, payload, attempts"""
_CLAIM_ALONE = Statement(_CLAIM.format(lock=""))
_CLAIM_AMONG_MANY = Statement(_CLAIM.format(lock="FOR UPDATE SKIP LOCKED"))
# In each of these `attempts` is the fence: a worker whose lease ran out, and whose job
# another has claimed since, changes nothing.
_RENEW = Statement("""
    UPDATE job SET due_at = :lease
     WHERE job_id = :job_id AND attempts = :attempts AND status = 'waiting'""")
_RELEASE = Statement("""
    UPDATE job SET due_at = :now, attempts = attempts - 1
     WHERE job_id = :job_id AND attempts = :attempts AND status = 'waiting'""")
_DONE = Statement("""
    UPDATE job SET status = 'done', finished_at = :now, payload = '{}', error = ''
     WHERE job_id = :job_id AND attempts = :attempts AND status = 'waiting'""")
_RETRY = Statement("""
    UPDATE job SET due_at = :due_at, error = :error
     WHERE job_id = :job_id AND attempts = :attempts AND status = 'waiting'""")
_FAIL = Statement("""
    UPDATE job SET status = 'failed', finished_at = :now, error = :error
     WHERE job_id = :job_id AND attempts = :attempts AND status = 'waiting'""")
_FORGET = Statement("DELETE FROM job WHERE status = :status AND finished_at <= :limit")
_DAY = 86_400
_KEPT = {"done": _DAY, "failed": 30 * _DAY}
_LONGEST_ERROR = 300


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that a worker holds until its lease runs out; *attempts* counts this one."""

    job_id: str
    kind: str
    payload: str
    attempts: int


def put(tx: Transaction, kind: str, payload: Mapping[str, object], *, delay: int = 0) -> str:
    """Queue a job of *kind*, due in *delay* seconds, and return its id.

    It exists when the transaction commits, and never if it does not.
    """
    job_id, now = new_id(), clock.epoch()
    tx.run(
        _PUT,
        job_id=job_id,
        kind=kind,
        payload=orjson.dumps(payload).decode(),
        now=now,
        due_at=now + delay,
    )
    return job_id


def claim(tx: Transaction, *, most: int, lease: int, shared: bool) -> list[Claim]:
    """Claim up to *most* due jobs for *lease* seconds.

    Where the database is *shared* by claiming workers (PostgreSQL), each skips the rows that
    another is claiming; SQLite lets one writer in at a time anyway.
    """
    now = clock.epoch()
    statement = _CLAIM_AMONG_MANY if shared else _CLAIM_ALONE
    return [Claim(*row) for row in tx.all(statement, now=now, lease=now + lease, most=most)]


def renew(tx: Transaction, held: Claim, lease: int) -> bool:
    """Hold a job for another *lease* seconds; False when it is no longer ours."""
    due_at = clock.epoch() + lease
    return tx.run(_RENEW, job_id=held.job_id, attempts=held.attempts, lease=due_at) == 1


def release(tx: Transaction, held: Claim) -> None:
    """Give back a job that was not tried."""
    tx.run(_RELEASE, job_id=held.job_id, attempts=held.attempts, now=clock.epoch())


def done(tx: Transaction, held: Claim) -> None:
    """Mark a job as done, and forget what it carried."""
    tx.run(_DONE, job_id=held.job_id, attempts=held.attempts, now=clock.epoch())


def retry(tx: Transaction, held: Claim, *, delay: int, error: str) -> None:
    """Let a job that failed be due again in *delay* seconds."""
    due_at = clock.epoch() + delay
    parameters = {"due_at": due_at, "error": error[:_LONGEST_ERROR]}
    tx.run(_RETRY, job_id=held.job_id, attempts=held.attempts, **parameters)


def fail(tx: Transaction, held: Claim, *, error: str) -> bool:
    """Give a job up; False when it is no longer ours to give up."""
    parameters = {"now": clock.epoch(), "error": error[:_LONGEST_ERROR]}
    return tx.run(_FAIL, job_id=held.job_id, attempts=held.attempts, **parameters) == 1


def forget(tx: Transaction) -> None:
    """Delete jobs that were done a day ago, or given up a month ago."""
    for status, kept in _KEPT.items():
        tx.run(_FORGET, status=status, limit=clock.epoch() - kept)
