"""Register: an account exists once its phone has answered, or at once when it has none.

Until then the form waits, sealed, beside its code. Whoever enters a number that has an
account sees the same page; its owner is told by SMS.
"""

from config import Settings
from idp.accounts import identifiers, registration
from idp.accounts.registration import Application
from idp.audit import events
from idp.authentication import one_time_code, sms_code
from idp.authentication.errors import CodeVoidError
from idp.authentication.one_time_code import REGISTER
from idp.authentication.sending import Order, send
from idp.authentication.visitors import Visitor, note
from idp.crypto.vault import Vault
from idp.db import Transaction
from idp.web import throttle
from idp.web.locale import gettext as _

_HOUR = 3600


def admit(
    tx: Transaction, vault: Vault, settings: Settings, visitor: Visitor, application: Application
) -> None:
    """Let *application* go on to be hashed.

    Raises:
        TooManyRequestsError: too many accounts from this address. The caller commits.
        FieldErrors: it would be refused at the end.
    """
    limit = settings.throttle.registration_per_address
    throttle.hit(tx, f"register-address:{visitor.address}", limit=limit, window=_HOUR)
    registration.refuse_taken(tx, vault, application)


def start(
    tx: Transaction, vault: Vault, settings: Settings, visitor: Visitor, application: Application
) -> str | None:
    """Open the account, or send a code to its phone and let it wait.

    Returns:
        The new person, or None while a code is under way.

    Raises:
        TooManyRequestsError: too many codes. The caller commits.
        FieldErrors: an identifier was taken meanwhile.
    """
    if not application.phone:
        return _open(tx, vault, visitor, application)
    known = identifiers.find(tx, vault, identifiers.PHONE, application.phone) is not None
    order = Order(
        purpose=REGISTER,
        name=application.phone,
        phone=application.phone,
        state=application.as_dict(),
        decoy=known,
        instead=_already_registered() if known else "",
    )
    send(tx, vault, settings.throttle, visitor, order)
    return None


def send_again(tx: Transaction, vault: Vault, settings: Settings, visitor: Visitor) -> None:
    """Send the waiting form's phone another code.

    Raises:
        CodeVoidError: nothing waits in this browser.
        TooManyRequestsError: too many codes. The caller commits.
    """
    waiting = one_time_code.pending(tx, vault, purpose=REGISTER, browser=visitor.browser)
    if waiting is None:
        raise CodeVoidError(detail="no registration waits in this browser")
    start(tx, vault, settings, visitor, Application(**waiting.state))


def finish(tx: Transaction, vault: Vault, settings: Settings, visitor: Visitor, code: str) -> str:
    """Open the account whose phone has answered, and return the new person.

    Raises:
        AuthenticationError: one of its kinds. The caller commits.
        FieldErrors: an identifier was taken meanwhile.
    """
    limits = settings.throttle
    waiting = sms_code.check(tx, vault, limits, visitor, purpose=REGISTER, code=code)
    return _open(tx, vault, visitor, Application(**waiting.state))


def _open(tx: Transaction, vault: Vault, visitor: Visitor, application: Application) -> str:
    registration.refuse_taken(tx, vault, application)
    person_id = registration.open_account(
        tx, vault, application, phone_verified=application.phone is not None
    )
    given = application.as_dict()
    data = {"given": sorted(name for name, value in given.items() if value)}
    note(tx, visitor, events.PERSON_REGISTER, person_id=person_id, data=data)
    return person_id


def _already_registered() -> str:
    return _(
        "[Manyou] Somebody, perhaps you, wanted to open an account with this phone number. It has "
        "one already: sign in with a code, or reset the password."
    )
