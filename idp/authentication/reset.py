"""Replace a forgotten password: a code to the account's phone, then a new one; no sign-in.

Whoever resets still has to sign in, so no other factor is ever skipped.
"""

from config import Settings
from idp.audit import events
from idp.authentication import addressees, new_password, one_time_code, sms_code
from idp.authentication.errors import CodeVoidError
from idp.authentication.one_time_code import RESET
from idp.authentication.sending import Order, send
from idp.authentication.visitors import Visitor, note
from idp.crypto.vault import Vault
from idp.db import Transaction


def start(tx: Transaction, vault: Vault, settings: Settings, visitor: Visitor, typed: str) -> None:
    """Send a code to the phone of whoever *typed* names, if there is such a one.

    Raises:
        TooManyRequestsError: too many codes. The caller commits.
    """
    found = addressees.find(tx, vault, typed)
    order = Order(
        purpose=RESET,
        name=found.name,
        phone=found.phone,
        person_id=found.person_id,
        state={"typed": typed},
        decoy=found.person_id is None,
    )
    send(tx, vault, settings.throttle, visitor, order)


def send_again(tx: Transaction, vault: Vault, settings: Settings, visitor: Visitor) -> None:
    """Send another code for the same account.

    Raises:
        CodeVoidError: nothing waits in this browser.
        TooManyRequestsError: too many codes. The caller commits.
    """
    waiting = one_time_code.pending(tx, vault, purpose=RESET, browser=visitor.browser)
    if waiting is None:
        raise CodeVoidError(detail="no reset waits in this browser")
    start(tx, vault, settings, visitor, waiting.state["typed"])


def finish(
    tx: Transaction,
    vault: Vault,
    settings: Settings,
    visitor: Visitor,
    *,
    code: str,
    password: str,
    password_hash: str,
) -> None:
    """Spend *code*, and put the new password in its place.

    Raises:
        AuthenticationError: one of its kinds. The caller commits.
        FieldErrors: the password tells the account it opens; the code stays good.
    """
    limits = settings.throttle
    waiting = sms_code.check(tx, vault, limits, visitor, purpose=RESET, code=code)
    person_id = waiting.person_id
    if person_id is None:
        raise CodeVoidError(detail="no account")
    new_password.check_for(tx, vault, settings.passwords, person_id, password)
    new_password.put(tx, vault, person_id, password_hash)
    note(tx, visitor, events.PASSWORD_RESET, person_id=person_id)
