"""Sign in with a code by SMS, and check codes for every other purpose."""

from config.rooms import ThrottleSettings
from idp.accounts import identifiers, lifecycle
from idp.audit import events
from idp.authentication import one_time_code
from idp.authentication.errors import AuthenticationError, CodeVoidError
from idp.authentication.methods import SMS_CODE
from idp.authentication.one_time_code import CONFIRM, SIGN_IN, Pending
from idp.authentication.sending import Order, send
from idp.authentication.visitors import Visitor, note
from idp.crypto.vault import Vault
from idp.db import Transaction


def ask(
    tx: Transaction, vault: Vault, limits: ThrottleSettings, visitor: Visitor, phone: str
) -> None:
    """Send a code to *phone*, a normalised number, if it opens an account.

    Raises:
        TooManyRequestsError: asked too often. The caller commits.
    """
    person_id = identifiers.find(tx, vault, identifiers.PHONE, phone)
    credential = lifecycle.credential(tx, person_id or "nobody")
    if credential is None or not credential.active:
        person_id = None
    order = Order(
        purpose=SIGN_IN, name=phone, phone=phone, person_id=person_id, decoy=person_id is None
    )
    send(tx, vault, limits, visitor, order)


def enter(
    tx: Transaction, vault: Vault, limits: ThrottleSettings, visitor: Visitor, code: str
) -> str:
    """Return whose code it was.

    Raises:
        AuthenticationError: one of its kinds. The caller commits.
    """
    waiting = check(tx, vault, limits, visitor, purpose=SIGN_IN, code=code)
    holder = identifiers.find(tx, vault, identifiers.PHONE, waiting.phone)
    credential = lifecycle.credential(tx, holder or "nobody")
    if credential is None or not credential.active or holder != waiting.person_id:
        raise CodeVoidError(detail="the account changed meanwhile")
    data = {"method": SMS_CODE.key}
    note(tx, visitor, events.SIGN_IN, person_id=credential.person_id, data=data)
    return credential.person_id


def ask_again(
    tx: Transaction,
    vault: Vault,
    limits: ThrottleSettings,
    visitor: Visitor,
    person_id: str,
    *,
    purpose: str = CONFIRM,
) -> str | None:
    """Send a code to somebody who is signed in; return the number, None if they have none.

    Raises:
        TooManyRequestsError: asked too often. The caller commits.
    """
    phone = identifiers.value_of(tx, vault, person_id, identifiers.PHONE)
    if phone is None:
        return None
    order = Order(purpose=purpose, name=phone.text, phone=phone.text, person_id=person_id)
    send(tx, vault, limits, visitor, order)
    return phone.text


def check(
    tx: Transaction,
    vault: Vault,
    limits: ThrottleSettings,
    visitor: Visitor,
    *,
    purpose: str,
    code: str,
) -> Pending:
    """Spend a code, and put on the trail that it was tried.

    Raises:
        AuthenticationError: one of its kinds. The caller commits.
    """
    browser, data = visitor.browser, {"purpose": purpose}
    waiting = one_time_code.pending(tx, vault, purpose=purpose, browser=browser)
    person_id = waiting.person_id if waiting else None
    try:
        spent = one_time_code.redeem(tx, vault, limits, purpose=purpose, browser=browser, code=code)
    except AuthenticationError as refusal:
        note(
            tx,
            visitor,
            events.CODE_CHECK,
            person_id=person_id,
            outcome="failure",
            reason=refusal.code,
            data=data,
        )
        raise
    note(tx, visitor, events.CODE_CHECK, person_id=person_id, data=data)
    return spent
