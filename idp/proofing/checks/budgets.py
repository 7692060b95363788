"""How often checks may fail: per claimed identity, whoever asks; per caller, about whomever.

A try is counted before the authority is asked and given back when it was no failure, so that
many tries at once are no more than many tries in turn. That nobody was found is never held
against the number; but a caller most of whose numbers belong to nobody is trying out numbers.
"""

import math
from typing import Any

from config.real_names import VerificationSettings
from idp import clock
from idp.db import Statement, Transaction
from idp.proofing.checks.errors import GuessingError
from idp.registry.results import Result

DAY = 86_400
_HOUR = 3600
# Whether the caller of `:client_id` is stopped: for statements that claim or tell.
STOPPED = """
    EXISTS (SELECT 1 FROM check_caller c
             WHERE c.client_id = :client_id AND c.stopped_until > :now)
"""
_IN_VAIN = Statement("""
    INSERT INTO check_caller (client_id, suspicious, fruitless, resets_at)
    VALUES (:client_id, :suspicious, 1, :resets_at)
    ON CONFLICT (client_id) DO UPDATE SET
        suspicious = CASE WHEN check_caller.resets_at <= :now
            THEN excluded.suspicious ELSE check_caller.suspicious + excluded.suspicious END,
        fruitless = CASE WHEN check_caller.resets_at <= :now
            THEN 1 ELSE check_caller.fruitless + 1 END,
        resets_at = CASE WHEN check_caller.resets_at <= :now
            THEN excluded.resets_at ELSE check_caller.resets_at END
    RETURNING suspicious, fruitless, resets_at
""")
# People, not answers: to ask for one known name again and again makes no guess a small share. No
# further than needed: a busy department has millions of rows in an hour.
_ANSWERED = Statement("""
    SELECT COUNT(DISTINCT subject) AS answered FROM (
        SELECT subject FROM department_check
         WHERE client_id = :client_id AND claimed_at >= :since AND result <> ''
         ORDER BY claimed_at DESC LIMIT :most) AS recent
""")
_LOOKED_AT = 10  # answers for each person that is needed
_STOP = Statement("""
    UPDATE check_caller SET stopped_until = :until, suspicious = 0, fruitless = 0, resets_at = :now
     WHERE client_id = :client_id
""")
_UNTIL = Statement("SELECT stopped_until FROM check_caller WHERE client_id = :client_id")


def bucket(identity: bytes) -> str:
    """Return the bucket that counts failed tries of one identity (a blind index)."""
    return f"identity:{identity.hex()}"


def count_in_vain(
    tx: Transaction, settings: VerificationSettings, client_id: str, result: Result
) -> bool:
    """Count a check that matched nobody against its caller, and say whether that is business.

    One row is counted up under its lock, so of racing failures each sees a number of its own.
    If it is not business any more, the caller is stopped in this transaction.
    """
    now = clock.epoch()
    row = tx.one(
        _IN_VAIN,
        client_id=client_id,
        suspicious=int(result.suspicious),
        now=now,
        resets_at=now + _HOUR,
    )
    if not _is_guessing(tx, settings, client_id, row):
        return True
    tx.run(_STOP, client_id=client_id, until=now + settings.stop, now=now)
    return False


def stopped_for(tx: Transaction, client_id: str) -> int:
    """Return for how many seconds more a caller is stopped."""
    row = tx.one(_UNTIL, client_id=client_id)
    until = 0 if row is None or row.stopped_until is None else int(row.stopped_until)
    return max(0, until - clock.epoch())


def refuse_if_stopped(tx: Transaction, client_id: str) -> None:
    """Turn a stopped caller away.

    Raises:
        GuessingError: it says for how long.
    """
    if seconds := stopped_for(tx, client_id):
        raise GuessingError(retry_after=seconds, detail=f"client {client_id} is stopped")


def _is_guessing(tx: Transaction, settings: VerificationSettings, client_id: str, row: Any) -> bool:
    if row.suspicious > settings.suspicious_per_hour:
        return True
    needed = 0  # so many people make these failures a small share
    if row.suspicious >= settings.suspicious_least:
        needed = math.ceil(row.suspicious / settings.suspicious_share)
    if row.fruitless >= settings.suspicious_least:
        needed = max(needed, math.ceil(row.fruitless / settings.fruitless_share))
    if not needed:
        return False
    since = clock.epoch() - _HOUR  # the failures' own hour began with a failure
    found = tx.one(_ANSWERED, client_id=client_id, since=since, most=_LOOKED_AT * needed)
    return int(found.answered) + 1 < needed  # and the one that is being judged
