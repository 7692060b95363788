"""From an authority's verdict to what a department is told: counted, recorded, then told."""

from functools import cache
from typing import Any

import orjson

from idp import clock
from idp.accounts import identifiers
from idp.audit import events, trail
from idp.db import Chain, Transaction
from idp.errors import IdentityError
from idp.proofing.checks import budgets, claims, receipts, verdicts
from idp.proofing.checks.claims import Claim
from idp.proofing.checks.errors import (
    AuthorityBusyError,
    AuthorityDownError,
    CheckInputError,
    GuessingError,
    IdempotencyInProgressError,
)
from idp.proofing.checks.office import Office
from idp.proofing.checks.verdicts import Told
from idp.registry.results import Result, Verdict
from idp.web import throttle

_DONE = """
    UPDATE department_check
       SET result = :result, source = :source, reference = :reference, reason = :reason,
           answered_at = :now, receipt = :receipt, nonce_sealed = :nonce_sealed,
           person_id = ({holder})
     WHERE check_id = :check_id AND result = '' AND NOT {stopped}
    RETURNING check_id, client_id, person_id
"""
NO_PROOF = "no_alive_proof"
"""The reason of NO_RECORD where name and number were right: asking so guesses nothing."""
_WHY: dict[Result, type[IdentityError]] = {
    Result.SOURCE_DOWN: AuthorityDownError,
    Result.RATE_LIMITED: AuthorityBusyError,
}


def conclude(office: Office, claim: Claim, verdict: Verdict, request_id: str) -> Told:
    """Record *verdict* and put it on the trail, and return what may be told.

    Raises:
        GuessingError: the caller failed once too often, and is not told.
        IdempotencyInProgressError: it took so long that another took the question over.
    """
    now, result = clock.epoch(), verdict.result
    receipt = receipts.issue(office.ring, office.issuer, claim, result, now)
    lookups = identifiers.lookups(
        office.vault, identifiers.ID_NUMBER, claim.question.person.id_number
    )
    row = {
        "check_id": claim.check_id,
        "client_id": claim.client_id,
        "result": result.value,
        "source": verdict.source[:32],
        "reference": verdict.reference[:64],
        "reason": verdict.reason[:64],
        "now": now,
        "receipt": receipt.token,
        "nonce_sealed": receipts.seal_nonce(office.vault, claim.check_id, receipt.nonce),
        "bucket": claim.bucket,
        "request_id": request_id,
        "data": _facts(claim, result),
        **{f"lookup_{'abcdefgh'[n]}": lookup for n, lookup in enumerate(lookups)},
    }
    sentence = _telling(len(lookups), failure=result.suspicious)
    if result is Result.MATCH or verdict.reason == NO_PROOF:
        with office.database.at_once() as tx:
            told = tx.chain(sentence, **row)
    else:
        told = _tell_in_vain(office, claim, result, sentence, row)
    if told is None:
        _lost(office, claim)
    return Told(
        check_id=claim.check_id,
        result=result,
        elements=claim.question.elements,
        source=verdicts.POPULATION,
        checked_at=now,
        purpose=claim.question.purpose,
        legal_basis=claim.question.legal_basis,
        receipt=receipt,
    )


def unanswered(office: Office, claim: Claim, verdict: Verdict, request_id: str) -> IdentityError:
    """Free the key, put it on the trail, and return what the caller is told instead."""
    claims.free(office.database, claim)
    refuse(office, claim.client_id, verdict.result.value.lower(), request_id)
    if verdict.result is Result.BAD_INPUT:
        return CheckInputError({"elements": "not_accepted_by_authority"}, detail=verdict.reason)
    return _WHY[verdict.result](detail=verdict.reason)


def refuse(office: Office, client_id: str, reason: str, request_id: str) -> None:
    """Put on the trail that a question was not answered."""
    with office.database.write() as tx:
        _record_refusal(tx, client_id, reason, request_id)


@cache
def _telling(keys: int, *, failure: bool = False) -> Chain:
    """Return the sentence for a ring of so many *keys*: the check, and its place on the trail.

    What was no *failure* gives its try back.
    """
    done = _DONE.format(
        holder=identifiers.proven_holder(identifiers.ID_NUMBER, keys), stopped=budgets.STOPPED
    )
    answer = trail.sentence(events.CHECK_ANSWER, with_data=True)
    return Chain(done, answer) if failure else Chain(done, answer, throttle.RELEASE)


def _tell_in_vain(
    office: Office, claim: Claim, result: Result, sentence: Chain, row: dict[str, Any]
) -> Any:
    """Count it against the caller first; one too many is not told."""
    settings = office.settings.verification
    with office.database.write() as tx:
        if not budgets.count_in_vain(tx, settings, claim.client_id, result):
            claims.drop(tx, claim)
            _record_refusal(tx, claim.client_id, GuessingError.code, row["request_id"])
            raise GuessingError(retry_after=settings.stop, detail=f"client {claim.client_id}")
        return tx.chain(sentence, **row)


def _lost(office: Office, claim: Claim) -> None:
    """Say why nothing was recorded, and so nothing may be told."""
    with office.database.read() as tx:
        stopped = budgets.stopped_for(tx, claim.client_id)
    if stopped:
        with office.database.write() as tx:
            claims.drop(tx, claim)
        raise GuessingError(retry_after=stopped, detail=f"client {claim.client_id} is stopped")
    raise IdempotencyInProgressError(detail=f"check {claim.check_id} was taken over")


def _record_refusal(tx: Transaction, client_id: str, reason: str, request_id: str) -> None:
    trail.record(
        tx,
        events.CHECK_REFUSE,
        outcome="failure",
        client_id=client_id,
        reason=reason,
        request_id=request_id,
    )


def _facts(claim: Claim, result: Result) -> str:
    facts = {
        "check": claim.check_id,
        "result": result.value,
        "purpose": claim.question.purpose,
        "legal_basis": claim.question.legal_basis,
        "elements": list(claim.question.elements),
    }
    return orjson.dumps(facts).decode()
