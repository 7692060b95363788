"""How often a face may be scanned: counted before it is looked at, in one statement per counter.

A scan counts as a failure from its beginning, and is settled when its end is known: so however
many race, no more are looked at than the budget holds (SP 800-63B §3.2.3). What is counted here
closes no way but the face: whoever fails in somebody's name can not lock them out of the others.
"""

from dataclasses import dataclass, field

import orjson

from config.faces import LivenessSettings
from idp import clock
from idp.db import Statement, Transaction
from idp.errors import TooManyRequestsError
from idp.web import throttle
from liveness.desk import FaceDesk
from liveness.permits import standing
from liveness.permits.errors import FaceLockedError

_DAY = 86_400
_KEPT = 400 * _DAY  # after which nobody's counts are remembered, unless they are locked or off

# The pause is over if its row is full although this statement's WHERE let it through.
_ROW = "CASE WHEN s.in_a_row >= :most THEN 1 ELSE s.in_a_row + 1 END"
_COUNT = Statement(f"""
    INSERT INTO face_standing AS s (subject, failures, in_a_row, era, paused_until,
                                    today, today_until, changed_at, forget_at)
    VALUES (:subject, 1, 1, 0, CASE WHEN :most <= 1 THEN :pause_until END,
            1, :tomorrow, :now, :forget_at)
    ON CONFLICT (subject) DO UPDATE SET
        failures = s.failures + 1,
        in_a_row = {_ROW},
        era = s.era + CASE WHEN s.in_a_row >= :most THEN 1 ELSE 0 END,
        paused_until = CASE WHEN {_ROW} >= :most THEN :pause_until END,
        today = CASE WHEN s.today_until <= :now THEN 1 ELSE s.today + 1 END,
        today_until = CASE WHEN s.today_until <= :now THEN :tomorrow ELSE s.today_until END,
        changed_at = :now,
        forget_at = :forget_at
     WHERE s.locked_at IS NULL AND s.off_at IS NULL AND s.failures < :off_after
       AND (s.in_a_row < :most OR COALESCE(s.paused_until, 0) <= :now)
       AND (s.today < :per_day OR s.today_until <= :now)
    RETURNING era, today_until
""")  # noqa: S608 - nothing here comes from outside
_SUCCEED = Statement("""
    UPDATE face_standing SET failures = 0, in_a_row = 0, era = era + 1, paused_until = NULL
     WHERE subject = :subject
""")
_GIVE_BACK = Statement("""
    UPDATE face_standing
       SET failures = failures - CASE WHEN era = :era AND failures > 0 THEN 1 ELSE 0 END,
           in_a_row = in_a_row - CASE WHEN era = :era AND in_a_row > 0 THEN 1 ELSE 0 END,
           paused_until = CASE WHEN era = :era THEN NULL ELSE paused_until END,
           today = today - CASE WHEN today_until = :today_until AND today > 0 THEN 1 ELSE 0 END
     WHERE subject = :subject
""")
_TAKE = Statement(throttle.RESERVE.format(where="1 = 1") + ", resets_at")
_TAKEN_UNTIL = Statement("SELECT resets_at FROM throttle WHERE bucket = :bucket")
# A window that has closed meanwhile, or a row that was cleared, has nothing to give back to.
_RETURN = Statement("""
    UPDATE throttle SET tries = tries - 1
     WHERE bucket = :bucket AND resets_at = :resets_at AND tries > 0
""")
_CLEAR = Statement("DELETE FROM throttle WHERE bucket = :bucket")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Whose face is to be scanned, and who asks for it.

    *subject* is the index under which the face of the claimed number's bearer stands
    (`standing.of_number`), *device* the fingerprint of a browser that is known by its cookie,
    *address* the client's own, as the entrance decided.
    """

    subject: bytes = field(repr=False)
    person_id: str | None = None
    device: bytes | None = field(default=None, repr=False)
    address: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """One try of *limit* taken in a bucket of the throttle; a success clears a *row*, no day."""

    bucket: bytes
    resets_at: int
    row: bool
    limit: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What a scan took of each budget; it is settled once, by whoever ends the scan."""

    subject: bytes = field(repr=False)
    era: int
    today_until: int
    taken: tuple[Taken, ...]

    def __str__(self) -> str:
        """Write it down for the time of the scan."""
        taken = [[one.bucket.hex(), one.resets_at, one.row, one.limit] for one in self.taken]
        return orjson.dumps([self.subject.hex(), self.era, self.today_until, taken]).decode()


def read(text: str) -> Counted:
    """Return what `str` wrote down."""
    subject, era, today_until, taken = orjson.loads(text)
    buckets = tuple(Taken(bytes.fromhex(bucket), *others) for bucket, *others in taken)
    return Counted(bytes.fromhex(subject), era, today_until, buckets)


def count(tx: Transaction, desk: FaceDesk, asker: Asker) -> Counted:
    """Count a scan in every budget before anything is looked at.

    Refused, it leaves nothing counted.

    Raises:
        FaceLockedError: this face is off.
        TooManyRequestsError: a budget is spent; it says when to come back.
    """
    limits, now = desk.liveness, clock.epoch()
    row = tx.one(
        _COUNT,
        subject=asker.subject,
        most=limits.in_a_row,
        pause_until=now + limits.pause,
        per_day=limits.per_day,
        tomorrow=now + _DAY,
        off_after=limits.switched_off_after,
        now=now,
        forget_at=now + _KEPT,
    )
    if row is None:
        raise _why(tx, limits, asker.subject)
    counted = Counted(asker.subject, row.era, row.today_until, ())
    for name, limit, window in _buckets(limits, asker):
        taken = _take(tx, name, limit, window)
        if isinstance(taken, TooManyRequestsError):
            _give_back(tx, counted)
            raise taken
        counted = Counted(counted.subject, row.era, row.today_until, (*counted.taken, taken))
    return counted


def settle(
    tx: Transaction,
    desk: FaceDesk,
    counted: Counted | str,
    passed: bool | None,  # noqa: FBT001 - an answer of three
) -> None:
    """Say how a counted scan ended, once; None: nobody answered, so it is given back.

    It is given back no more often in a day than a day has tries: whoever could bring it about
    that nobody answers could else rehearse for ever. A success forgets failures in a row, but no
    day's count. A failure was counted already; if it was the last that the person has, their face
    is switched off and they are told.
    """
    if isinstance(counted, str):
        counted = read(counted)
    if passed is None and _is_spared(tx, desk.liveness, counted):
        _give_back(tx, counted)
    elif passed:
        tx.run(_SUCCEED, subject=counted.subject)
        for taken in counted.taken:
            if taken.row:
                tx.run(_CLEAR, bucket=taken.bucket)
    else:
        standing.switch_off_if_spent(tx, desk, counted.subject)


def _buckets(limits: LivenessSettings, asker: Asker) -> list[tuple[str, int, int]]:
    """Return the budgets beside the person's: name, limit, seconds; always in this order.

    An order that all keep lets no two scans wait for one another.
    """
    askers = (
        ("account", asker.person_id),
        ("device", asker.device.hex() if asker.device else None),
    )
    found = []
    for kind, name in askers:
        if name:
            found.append((f"face-row:{kind}:{name}", limits.in_a_row, limits.pause))
            found.append((f"face-day:{kind}:{name}", limits.per_day, _DAY))
    if asker.address:
        found.append((f"face-day:address:{asker.address}", limits.per_address, _DAY))
    return found


def _is_spared(tx: Transaction, limits: LivenessSettings, counted: Counted) -> bool:
    """Say whether whoever is scanned, and whoever asks, may have a try back once more today."""
    days = [(counted.subject, limits.per_day)]
    days += [(taken.bucket, taken.limit) for taken in counted.taken if not taken.row]
    backs = [_take(tx, f"face-back:{name.hex()}", limit, _DAY) for name, limit in days]
    return all(isinstance(back, Taken) for back in backs)


def _take(tx: Transaction, name: str, limit: int, window: int) -> Taken | TooManyRequestsError:
    bucket, now = throttle.key(name), clock.epoch()
    row = tx.one(_TAKE, bucket=bucket, limit=limit, now=now, resets_at=now + window)
    if row is not None:
        return Taken(bucket, row.resets_at, name.startswith("face-row:"), limit)
    until = tx.one(_TAKEN_UNTIL, bucket=bucket)
    wait = max(1, until.resets_at - now) if until else 1
    return TooManyRequestsError(retry_after=wait, detail=f"{name.rpartition(':')[0]}: spent")


def _give_back(tx: Transaction, counted: Counted) -> None:
    tx.run(_GIVE_BACK, subject=counted.subject, era=counted.era, today_until=counted.today_until)
    for taken in counted.taken:
        tx.run(_RETURN, bucket=taken.bucket, resets_at=taken.resets_at)


def _why(
    tx: Transaction, limits: LivenessSettings, subject: bytes
) -> FaceLockedError | TooManyRequestsError:
    """Return the reason why nothing could be counted."""
    now, found = clock.epoch(), standing.read(tx, subject)
    if found.off or found.failures >= limits.switched_off_after:
        return FaceLockedError(detail="locked, or switched off")
    paused = found.paused_until or 0
    wait = paused if found.in_a_row >= limits.in_a_row and paused > now else found.today_until
    return TooManyRequestsError(retry_after=max(1, wait - now), detail="this face's budget")
