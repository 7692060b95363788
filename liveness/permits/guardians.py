"""A parent or guardian agrees for a child under 14, with a code that comes to their own phone.

The guardian has an account of their own, with a proven name, and is of age: so the record says
who agreed (PIPL §31). That they are this child's guardian is their word, which the trail keeps.
"""

from dataclasses import dataclass
from typing import Any

from config.rooms import ThrottleSettings
from idp.accounts import identifiers, lifecycle
from idp.authentication import one_time_code, sms_code
from idp.authentication.errors import CodeVoidError
from idp.authentication.one_time_code import GUARDIAN, Pending
from idp.authentication.sending import Order, send
from idp.authentication.visitors import Visitor
from idp.crypto import Vault
from idp.db import Statement, Transaction
from idp.proofing import ownership, verifications
from idp.web.locale import gettext as _
from liveness.permits import consents
from liveness.permits.errors import GuardianUnfitError

_OF_AGE, _PROVEN = 18, 2
_WARDS = Statement("""
    SELECT consent_id, person_id, purpose, given_at FROM face_consent
     WHERE guardian_id = :guardian_id AND withdrawn_at IS NULL
     ORDER BY given_at DESC, consent_id DESC
""")


@dataclass(frozen=True, slots=True)
class Ward:
    """An agreement that somebody gave for a child."""

    consent_id: str
    person_id: str
    purpose: str
    given_at: int


def ask(
    tx: Transaction,
    vault: Vault,
    limits: ThrottleSettings,
    visitor: Visitor,
    child_id: str,
    *,
    phone: str,
    purpose: str,
    version: str,
) -> None:
    """Send a code to *phone* if its owner may agree; nobody here learns whether they may.

    Raises:
        TooManyRequestsError: too many codes. The caller commits.
    """
    guardian = identifiers.find(tx, vault, identifiers.PHONE, phone)
    fit = guardian is not None and guardian != child_id and is_fit(tx, vault, guardian)
    state: dict[str, Any] = {"purpose": purpose, "version": version, "guardian": guardian}
    order = Order(
        purpose=GUARDIAN, name=phone, phone=phone, person_id=child_id, state=state, decoy=not fit
    )
    send(tx, vault, limits, visitor, order)


def waiting(tx: Transaction, vault: Vault, visitor: Visitor, child_id: str) -> Pending | None:
    """Return the code that this browser waits for, for this child."""
    found = one_time_code.pending(tx, vault, purpose=GUARDIAN, browser=visitor.browser)
    return found if found is not None and found.person_id == child_id else None


def agree(
    tx: Transaction,
    vault: Vault,
    limits: ThrottleSettings,
    visitor: Visitor,
    child_id: str,
    *,
    code: str,
    locale: str,
) -> str:
    """Record that the guardian agreed, whose code it is; return for which purpose.

    Raises:
        AuthenticationError: one of its kinds: the code is wrong or void. The caller commits.
        GuardianUnfitError: they may not agree any more.
        FaceConsentMissingError: the notice changed meanwhile.
    """
    if waiting(tx, vault, visitor, child_id) is None:
        raise CodeVoidError(detail="no guardian is asked in this browser")
    spent = sms_code.check(tx, vault, limits, visitor, purpose=GUARDIAN, code=code)
    guardian, purpose = spent.state["guardian"], spent.state["purpose"]
    if guardian is None or not is_fit(tx, vault, guardian):
        raise GuardianUnfitError(detail="changed since the code was sent")
    consents.give(
        tx,
        visitor,
        child_id,
        purpose,
        version=spent.state["version"],
        locale=locale,
        id_number=None,
        guardian_id=guardian,
    )
    text = _(
        "[Manyou] You agreed, as a parent or guardian, that a child's face may be scanned. You "
        "can withdraw this in your own account, under Face."
    )
    ownership.tell(tx, vault, guardian, text)
    return str(purpose)


def is_fit(tx: Transaction, vault: Vault, person_id: str) -> bool:
    """Say whether somebody may agree for a child: known by a proven name, and grown up."""
    if not lifecycle.is_active(tx, person_id):
        return False
    phone = identifiers.value_of(tx, vault, person_id, identifiers.PHONE)
    age = consents.age_of(ownership.proven_number(tx, vault, person_id))
    proven = verifications.level_of(tx, person_id) >= _PROVEN
    reachable = phone is not None and phone.verified_at is not None
    return proven and reachable and age is not None and age >= _OF_AGE


def wards(tx: Transaction, guardian_id: str) -> list[Ward]:
    """Return what a person agreed to for children, and still stands."""
    return [Ward(*row) for row in tx.all(_WARDS, guardian_id=guardian_id)]


def withdraw(tx: Transaction, visitor: Visitor, guardian_id: str, consent_id: str) -> bool:
    """Take back what a guardian agreed to, and say whether it stood."""
    ward = next((one for one in wards(tx, guardian_id) if one.consent_id == consent_id), None)
    return ward is not None and consents.withdraw(tx, visitor, ward.person_id, ward.purpose)
