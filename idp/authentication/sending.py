"""Send codes and notices by SMS, so that neither the answer nor its time tells who exists.

Two kinds of limits (docs/decisions/0007-lock-out.md): one counts what was *typed*, and
says so aloud; the other counts the phone itself and is silent, because aloud it would
tell that a user name and a phone belong together.
"""

from dataclasses import dataclass, field
from typing import Any

from config.rooms import ThrottleSettings
from idp.audit import events
from idp.authentication import one_time_code
from idp.authentication.visitors import Visitor, note
from idp.crypto.vault import Vault
from idp.db import Transaction
from idp.errors import TooManyRequestsError
from idp.messages import sms
from idp.web import throttle
from idp.web.locale import gettext as _

NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A code to be sent: to whom, for what, and which typed *name* asked for it.

    With a *decoy* no code opens anything; *instead* is what the phone's owner is told then,
    if they are told anything.
    """

    purpose: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    person_id: str | None = None
    state: dict[str, Any] | None = field(default=None, repr=False)
    decoy: bool = False
    instead: str = ""


def send(
    tx: Transaction, vault: Vault, limits: ThrottleSettings, visitor: Visitor, order: Order
) -> None:
    """Make a code and send it.

    Raises:
        TooManyRequestsError: asked too often. The caller commits.
    """
    _count_aloud(tx, vault, limits, visitor, order.name)
    reason = (
        ""
        if _counts_silently(tx, vault, limits, order.name if order.decoy else order.phone)
        else "limited"
    )
    code = one_time_code.issue(
        tx,
        vault,
        limits.code_lifetime,
        purpose=order.purpose,
        browser=visitor.browser,
        phone=order.phone,
        person_id=order.person_id,
        state=order.state,
        decoy=order.decoy,
    )
    if order.decoy and not order.instead:
        reason = reason or "no_account"
    text = order.instead or _text(order.purpose, code, limits.code_lifetime // 60)
    sms.send(
        tx,
        vault,
        to=order.phone,
        purpose=NOTICE if order.decoy else order.purpose,
        text=text,
        code="" if order.decoy else code,
        good_for=limits.code_lifetime,
        withheld=bool(reason),
    )
    note(
        tx,
        visitor,
        events.CODE_SEND,
        person_id=order.person_id,
        outcome="failure" if reason else "success",
        reason=reason,
        data={"purpose": order.purpose},
    )


def tell(tx: Transaction, vault: Vault, phone: str | None, text: str) -> None:
    """Tell the owner of *phone* what happened to their account, if there is a phone."""
    if phone:
        sms.send(tx, vault, to=phone, purpose=NOTICE, text=text)


def again_in(limits: ThrottleSettings) -> int:
    """Return how many seconds a page advises to wait before asking for another code."""
    return 60 // max(1, limits.code_per_minute)


def _count_aloud(
    tx: Transaction, vault: Vault, limits: ThrottleSettings, visitor: Visitor, name: str
) -> None:
    bucket = f"code-name:{vault.mac(name, purpose='throttle').hex()}"
    _count(tx, limits, bucket)
    address = f"code-address:{visitor.address}"
    throttle.hit(tx, address, limit=limits.code_per_address, window=3600)


def _counts_silently(tx: Transaction, vault: Vault, limits: ThrottleSettings, phone: str) -> bool:
    bucket = f"code-phone:{vault.mac(phone, purpose='throttle').hex()}"
    try:
        _count(tx, limits, bucket)
    except TooManyRequestsError:
        return False
    return True


def _count(tx: Transaction, limits: ThrottleSettings, bucket: str) -> None:
    throttle.hit(tx, f"{bucket}:minute", limit=limits.code_per_minute, window=60)
    throttle.hit(tx, f"{bucket}:hour", limit=limits.code_per_hour, window=3600)
    throttle.hit(tx, f"{bucket}:day", limit=limits.code_per_day, window=86_400)


def _text(purpose: str, code: str, minutes: int) -> str:
    use = {
        one_time_code.SIGN_IN: _("to sign in"),
        one_time_code.REGISTER: _("to open an account"),
        one_time_code.RESET: _("to set a new password"),
        one_time_code.CONFIRM: _("to confirm that it is you"),
        one_time_code.PHONE: _("to use this phone number"),
        one_time_code.FACE_SIGN_IN: _("to sign in with your face"),
        one_time_code.FACE_CONFIRM: _("to confirm with your face that it is you"),
        one_time_code.GUARDIAN: _("to agree, as a parent or guardian, to face scans of a child"),
    }[purpose]
    return _(
        "[Manyou] %(code)s is your code %(use)s, valid for %(minutes)s minutes. "
        "Nobody of ours will ever ask you for it.",
        code=code,
        use=use,
        minutes=max(1, minutes),
    )
