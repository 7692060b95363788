"""Show something held before a face is looked at: a code to the phone, or a registered device.

Whoever asks sees the same for every account and for none: what stands in the way of a face (no
proven name, no consent, a lock) is told only to those who showed that they hold something.
"""

from dataclasses import dataclass, field

from config.rooms import ThrottleSettings
from idp.accounts import identifiers, lifecycle
from idp.authentication import (
    addressees,
    device_challenges,
    device_keys,
    one_time_code,
    possessions,
    sms_code,
)
from idp.authentication.errors import CodeVoidError, DeviceUnknownError
from idp.authentication.methods import DEVICE, SMS_CODE, Method
from idp.authentication.one_time_code import FACE_SIGN_IN
from idp.authentication.sending import Order, send
from idp.authentication.visitors import Visitor
from idp.crypto.vault import Vault
from idp.db import Transaction
from idp.web import throttle

_HOUR = 3600
HOLDABLE: dict[str, Method] = {method.amr[0]: method for method in (SMS_CODE, DEVICE)}
"""What can be held, by the word of RFC 8176 that a possession notes."""


def ask_code(
    tx: Transaction, vault: Vault, limits: ThrottleSettings, visitor: Visitor, typed: str
) -> None:
    """Send a code to the phone of whoever *typed* names, if there is such a one.

    Raises:
        TooManyRequestsError: too many codes. The caller commits.
    """
    found = addressees.find(tx, vault, typed)
    order = Order(
        purpose=FACE_SIGN_IN,
        name=found.name,
        phone=found.phone,
        person_id=found.person_id,
        state={"typed": typed},
        decoy=found.person_id is None,
    )
    send(tx, vault, limits, visitor, order)


def ask_code_again(
    tx: Transaction, vault: Vault, limits: ThrottleSettings, visitor: Visitor
) -> None:
    """Send another code for the same name.

    Raises:
        CodeVoidError: nothing waits in this browser.
        TooManyRequestsError: too many codes. The caller commits.
    """
    waiting = one_time_code.pending(tx, vault, purpose=FACE_SIGN_IN, browser=visitor.browser)
    if waiting is None:
        raise CodeVoidError(detail="no sign-in by face waits in this browser")
    ask_code(tx, vault, limits, visitor, waiting.state["typed"])


def ask_device(
    tx: Transaction, vault: Vault, limits: ThrottleSettings, visitor: Visitor, typed: str
) -> None:
    """Ask this browser's keys to sign for whoever *typed* names, if there is such a one.

    Raises:
        TooManyRequestsError: too often from this address. The caller commits.
    """
    bucket = f"device-address:{visitor.address}"
    throttle.hit(tx, bucket, limit=limits.code_per_address, window=_HOUR)
    found = addressees.find(tx, vault, typed)
    device_challenges.issue(
        tx,
        vault,
        purpose=FACE_SIGN_IN,
        browser=visitor.browser,
        person_id=found.person_id,
        state={"typed": typed},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What something held is shown for; *state* is what the pages on the way must not lose.

    With a *person_id* it must be theirs, and counts in their session alone.
    """

    purpose: str
    state: dict[str, str] = field(repr=False)
    session_id: str | None = None
    person_id: str | None = None


def show_code(
    tx: Transaction,
    vault: Vault,
    limits: ThrottleSettings,
    visitor: Visitor,
    errand: Errand,
    code: str,
) -> None:
    """Note that whoever reads *code* holds the phone that it was sent to.

    Raises:
        AuthenticationError: one of its kinds. The caller commits.
    """
    waiting = sms_code.check(tx, vault, limits, visitor, purpose=errand.purpose, code=code)
    holder = identifiers.find(tx, vault, identifiers.PHONE, waiting.phone)
    if holder is None or holder != waiting.person_id or not _fits(tx, holder, errand):
        raise CodeVoidError(detail="the account changed meanwhile")
    _keep(tx, vault, visitor, errand, holder, SMS_CODE)


def show_device(
    tx: Transaction, vault: Vault, visitor: Visitor, errand: Errand, answers: str
) -> None:
    """Note that whoever answers holds a device that its person registered.

    Raises:
        DeviceUnknownError: they do not. The caller commits.
    """
    asked = device_keys.check(tx, vault, visitor, purpose=errand.purpose, answers=answers)
    holder = asked.person_id
    if holder is None or not _fits(tx, holder, errand):
        raise DeviceUnknownError(detail="the account changed meanwhile")
    _keep(tx, vault, visitor, errand, holder, DEVICE)


def _fits(tx: Transaction, holder: str, errand: Errand) -> bool:
    return lifecycle.is_active(tx, holder) and errand.person_id in (None, holder)


def _keep(
    tx: Transaction, vault: Vault, visitor: Visitor, errand: Errand, holder: str, method: Method
) -> None:
    possessions.keep(
        tx,
        vault,
        purpose=errand.purpose,
        browser=visitor.browser,
        person_id=holder,
        held=method.amr[0],
        session_id=errand.session_id,
        state=errand.state,
    )
