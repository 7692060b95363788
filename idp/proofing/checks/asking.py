"""One question of a department: claim its key, ask the authority, conclude.

No transaction is open while the authority is asked. What was not answered is free to be
asked again; what was answered is answered again with the same words.
"""

from typing import Any

from idp.clients.verification import Permission
from idp.db import Chain
from idp.errors import IdentityError
from idp.proofing.checks import claims, concluding, verdicts
from idp.proofing.checks.claims import Claim
from idp.proofing.checks.errors import CheckPurposeError, QuotaExceededError
from idp.proofing.checks.office import Caller, Office
from idp.proofing.checks.questions import Question
from idp.proofing.checks.quotas import Loan
from idp.proofing.checks.verdicts import Told

CLAIMING = claims.claiming()


def permit(permission: Permission, question: Question) -> None:
    """See that the department may ask this.

    Raises:
        CheckPurposeError: not for this purpose, or not on this legal basis.
    """
    if question.purpose not in permission.purposes:
        raise CheckPurposeError(detail=f"purpose {question.purpose}")
    if question.legal_basis not in permission.legal_bases:
        raise CheckPurposeError(detail=f"legal basis {question.legal_basis}")


def ask(
    office: Office,
    caller: Caller,
    idempotency: bytes,
    question: Question,
    *,
    batch_id: str | None = None,
    loan: Loan | None = None,
    sentence: Chain = CLAIMING,
    **condition: Any,
) -> Told:
    """Answer *question*, or answer it again.

    *loan* is the quota where it was taken before; *sentence* claims the key
    (`claims.claiming`), *condition* holds its parameters.

    Raises:
        CheckPurposeError, QuotaExceededError, GuessingError, IdentityBudgetError: not to them.
        IdempotencyKeyReusedError, IdempotencyInProgressError: not with this key.
        AuthorityDownError, AuthorityBusyError, CheckInputError: not answered; ask again.
    """
    permit(caller.permission, question)
    claim = claims.prepare(office.vault, caller.client_id, idempotency, question, batch_id)
    try:
        loan = loan or office.lender.take(caller.client_id, caller.permission)
    except QuotaExceededError:
        with office.database.read() as tx:
            known = claims.settled(tx, claim)
        if known is None:
            raise
        return verdicts.again(known, office.vault)
    known = _stake(office, claim, loan, sentence, condition)
    if known is not None:
        return verdicts.again(known, office.vault)
    return _put(office, caller, claim, loan)


def _stake(
    office: Office, claim: Claim, loan: Loan, sentence: Chain, condition: dict[str, Any]
) -> Any | None:
    """Stake the claim; a quota that buys no question is given back."""
    try:
        known = claims.stake(office.database, office.settings, claim, sentence, **condition)
    except Exception:
        loan.give_back()
        raise
    if known is not None:
        loan.give_back()
    return known


def _put(office: Office, caller: Caller, claim: Claim, loan: Loan) -> Told:
    """Put the question to the authority, outside every transaction."""
    try:
        verdict = office.population.check(claim.question.person)
    except Exception as error:
        loan.give_back()
        claims.free(office.database, claim)
        if isinstance(error, IdentityError):
            concluding.refuse(office, caller.client_id, error.code, caller.request_id)
        raise
    if verdict.result.unanswered:
        loan.give_back()
        raise concluding.unanswered(office, claim, verdict, caller.request_id)
    return concluding.conclude(office, claim, verdict, caller.request_id)
