"""Whether a face may be scanned at all: locked by its owner, or switched off by failures."""

from dataclasses import dataclass

from idp import clock
from idp.audit import events
from idp.authentication.visitors import Visitor, note
from idp.crypto import Vault
from idp.db import Statement, Transaction
from idp.proofing import ownership
from idp.web import throttle
from idp.web.locale import gettext as _
from liveness.desk import FaceDesk
from liveness.permits.errors import FaceLockedError, FactorNeededError

FACE = "face"  # the word of RFC 8176
_REVIVALS, _MONTH = 3, 30 * 86_400  # how often a face that was switched off may be turned on
_OVERDUE = 600  # seconds after which a scan that nobody settled has failed

_READ = Statement("""
    SELECT failures, in_a_row, paused_until, today, today_until, locked_at, off_at, changed_at
      FROM face_standing WHERE subject = :subject
""")
_LOCK = Statement("""
    INSERT INTO face_standing AS s (subject, failures, in_a_row, era, today, today_until,
                                    locked_at, locked_by, changed_at)
    VALUES (:subject, 0, 0, 0, 0, :now, :now, :person_id, :now)
    ON CONFLICT (subject) DO UPDATE
       SET locked_at = :now, locked_by = :person_id, changed_at = :now, forget_at = NULL
     WHERE s.locked_at IS NULL
""")
_UNLOCK = Statement("""
    UPDATE face_standing
       SET locked_at = NULL, locked_by = NULL, off_at = NULL, failures = 0, in_a_row = 0,
           era = era + 1, paused_until = NULL, changed_at = :now, forget_at = :forget_at
     WHERE subject = :subject AND (locked_at IS NOT NULL OR off_at IS NOT NULL
                                   OR failures >= :off_after)
""")
# One statement, so of settlements that race one switches off, and the person is told once.
_SWITCH_OFF = Statement("""
    UPDATE face_standing SET off_at = :now, changed_at = :now, forget_at = NULL
     WHERE subject = :subject AND off_at IS NULL AND failures >= :off_after
""")
_OVERDUE_ONES = Statement("""
    SELECT subject FROM face_standing
     WHERE off_at IS NULL AND failures >= :off_after AND changed_at <= :before LIMIT 100
""")
# Whoever takes a row out has it alone: of two that carry over at once, one adds it.
_TAKE_OUT = Statement("""
    DELETE FROM face_standing WHERE subject = :former
    RETURNING failures, in_a_row, era, paused_until, today, today_until,
              locked_at, locked_by, off_at, changed_at, forget_at
""")
# While workers change over to a new key, both rows are written: what speaks against, counts.
_ADD = Statement("""
    INSERT INTO face_standing AS s (subject, failures, in_a_row, era, paused_until, today,
                                    today_until, locked_at, locked_by, off_at, changed_at,
                                    forget_at)
    VALUES (:subject, :failures, :in_a_row, :era, :paused_until, :today,
            :today_until, :locked_at, :locked_by, :off_at, :changed_at, :forget_at)
    ON CONFLICT (subject) DO UPDATE SET
        failures = s.failures + excluded.failures,
        in_a_row = s.in_a_row + excluded.in_a_row,
        era = s.era + 1,
        paused_until = COALESCE(s.paused_until, excluded.paused_until),
        today = s.today + excluded.today,
        locked_at = COALESCE(s.locked_at, excluded.locked_at),
        locked_by = COALESCE(s.locked_by, excluded.locked_by),
        off_at = COALESCE(s.off_at, excluded.off_at),
        forget_at = CASE WHEN COALESCE(s.locked_at, s.off_at, excluded.locked_at,
                                       excluded.off_at) IS NULL THEN s.forget_at END
""")
_OWNER = Statement("""
    SELECT MIN(v.person_id) AS person_id FROM verification v
     WHERE v.identity = :subject AND v.result = 'MATCH' AND v.withdrawn_at IS NULL
       AND v.expires_at > :now
""")
_RELEASE = Statement("""
    UPDATE face_standing SET locked_at = NULL, locked_by = NULL, forget_at = :forget_at
     WHERE locked_by = :person_id
""")
_KEPT = 400 * 86_400


@dataclass(frozen=True, slots=True)
class Standing:
    """How a face stands; moments in seconds since 1970."""

    failures: int = 0
    in_a_row: int = 0
    paused_until: int | None = None
    today: int = 0
    today_until: int = 0
    locked_at: int | None = None
    off_at: int | None = None
    changed_at: int = 0

    @property
    def off(self) -> bool:
        """Whether it may not be scanned until its owner turns it on."""
        return self.locked_at is not None or self.off_at is not None


def of_number(tx: Transaction, vault: Vault, id_number: str) -> bytes:
    """Return the blind index under which the face of a number's bearer stands.

    What stood under an older key of the ring stands under today's from now on: a lock, and what
    was spent, outlive a rotation.
    """
    subject, *formers = vault.indexes(id_number, kind="identity")
    for former in formers:
        row = tx.one(_TAKE_OUT, former=former)
        if row is not None:
            tx.run(_ADD, subject=subject, **row._asdict())
    return subject


def of_person(tx: Transaction, vault: Vault, person_id: str) -> bytes | None:
    """Return the same of the number that a person has proven; None: they have proven none."""
    number = ownership.proven_number(tx, vault, person_id)
    return None if number is None else of_number(tx, vault, number)


def read(tx: Transaction, subject: bytes) -> Standing:
    """Return how the face of *subject* stands."""
    row = tx.one(_READ, subject=subject)
    return Standing() if row is None else Standing(*row)


def is_off(tx: Transaction, desk: FaceDesk, id_number: str) -> bool:
    """Say whether the face of a number's bearer may not be scanned; nothing is written."""
    found = _all_of(tx, desk.vault, id_number)
    failures = sum(one.failures for one in found)
    return any(one.off for one in found) or failures >= desk.liveness.switched_off_after


def was_switched_off(tx: Transaction, desk: FaceDesk, id_number: str) -> bool:
    """Say the same during a scan, which is counted as a failure until it ends, and is none yet."""
    return any(one.off for one in _all_of(tx, desk.vault, id_number))


def refuse_if_off(tx: Transaction, desk: FaceDesk, id_number: str) -> None:
    """Let nobody begin what cannot end well.

    Raises:
        FaceLockedError: locked, or switched off.
    """
    if is_off(tx, desk, id_number):
        raise FaceLockedError(detail="locked, or switched off")


def lock(tx: Transaction, visitor: Visitor, subject: bytes, person_id: str) -> None:
    """Let nobody scan this face, whatever for, until its owner says otherwise."""
    if tx.run(_LOCK, subject=subject, person_id=person_id, now=clock.epoch()):
        note(tx, visitor, events.FACE_LOCK, person_id=person_id, reason="owner")


def unlock(
    tx: Transaction, desk: FaceDesk, visitor: Visitor, subject: bytes, person_id: str, amr: str
) -> None:
    """Turn the face on again, for its owner who has just shown the factors *amr*.

    Raises:
        FactorNeededError: a face was among them (SP 800-63B §3.2.3 wants another).
        TooManyRequestsError: strangers' failures switched it off again and again.
    """
    if FACE in amr.split():
        raise FactorNeededError(detail=f"signed in with {amr}")
    found, limits = read(tx, subject), desk.liveness
    if found.off_at is not None:
        throttle.hit(tx, f"face-on:{subject.hex()}", limit=_REVIVALS, window=_MONTH)
    now = clock.epoch()
    turned = tx.run(
        _UNLOCK,
        subject=subject,
        off_after=limits.switched_off_after,
        now=now,
        forget_at=now + _KEPT,
    )
    if turned:
        note(tx, visitor, events.FACE_UNLOCK, person_id=person_id)


def switch_off_if_spent(tx: Transaction, desk: FaceDesk, subject: bytes) -> None:
    """Switch a face off that has failed too often, and tell whose it is, if we know."""
    limit = desk.liveness.switched_off_after
    if not tx.run(_SWITCH_OFF, subject=subject, off_after=limit, now=clock.epoch()):
        return
    owner = tx.one(_OWNER, subject=subject, now=clock.epoch()).person_id
    note(tx, Visitor(b""), events.FACE_LOCK, person_id=owner, reason="too_many_failures")
    if owner is not None:
        text = _(
            "[Manyou] Scans of your face failed too often, so face scans are now switched off "
            "for you. Every other way of signing in still works. You can turn them on again in "
            "your account."
        )
        ownership.tell(tx, desk.vault, owner, text)


def switch_off_overdue(tx: Transaction, desk: FaceDesk) -> None:
    """Do the same where the last scan was begun and never settled; for the worker."""
    before, limit = clock.epoch() - _OVERDUE, desk.liveness.switched_off_after
    for row in tx.all(_OVERDUE_ONES, off_after=limit, before=before):
        switch_off_if_spent(tx, desk, bytes(row.subject))


def erase(tx: Transaction, person_id: str) -> None:
    """Lift the locks of a person who is erased: nobody could ever lift them again."""
    tx.run(_RELEASE, person_id=person_id, forget_at=clock.epoch() + _KEPT)


def _all_of(tx: Transaction, vault: Vault, id_number: str) -> list[Standing]:
    return [read(tx, index) for index in vault.indexes(id_number, kind="identity")]
