"""How often something may be tried: counters in the database, one statement each."""

from hashlib import sha256

from idp import clock
from idp.db import Statement, Transaction
from idp.errors import TooManyRequestsError

# One statement, so of racing tries each is counted and none sees another's number.
_HIT = Statement("""
    INSERT INTO throttle (bucket, tries, resets_at)
    VALUES (:bucket, 1, :resets_at)
    ON CONFLICT (bucket) DO UPDATE SET
        tries = CASE WHEN throttle.resets_at <= :now THEN 1 ELSE throttle.tries + 1 END,
        resets_at = CASE WHEN throttle.resets_at <= :now
            THEN excluded.resets_at ELSE throttle.resets_at END
    RETURNING tries, resets_at
""")
# For the claim of a `Chain`: takes one of `:limit` free tries in `:bucket`, or yields no row.
RESERVE = """
    INSERT INTO throttle (bucket, tries, resets_at)
    SELECT :bucket, 1, :resets_at WHERE {where}
    ON CONFLICT (bucket) DO UPDATE SET
        tries = CASE WHEN throttle.resets_at <= :now THEN 1 ELSE throttle.tries + 1 END,
        resets_at = CASE WHEN throttle.resets_at <= :now
            THEN excluded.resets_at ELSE throttle.resets_at END
        WHERE throttle.resets_at <= :now OR throttle.tries < :limit
    RETURNING tries
"""
# For a step of a `Chain`: gives back what was taken in `:bucket`.
RELEASE = """
    UPDATE throttle SET tries = tries - 1
     WHERE bucket = :bucket AND tries > 0 AND EXISTS (SELECT 1 FROM claimed)
"""
_PEEK = Statement("SELECT tries, resets_at FROM throttle WHERE bucket = :bucket")
_GIVE_BACK = Statement("UPDATE throttle SET tries = tries - 1 WHERE bucket = :bucket AND tries > 0")
_CLEAR = Statement("DELETE FROM throttle WHERE bucket = :bucket")


def hit(tx: Transaction, bucket: str, *, limit: int, window: int) -> None:
    """Count one try in *bucket*, of which *limit* are free in *window* seconds.

    The window opens with the first try. Whether the count outlives a failed request is the
    caller's to decide: it does if the caller commits.

    Raises:
        TooManyRequestsError: this try was one too many; it says when the window closes.
    """
    now = clock.epoch()
    row = tx.one(_HIT, bucket=key(bucket), now=now, resets_at=now + window)
    if row.tries > limit:
        kind = bucket.partition(":")[0]
        raise TooManyRequestsError(
            retry_after=max(1, row.resets_at - now), detail=f"{kind}: try {row.tries} of {limit}"
        )


def hit_both(
    tx: Transaction,
    name: str,
    *,
    browser: bytes,
    address: str,
    per_browser: int,
    per_address: int,
    window: int,
) -> None:
    """Count one try of *name* by this browser, and by its address.

    Raises:
        TooManyRequestsError: as `hit` does.
    """
    hit(tx, f"{name}-browser:{browser.hex()}", limit=per_browser, window=window)
    hit(tx, f"{name}-address:{address}", limit=per_address, window=window)


def peek(tx: Transaction, bucket: str, limit: int) -> bool:
    """Say whether the next try in *bucket* is still free; nothing is counted."""
    row = tx.one(_PEEK, bucket=key(bucket))
    return row is None or row.resets_at <= clock.epoch() or row.tries < limit


def give_back(tx: Transaction, bucket: str) -> None:
    """Uncount one try: it was counted before it was known to be a good one."""
    tx.run(_GIVE_BACK, bucket=key(bucket))


def clear(tx: Transaction, bucket: str) -> None:
    """Forget the tries in *bucket*, as after a success."""
    tx.run(_CLEAR, bucket=key(bucket))


def key(bucket: str) -> bytes:
    """Return what a bucket is found by: its fingerprint, so that the table keeps no number."""
    return sha256(bucket.encode()).digest()
