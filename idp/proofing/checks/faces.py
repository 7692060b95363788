"""A department's order of a face scan: taken in, concluded by the wing, its verdict fetched once.

The wing of face scans is above this room, and reached by a socket. A picture never comes here:
where an authority compares one, it does so within `idp.proofing.checks.asking`.
"""

import hmac
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Protocol

import orjson

from idp import clock
from idp.crypto import Vault
from idp.db import Statement, Transaction, new_id
from idp.proofing.checks import asking, budgets, face_questions
from idp.proofing.checks.errors import (
    FaceScanExpiredError,
    IdempotencyInProgressError,
    IdempotencyKeyReusedError,
    IdentityBudgetError,
    QuotaExceededError,
)
from idp.proofing.checks.face_questions import FaceQuestion
from idp.proofing.checks.office import Caller, Office
from idp.proofing.checks.questions import Question
from idp.proofing.checks.quotas import Loan
from idp.proofing.verifications import identity_index
from idp.registry.results import Verdict
from idp.web import throttle

_ASKED, _TICKET = "face_check.asked", "face_check.ticket"
_COLUMNS = """order_id, client_id, idempotency, request_mac, scan_id, asked_sealed, ticket_sealed,
              return_uri, outcome, source, reason, expires_at, ended_at, redeemed_at, redeem_key"""
_INSERT = Statement("""
    INSERT INTO face_check (order_id, client_id, idempotency, request_mac, asked_sealed,
                            return_uri, outcome, source, reason, created_at, expires_at)
    VALUES (:order_id, :client_id, :idempotency, :request_mac, :asked_sealed,
            :return_uri, '', '', '', :now, :now)
    ON CONFLICT (idempotency) DO NOTHING
""")
_OPENED = Statement("""
    UPDATE face_check SET scan_id = :scan_id, ticket_sealed = :ticket_sealed,
                          expires_at = :expires_at
     WHERE order_id = :order_id
""")
_BY_KEY = Statement(f"""
    SELECT {_COLUMNS} FROM face_check WHERE idempotency = :idempotency
""")  # noqa: S608 - the columns are ours
_BY_ID = Statement(f"""
    SELECT {_COLUMNS} FROM face_check WHERE order_id = :order_id
""")  # noqa: S608 - the columns are ours
_END = Statement("""
    UPDATE face_check SET outcome = :outcome, source = :source, reason = :reason,
                          ticket_sealed = NULL, ended_at = :now
     WHERE order_id = :order_id AND ended_at IS NULL
""")
_WIPE = Statement("""
    UPDATE face_check SET asked_sealed = NULL, ticket_sealed = NULL
     WHERE expires_at <= :late AND asked_sealed IS NOT NULL
""")


class Ticket(Protocol):
    """What lets a browser begin a scan."""

    @property
    def scan_id(self) -> str:
        """The scan's name."""

    @property
    def text(self) -> str:
        """The secret itself."""

    @property
    def expires_in(self) -> int:
        """Seconds in which it must be used."""


class Scans(Protocol):
    """What we need of the wing of face scans; wsgi plugs it in."""

    @property
    def open(self) -> bool:
        """Whether faces are scanned here."""

    def order(self, tx: Transaction, order_id: str, asked: FaceQuestion) -> Ticket:
        """Open a scan for a department's order."""

    def is_over(self, tx: Transaction, scan_id: str) -> bool:
        """Say whether a scan can end no more: its time has passed, or it was given up."""

    def is_off(self, tx: Transaction, id_number: str) -> bool:
        """Say whether this person's face is locked or switched off."""

    def redeem(self, tx: Transaction, scan_id: str, order_id: str) -> None:
        """Write down that the outcome of an ended scan was handed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """An order as the department is told it; *replayed* if it was told before."""

    order_id: str
    scan_id: str
    ticket: str = field(repr=False)
    expires_in: int
    replayed: bool = False


def order(
    office: Office, scans: Scans, caller: Caller, idempotency: bytes, asked: FaceQuestion
) -> Ordered:
    """Take in an order, and let a scan wait for the person's browser.

    One check's worth of quota goes with it; it is spent even if nobody performs the scan.

    Raises:
        CheckPurposeError, QuotaExceededError, GuessingError, IdentityBudgetError: not to them.
        IdempotencyKeyReusedError, IdempotencyInProgressError: not with this key.
        FaceScanExpiredError: the order of this key is over.
    """
    asking.permit(caller.permission, asked.question)
    macs = office.vault.macs(asked.fingerprinted.decode(), purpose="face check request")
    try:
        loan = office.lender.take(caller.client_id, caller.permission)
    except QuotaExceededError:
        with office.database.read() as tx:
            row = tx.one(_BY_KEY, idempotency=idempotency)
        if row is None:
            raise
        return _told_again(office.vault, row, macs)
    try:
        with office.database.write() as tx:
            made = _take_in(tx, office, scans, caller, idempotency, macs[0], asked, loan)
            if made is not None:
                return made
            row = tx.one(_BY_KEY, idempotency=idempotency)
    except Exception:
        loan.give_back()
        raise
    loan.give_back()
    if row is None:
        raise IdempotencyInProgressError(detail="the order of this key was swept out just now")
    return _told_again(office.vault, row, macs)


def find(tx: Transaction, order_id: str) -> Any | None:
    """Return the row of an order."""
    return tx.one(_BY_ID, order_id=order_id)


def ticket_of(vault: Vault, row: Any) -> str | None:
    """Return the ticket of an order that still waits."""
    if row.ticket_sealed is None or row.expires_at <= clock.epoch():
        return None
    return vault.open(bytes(row.ticket_sealed), field=_TICKET, owner=row.order_id)


def key_of(order_id: str) -> bytes:
    """Return the key by which an order's check is claimed: one check, however often it is tried."""
    return sha256(f"face\0{order_id}".encode()).digest()


def question_of(vault: Vault, row: Any) -> tuple[Question, tuple[str, ...]]:
    """Return what an order asks, and the periods whose quota it took.

    Raises:
        FaceScanExpiredError: it was erased: too much time has passed.
    """
    if row.asked_sealed is None:
        raise FaceScanExpiredError(detail="erased")
    text = vault.open(bytes(row.asked_sealed), field=_ASKED, owner=row.order_id)
    kept = orjson.loads(text)
    return face_questions.again(kept["document"]), tuple(kept["periods"])


def compare(office: Office, caller: Caller, row: Any, picture: bytes, probe: Any) -> Verdict:
    """Ask the authority whether the face captured for an order is the claimed person's.

    No transaction may be open. The check is claimed, counted, concluded and receipted as any
    other; only the telling waits for the department.

    Raises:
        IdentityError: see `asking.ask`.
    """
    question, periods = question_of(office.vault, row)
    person = replace(question.person, portrait=picture, probe=probe)
    told = asking.ask(
        office,
        caller,
        key_of(row.order_id),
        replace(question, person=person),
        loan=Loan(office.lender, caller.client_id, periods),
    )
    return Verdict(result=told.result, source=told.source)


def conclude(tx: Transaction, order_id: str, verdict: Verdict) -> bool:
    """Write down how an order's scan ended; the first conclusion stands."""
    return bool(
        tx.run(
            _END,
            order_id=order_id,
            outcome=verdict.result.value,
            source=verdict.source[:32],
            reason=verdict.reason[:64],
            now=clock.epoch(),
        )
    )


def wipe(tx: Transaction, *, kept: int) -> int:
    """Erase what was asked in orders that nobody fetched, *kept* seconds after their time."""
    return tx.run(_WIPE, late=clock.epoch() - kept)


def _take_in(
    tx: Transaction,
    office: Office,
    scans: Scans,
    caller: Caller,
    idempotency: bytes,
    mac: bytes,
    asked: FaceQuestion,
    loan: Loan,
) -> Ordered | None:
    """Insert the order and open its scan; None if the key was there before."""
    order_id, vault = new_id(), office.vault
    kept = orjson.dumps({"document": asked.document, "periods": loan.periods}).decode()
    if not tx.run(
        _INSERT,
        order_id=order_id,
        client_id=caller.client_id,
        idempotency=idempotency,
        request_mac=mac,
        asked_sealed=vault.seal(kept, field=_ASKED, owner=order_id),
        return_uri=asked.return_uri,
        now=clock.epoch(),
    ):
        return None
    _refuse(tx, office, caller, asked.question)
    ticket = scans.order(tx, order_id, asked)
    tx.run(
        _OPENED,
        order_id=order_id,
        scan_id=ticket.scan_id,
        ticket_sealed=vault.seal(ticket.text, field=_TICKET, owner=order_id),
        expires_at=clock.epoch() + ticket.expires_in,
    )
    return Ordered(
        order_id=order_id, scan_id=ticket.scan_id, ticket=ticket.text, expires_in=ticket.expires_in
    )


def _refuse(tx: Transaction, office: Office, caller: Caller, question: Question) -> None:
    """Open no scan whose answer nobody would get."""
    budgets.refuse_if_stopped(tx, caller.client_id)
    bucket = budgets.bucket(identity_index(office.vault, question.person.id_number))
    if not throttle.peek(tx, bucket, office.settings.proofing.per_identity):
        raise IdentityBudgetError(retry_after=budgets.DAY)


def _told_again(vault: Vault, row: Any, macs: list[bytes]) -> Ordered:
    if not any(hmac.compare_digest(bytes(row.request_mac), mac) for mac in macs):
        raise IdempotencyKeyReusedError(detail=f"order {row.order_id}")
    ticket = ticket_of(vault, row)
    if ticket is None:
        raise FaceScanExpiredError(detail="the order of this key is over")
    return Ordered(
        order_id=row.order_id,
        scan_id=row.scan_id,
        ticket=ticket,
        expires_in=row.expires_at - clock.epoch(),
        replayed=True,
    )
