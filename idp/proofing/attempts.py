"""One person's way to a proven name, kept between pages: left, continued, raced, and forgotten.

Every change is one conditional UPDATE on the version that was read, so of two windows that
act on the same step one wins, and the other is told where the attempt stands now.
"""

from dataclasses import dataclass, field, replace

import orjson

from config.real_names import ProofingSettings
from idp import clock
from idp.crypto import Vault
from idp.db import Statement, Transaction, new_id
from idp.proofing import graph
from idp.proofing.graph import State, Step, StepError

_ENTRY, _NEXT = "attempt.entry", "attempt.next"
_PATIENCE = 60  # seconds after which a question whose asker died counts as unanswered

_FIND = Statement("""
    SELECT person_id, attempt_id, version, step, facts, way, level, entry_sealed, next_sealed,
           question_id, asked_at, outcome, source, expires_at, finished_at
      FROM real_name_attempt WHERE person_id = :person_id AND expires_at > :now
""")
_BEGIN = Statement("""
    INSERT INTO real_name_attempt (person_id, attempt_id, version, step, facts, way, level,
                                   question_id, outcome, source, created_at, expires_at)
    VALUES (:person_id, :attempt_id, 1, 'ways', '', '', :level, '', '', '', :now, :expires_at)
    ON CONFLICT (person_id) DO UPDATE
       SET attempt_id = excluded.attempt_id, version = real_name_attempt.version + 1,
           step = excluded.step, facts = '', way = '', level = excluded.level,
           entry_sealed = NULL, next_sealed = NULL, question_id = '', asked_at = NULL,
           outcome = '', source = '', created_at = excluded.created_at,
           expires_at = excluded.expires_at, finished_at = NULL
     WHERE real_name_attempt.finished_at IS NOT NULL OR real_name_attempt.expires_at <= :now
""")
_WRITE = Statement("""
    UPDATE real_name_attempt
       SET version = version + 1, step = :step, facts = :facts, way = :way, level = :level,
           entry_sealed = :entry, next_sealed = :next, question_id = :question_id,
           asked_at = :asked_at, outcome = :outcome, source = :source, finished_at = :finished_at
     WHERE person_id = :person_id AND attempt_id = :attempt_id AND version = :version
""")
_ERASE = Statement("DELETE FROM real_name_attempt WHERE person_id = :person_id")


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody typed, normalised, and how they typed the name."""

    name: str = field(repr=False)
    id_number: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An attempt as it stands at one version; moments in seconds since 1970."""

    person_id: str
    attempt_id: str
    version: int
    state: State
    way: str
    level: int
    entry: Entry | None
    next_path: str | None = field(repr=False)
    question_id: str
    asked_at: int | None
    outcome: str
    source: str
    expires_at: int
    finished_at: int | None

    @property
    def step(self) -> Step:
        return self.state.step

    @property
    def mark(self) -> str:
        """What the forms of a page carry: nobody else's attempt has it, nor this one later."""
        return f"{self.attempt_id}-{self.version}"

    @property
    def running(self) -> bool:
        return self.finished_at is None

    @property
    def lost(self) -> bool:
        """Whether whoever asked the authority has not come back in any time that it may take."""
        asked = self.asked_at or 0
        return self.step is Step.CHECKING and clock.epoch() - asked > _PATIENCE


def current(tx: Transaction, vault: Vault, person_id: str) -> Attempt | None:
    """Return the attempt that runs, or that ended lately."""
    row = tx.one(_FIND, person_id=person_id, now=clock.epoch())
    if row is None:
        return None
    values = row._asdict()
    state = graph.read(values.pop("step"), values.pop("facts").split())
    entry, following = values.pop("entry_sealed"), values.pop("next_sealed")
    opened = vault.open(entry, field=_ENTRY, owner=person_id) if entry else None
    return Attempt(
        **values,
        state=state,
        entry=Entry(**orjson.loads(opened)) if opened else None,
        next_path=vault.open(following, field=_NEXT, owner=person_id) if following else None,
    )


def begin(
    tx: Transaction,
    vault: Vault,
    settings: ProofingSettings,
    person_id: str,
    *,
    level: int | None = None,
    next_path: str | None = None,
) -> Attempt:
    """Return the attempt that runs, begun now if none does; it leads to *next_path* from now on."""
    now = clock.epoch()
    tx.run(
        _BEGIN,
        person_id=person_id,
        attempt_id=new_id(),
        level=level or 0,
        now=now,
        expires_at=now + settings.attempt_lifetime,
    )
    attempt = current(tx, vault, person_id)
    if attempt is None:
        raise StepError(detail="the attempt ended at this moment")
    wanted = replace(
        attempt, level=level or attempt.level, next_path=next_path or attempt.next_path
    )
    return attempt if wanted == attempt else write(tx, vault, attempt, wanted)


def move(tx: Transaction, vault: Vault, attempt: Attempt, name: str, **changes: object) -> Attempt:
    """Make the move *name*, with what it *changes* beside.

    Raises:
        StepError: it does not lead on from here, or somebody moved before.
    """
    return _to(tx, vault, attempt, graph.after(attempt.state, name), changes)


def back(tx: Transaction, vault: Vault, attempt: Attempt) -> Attempt:
    """Undo the last move.

    Raises:
        StepError: nothing can be undone here, or somebody moved before.
    """
    return _to(tx, vault, attempt, graph.back(attempt.state), {"outcome": ""})


def give_up_waiting(tx: Transaction, vault: Vault, attempt: Attempt) -> Attempt:
    """Return a lost question to where it can be asked again.

    Raises:
        StepError: it is not lost, or an answer came at this moment.
    """
    if not attempt.lost:
        raise StepError(detail="the question is under way")
    outcome = {"outcome": "SOURCE_DOWN", "question_id": ""}
    return move(tx, vault, attempt, "silence", **outcome)


def write(tx: Transaction, vault: Vault, before: Attempt, after: Attempt) -> Attempt:
    """Put *after* in the place of *before*.

    Raises:
        StepError: *before* is no longer how things stand.
    """
    person_id = before.person_id
    entry = after.entry and orjson.dumps(
        {"name": after.entry.name, "id_number": after.entry.id_number}
    )
    written = tx.run(
        _WRITE,
        person_id=person_id,
        attempt_id=before.attempt_id,
        version=before.version,
        step=after.state.step.value,
        facts=" ".join(sorted(after.state.facts)),
        way=after.way,
        level=after.level,
        entry=vault.seal(entry.decode(), field=_ENTRY, owner=person_id) if entry else None,
        next=_sealed_next(vault, after),
        question_id=after.question_id,
        asked_at=after.asked_at,
        outcome=after.outcome,
        source=after.source[:32],
        finished_at=after.finished_at,
    )
    if not written:
        raise StepError(detail=f"version {before.version} is over")
    return replace(after, version=before.version + 1)


def erase(tx: Transaction, person_id: str) -> None:
    """Forget the attempt of a person who is erased."""
    tx.run(_ERASE, person_id=person_id)


def _to(
    tx: Transaction, vault: Vault, attempt: Attempt, state: State, changes: dict[str, object]
) -> Attempt:
    if not attempt.running:
        raise StepError(detail="the attempt has ended")
    after = replace(attempt, state=state, **changes)  # type: ignore[arg-type]
    if state.step in graph.ENDS:
        after = replace(after, finished_at=clock.epoch(), entry=None)
    if state.step in (Step.WAYS, Step.COUNTER):  # another way needs none of what was typed
        after = replace(after, entry=None, outcome="", way="")
    return write(tx, vault, attempt, after)


def _sealed_next(vault: Vault, attempt: Attempt) -> bytes | None:
    """Seal the way back: to a site's parked request it is a secret."""
    if attempt.next_path is None:
        return None
    return vault.seal(attempt.next_path, field=_NEXT, owner=attempt.person_id)
