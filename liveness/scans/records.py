"""Capture sessions in the database: every change is one conditional UPDATE on what was read."""

from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from idp import clock
from idp.crypto import Vault
from idp.crypto.vault import fingerprint
from idp.db import Statement, Transaction
from liveness.engine.comparison import Risk
from liveness.engine.cues import Step
from liveness.scans import graph
from liveness.scans.errors import ScanOverError, ScanStepError
from liveness.scans.graph import Stage, State
from liveness.scans.orders import Claimed, Order, Purpose

_FIELD = "face_scan.order"

_COLUMNS = """scan_id, purpose, risk, person_id, subject, matter, browser, origin, order_sealed,
    version, state, steps, skipped, agains, key, nonce, began_ms, asked_ms, wait_ms, parcel,
    counted, outcome, expires_at, finished_at"""
_FIND = Statement(f"SELECT {_COLUMNS} FROM face_scan WHERE scan_id = :scan_id")  # noqa: S608
_INSERT = Statement("""
    INSERT INTO face_scan (scan_id, purpose, risk, person_id, subject, matter, browser, origin,
                           order_sealed, version, state, steps, skipped, agains, asked_ms, wait_ms,
                           parcel, counted, outcome, result, source, reference, reason, evidence,
                           opened_at, expires_at)
    VALUES (:scan_id, :purpose, :risk, :person_id, :subject, :matter, :browser, :origin, :sealed,
            0, 'opened', '', '', 0, 0, 0, 0, '', '', '', '', '', '', '', :now, :expires_at)
""")
_BEGIN = Statement("""
    UPDATE face_scan
       SET version = 1, state = 'resting', skipped = :skipped, key = :key, nonce = :nonce,
           began_ms = :began_ms, asked_ms = :began_ms, wait_ms = :wait_ms, counted = :counted,
           expires_at = :expires_at
     WHERE scan_id = :scan_id AND state = 'opened' AND expires_at > :now
""")
# What was read is compared whole: a movement that was skipped meanwhile is another one.
_UNCHANGED = """scan_id = :scan_id AND version = :version AND state = :was_state
       AND steps = :was_steps AND skipped = :was_skipped AND finished_at IS NULL"""
_CLAIM = Statement(f"""
    UPDATE face_scan SET state = 'examining' WHERE {_UNCHANGED} AND expires_at > :now
""")  # noqa: S608 - the clause is ours
_MOVE = Statement(f"""
    UPDATE face_scan
       SET version = :new_version, state = :state, steps = :steps, skipped = :skipped,
           agains = :agains, asked_ms = :asked_ms, wait_ms = :wait_ms, parcel = :parcel
     WHERE {_UNCHANGED}
""")  # noqa: S608 - the clause is ours
_END = Statement(f"""
    UPDATE face_scan
       SET version = version + 1, state = 'ended', order_sealed = NULL, key = NULL, nonce = NULL,
           counted = '', outcome = :outcome, result = :result, source = :source,
           reference = :reference, reason = :reason, evidence = :evidence, finished_at = :now,
           expires_at = :kept_until
     WHERE {_UNCHANGED}
""")  # noqa: S608 - the clause is ours
_ERASE = Statement("DELETE FROM face_scan WHERE person_id = :person_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A capture session as it stands at one version; moments in seconds since 1970, or ms."""

    scan_id: str
    purpose: Purpose
    subject: bytes = field(repr=False)
    browser: bytes | None = field(repr=False)
    origin: str
    order: Order | None
    version: int
    state: State
    key: bytes | None
    nonce: bytes | None
    began_ms: int | None
    asked_ms: int
    wait_ms: int
    parcel: int
    counted: str
    outcome: str
    expires_at: int
    finished_at: int | None

    @property
    def over(self) -> bool:
        """Whether nothing may be submitted any more."""
        return self.state.stage is Stage.ENDED or self.expires_at <= clock.epoch()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is written down when a scan ends."""

    outcome: str
    result: str
    source: str
    reference: str = ""
    reason: str = ""
    evidence: str = ""


def milliseconds() -> int:
    """Return whole milliseconds since 1970."""
    return int(clock.now().timestamp() * 1000)


def insert(
    tx: Transaction, vault: Vault, scan_id: str, order: Order, subject: bytes, lifetime: int
) -> None:
    claimed = order.claimed
    told = {"name": claimed.name, "id_number": claimed.id_number, "matter": order.matter}
    now = clock.epoch()
    tx.run(
        _INSERT,
        scan_id=scan_id,
        purpose=order.purpose.value,
        risk=order.risk.value,
        person_id=order.person_id,
        subject=subject,
        matter=fingerprint(order.matter),
        browser=order.browser,
        origin=order.origin,
        sealed=vault.seal(orjson.dumps(told).decode(), field=_FIELD, owner=scan_id),
        now=now,
        expires_at=now + lifetime,
    )


def find(tx: Transaction, vault: Vault, scan_id: str) -> Scan:
    """Return the scan.

    Raises:
        ScanOverError: it is forgotten.
    """
    row = tx.one(_FIND, scan_id=scan_id)
    if row is None:
        raise ScanOverError(detail="forgotten")
    return Scan(
        scan_id=scan_id,
        purpose=Purpose(row.purpose),
        subject=bytes(row.subject),
        browser=_octets(row.browser),
        origin=row.origin,
        order=_order(vault, row) if row.order_sealed else None,
        version=row.version,
        state=graph.read(row.state, row.steps, row.skipped, row.agains),
        key=_octets(row.key),
        nonce=_octets(row.nonce),
        began_ms=row.began_ms,
        asked_ms=row.asked_ms,
        wait_ms=row.wait_ms,
        parcel=row.parcel,
        counted=row.counted,
        outcome=row.outcome,
        expires_at=row.expires_at,
        finished_at=row.finished_at,
    )


def begin(tx: Transaction, scan: Scan, begun: Scan) -> None:
    """Begin *scan*, which happens once.

    Raises:
        ScanOverError: it was begun before, or waited too long.
    """
    written = tx.run(
        _BEGIN,
        scan_id=scan.scan_id,
        skipped=_words(begun.state.skipped),
        key=begun.key,
        nonce=begun.nonce,
        began_ms=begun.began_ms,
        wait_ms=begun.wait_ms,
        counted=begun.counted,
        expires_at=begun.expires_at,
        now=clock.epoch(),
    )
    if not written:
        raise ScanOverError(detail="begun before")


def claim(tx: Transaction, scan: Scan) -> Scan:
    """Claim *scan* for one look: of submissions that race, one wins.

    Raises:
        ScanStepError: another submission has it, or had it.
    """
    state = graph.examine(scan.state)
    if not tx.run(_CLAIM, now=clock.epoch(), **_read_as(scan)):
        raise ScanStepError(detail=f"version {scan.version} is taken")
    return replace(scan, state=state)


def move(tx: Transaction, scan: Scan, after: Scan) -> None:
    """Put *after* in the place of *scan*.

    Raises:
        ScanOverError: it ended meanwhile, or was changed by somebody else.
    """
    written = tx.run(
        _MOVE,
        new_version=after.version,
        state=after.state.stage.value,
        steps=" ".join(after.state.steps),
        skipped=_words(after.state.skipped),
        agains=after.state.agains,
        asked_ms=after.asked_ms,
        wait_ms=after.wait_ms,
        parcel=after.parcel,
        **_read_as(scan),
    )
    if not written:
        raise ScanOverError(detail=f"version {scan.version} is over")


def end(tx: Transaction, scan: Scan, ending: Ending, kept: int) -> None:
    """End *scan* for good, and erase what it carried; the row stays for *kept* seconds.

    Raises:
        ScanOverError: it ended meanwhile.
    """
    graph.end(scan.state)
    now = clock.epoch()
    written = tx.run(
        _END,
        outcome=ending.outcome[:32],
        result=ending.result,
        source=ending.source[:32],
        reference=ending.reference[:64],
        reason=ending.reason[:64],
        evidence=ending.evidence,
        now=now,
        kept_until=now + kept,
        **_read_as(scan),
    )
    if not written:
        raise ScanOverError(detail="ended meanwhile")


def erase(tx: Transaction, person_id: str) -> None:
    """Forget the scans of a person who is erased."""
    tx.run(_ERASE, person_id=person_id)


def _read_as(scan: Scan) -> dict[str, object]:
    return {
        "scan_id": scan.scan_id,
        "version": scan.version,
        "was_state": scan.state.stage.value,
        "was_steps": " ".join(scan.state.steps),
        "was_skipped": _words(scan.state.skipped),
    }


def _words(steps: frozenset[Step]) -> str:
    return " ".join(sorted(steps))


def _octets(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)


def _order(vault: Vault, row: Any) -> Order:
    told = orjson.loads(vault.open(bytes(row.order_sealed), field=_FIELD, owner=row.scan_id))
    return Order(
        purpose=Purpose(row.purpose),
        claimed=Claimed(name=told["name"], id_number=told["id_number"]),
        matter=told["matter"],
        risk=Risk(row.risk),
        person_id=row.person_id,
        browser=_octets(row.browser),
        origin=row.origin,
    )
