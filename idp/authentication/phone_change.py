"""Give an account another phone: the new one answers, and the old one is told."""

from config.rooms import ThrottleSettings
from idp.accounts import identifiers
from idp.audit import events
from idp.authentication import one_time_code, sms_code
from idp.authentication.errors import CodeVoidError
from idp.authentication.one_time_code import PHONE
from idp.authentication.sending import Order, send, tell
from idp.authentication.visitors import Visitor, note
from idp.crypto.vault import Vault
from idp.db import Transaction
from idp.web.locale import gettext as _


def start(
    tx: Transaction,
    vault: Vault,
    limits: ThrottleSettings,
    visitor: Visitor,
    person_id: str,
    phone: str,
) -> None:
    """Send a code to *phone*; if it belongs to somebody else, tell them and nobody here.

    Raises:
        TooManyRequestsError: too many codes. The caller commits.
    """
    holder = identifiers.find(tx, vault, identifiers.PHONE, phone)
    foreign = holder is not None and holder != person_id
    text = _(
        "[Manyou] Somebody wanted to use this phone number for another account. It stays yours."
    )
    order = Order(
        purpose=PHONE,
        name=phone,
        phone=phone,
        person_id=person_id,
        decoy=foreign,
        instead=text if foreign else "",
    )
    send(tx, vault, limits, visitor, order)


def send_again(
    tx: Transaction, vault: Vault, limits: ThrottleSettings, visitor: Visitor, person_id: str
) -> None:
    """Send another code to the same number.

    Raises:
        CodeVoidError: nothing waits in this browser.
        TooManyRequestsError: too many codes. The caller commits.
    """
    waiting = one_time_code.pending(tx, vault, purpose=PHONE, browser=visitor.browser)
    if waiting is None or waiting.person_id != person_id:
        raise CodeVoidError(detail="no change waits in this browser")
    start(tx, vault, limits, visitor, person_id, waiting.phone)


def finish(
    tx: Transaction,
    vault: Vault,
    limits: ThrottleSettings,
    visitor: Visitor,
    person_id: str,
    code: str,
) -> None:
    """Put the number that has answered in the place of the old one.

    Raises:
        AuthenticationError: one of its kinds. The caller commits.
        PhoneTakenError: somebody else registered it meanwhile.
    """
    waiting = sms_code.check(tx, vault, limits, visitor, purpose=PHONE, code=code)
    if waiting.person_id != person_id:
        raise CodeVoidError(detail="asked for by somebody else in this browser")
    before = identifiers.value_of(tx, vault, person_id, identifiers.PHONE)
    identifiers.add(tx, vault, person_id, identifiers.PHONE, waiting.phone, verified=True)
    if before is not None and before.text != waiting.phone:
        text = _(
            "[Manyou] Your account now uses another phone number. If it was not you, "
            "sign in and change your password."
        )
        tell(tx, vault, before.text, text)
    note(tx, visitor, events.PERSON_CHANGE, person_id=person_id, data={"changed": "phone"})
