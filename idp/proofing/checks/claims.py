"""The claim of an idempotency key: one question to the authority, however often it is sent.

The row of the check is the claim. It is committed before the authority is asked, so that no
transaction waits for an authority; racing requests meet at its unique key.
"""

import hmac
import re
from dataclasses import dataclass, field
from hashlib import sha256
from sqlite3 import IntegrityError
from typing import Any

from psycopg.errors import UniqueViolation

from config import Settings
from idp import clock
from idp.crypto import Vault
from idp.db import Chain, Database, Statement, Transaction, new_id
from idp.errors import IdentityError
from idp.proofing.checks import budgets
from idp.proofing.checks.errors import (
    IdempotencyInProgressError,
    IdempotencyKeyMissingError,
    IdempotencyKeyReusedError,
    IdentityBudgetError,
)
from idp.proofing.checks.questions import Question
from idp.proofing.verifications import identity_index
from idp.web import throttle

_KEY = re.compile(r"[\x21-\x7e]{16,128}", re.ASCII)
_INSERT = """
    INSERT INTO department_check (check_id, client_id, idempotency, request_mac, subject,
           elements, purpose, legal_basis, legal_reference, result, source, reference, reason,
           claimed_at, receipt, batch_id)
    SELECT :check_id, :client_id, :idempotency, :request_mac, :subject,
           :elements, :purpose, :legal_basis, :legal_reference, '', '', '', '',
           :now, '', :batch_id
      FROM claimed WHERE 1 = 1
"""
_FIND = Statement("""
    SELECT check_id, request_mac, elements, purpose, legal_basis, result, claimed_at, answered_at,
           receipt, nonce_sealed
      FROM department_check WHERE idempotency = :idempotency
""")
_FREE = Chain(
    """
    DELETE FROM department_check WHERE check_id = :check_id AND result = ''
    RETURNING check_id, client_id, person_id
    """,
    throttle.RELEASE,
)
_DROP = Statement("DELETE FROM department_check WHERE check_id = :check_id AND result = ''")


class ConditionError(IdentityError):
    """What had to hold at the moment of the claim did not."""

    code = "check_condition_failed"
    status = 409


def claiming(condition: str = "1 = 1") -> Chain:
    """Return the sentence that claims: a try of the identity's budget, then the key.

    *condition* is SQL that must hold at that moment; its parameters are `stake`'s own.
    """
    where = f"{condition} AND NOT {budgets.STOPPED}"
    return Chain(throttle.RESERVE.format(where=where), _INSERT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A question on its way to the authority."""

    check_id: str
    client_id: str
    idempotency: bytes
    macs: tuple[bytes, ...] = field(repr=False)  # under every key of the ring, the newest first
    subject: bytes = field(repr=False)
    question: Question
    batch_id: str | None
    now: int

    @property
    def bucket(self) -> bytes:
        return throttle.key(budgets.bucket(self.subject))


def fingerprint(client_id: str, key: str | None) -> bytes:
    """Return what we keep of a client's Idempotency-Key.

    Raises:
        IdempotencyKeyMissingError: there is none, or it is too short to be unique.
    """
    if key is None or not _KEY.fullmatch(key):
        raise IdempotencyKeyMissingError
    return sha256(f"{client_id}\0{key}".encode()).digest()


def prepare(
    vault: Vault, client_id: str, idempotency: bytes, question: Question, batch_id: str | None
) -> Claim:
    """Return the claim of *question*, not yet staked."""
    macs = vault.macs(question.fingerprinted.decode(), purpose="check request")
    return Claim(
        check_id=new_id(),
        client_id=client_id,
        idempotency=idempotency,
        macs=tuple(macs),
        subject=identity_index(vault, question.person.id_number),
        question=question,
        batch_id=batch_id,
        now=clock.epoch(),
    )


def stake(
    database: Database, settings: Settings, claim: Claim, sentence: Chain, **condition: Any
) -> Any | None:
    """Claim the key; None when it is ours, else the row of a check that was answered before.

    Raises:
        IdempotencyKeyReusedError, IdempotencyInProgressError: it is another's, or in use.
        GuessingError, IdentityBudgetError: the caller, or the number, has failed too often.
        ConditionError: what *sentence* demands does not hold.
    """
    for _ in range(2):
        try:
            with database.at_once() as tx:
                if tx.chain(sentence, **_parameters(claim, settings), **condition):
                    return None
        except (UniqueViolation, IntegrityError):
            pass
        with database.read() as tx:
            known = settled(tx, claim)
        if known is not None:
            return known
        if not _take_over(database, settings, claim):
            _tell_why(database, settings, claim)
    raise IdempotencyInProgressError


def settled(tx: Transaction, claim: Claim) -> Any | None:
    """Return the row of the check that this very request led to before, if it is answered.

    Raises:
        IdempotencyKeyReusedError: the key led to another question.
    """
    row = tx.one(_FIND, idempotency=claim.idempotency)
    if row is None:
        return None
    if not any(hmac.compare_digest(bytes(row.request_mac), mac) for mac in claim.macs):
        raise IdempotencyKeyReusedError(detail=f"check {row.check_id}")
    return row if row.result else None


def answered(tx: Transaction, idempotency: bytes) -> Any | None:
    """Return the row of the check that a key led to, if it is answered."""
    row = tx.one(_FIND, idempotency=idempotency)
    return row if row is not None and row.result else None


def free(database: Database, claim: Claim) -> None:
    """Give the key and the try back: nothing was learned, so the caller may ask again."""
    with database.at_once() as tx:
        tx.chain(_FREE, check_id=claim.check_id, bucket=claim.bucket)


def drop(tx: Transaction, claim: Claim) -> None:
    """Give the key back, but not the try."""
    tx.run(_DROP, check_id=claim.check_id)


def _take_over(database: Database, settings: Settings, claim: Claim) -> bool:
    """Void the claim of a process that died of it; False when there is none such.

    Raises:
        IdempotencyInProgressError: it may still be alive.
    """
    with database.write() as tx:
        row = tx.one(_FIND, idempotency=claim.idempotency)
        if row is None:
            return False
        if row.claimed_at + settings.verification.claim_lifetime > claim.now:
            raise IdempotencyInProgressError(detail=f"check {row.check_id}")
        tx.run(_DROP, check_id=row.check_id)  # its try stays counted: nobody knows how it ended
    return True


def _tell_why(database: Database, settings: Settings, claim: Claim) -> None:
    with database.read() as tx:
        budgets.refuse_if_stopped(tx, claim.client_id)
        bucket = budgets.bucket(claim.subject)
        if not throttle.peek(tx, bucket, settings.proofing.per_identity):
            raise IdentityBudgetError(retry_after=budgets.DAY)
    raise ConditionError(detail=f"client {claim.client_id}")


def _parameters(claim: Claim, settings: Settings) -> dict[str, Any]:
    question = claim.question
    return {
        "bucket": claim.bucket,
        "resets_at": claim.now + budgets.DAY,
        "now": claim.now,
        "limit": settings.proofing.per_identity,
        "check_id": claim.check_id,
        "client_id": claim.client_id,
        "idempotency": claim.idempotency,
        "request_mac": claim.macs[0],
        "subject": claim.subject,
        "elements": " ".join(question.elements),
        "purpose": question.purpose,
        "legal_basis": question.legal_basis,
        "legal_reference": question.legal_reference,
        "batch_id": claim.batch_id,
    }
