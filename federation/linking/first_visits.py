"""A first visit ends in one account: the one signed in to, or a new one."""

from config import Settings
from federation.catalogue.entries import Entry
from federation.linking import parking, resolve
from federation.linking.parking import Parked
from idp.accounts import registration
from idp.accounts.registration import Application
from idp.audit import events
from idp.authentication.visitors import Visitor, note
from idp.crypto import Vault
from idp.db import Transaction
from idp.web import throttle

_HOUR = 3600


def link_to(
    tx: Transaction, vault: Vault, entry: Entry, handle: str, browser: bytes, person_id: str
) -> Parked:
    """Link whoever waits under *handle* to the account that was just signed in to.

    Raises:
        ParkedLostError: nobody waits.
        LinkedElsewhereError: it opens another account.
    """
    parked = parking.claim(tx, vault, handle, browser)
    resolve.add(tx, vault, entry, parked.identity, person_id)
    return parked


def open_account(
    tx: Transaction,
    vault: Vault,
    settings: Settings,
    visitor: Visitor,
    entry: Entry,
    handle: str,
) -> tuple[str, Parked]:
    """Open a new account for whoever waits under *handle*, and return its person.

    It has no password: the upstream is the way in, until another is added. The phone that an
    upstream tells is no identifier of it: it may be somebody else's by now.

    Raises:
        ParkedLostError: nobody waits.
        SignInToLinkError: they have an account that is proven to be theirs.
        TooManyRequestsError: too many accounts from this address. The caller commits.
    """
    limit = settings.throttle.registration_per_address
    throttle.hit(tx, f"register-address:{visitor.address}", limit=limit, window=_HOUR)
    parked = parking.claim(tx, vault, handle, visitor.browser)
    resolve.refuse_if_owned(tx, vault, parked.identity)
    person_id = registration.open_account(tx, vault, Application())
    data = {"given": ["upstream"], "connector": entry.key}
    note(tx, visitor, events.PERSON_REGISTER, person_id=person_id, data=data)
    resolve.add(tx, vault, entry, parked.identity, person_id)
    resolve.vouch(tx, vault, settings.proofing, entry, parked.identity, person_id)
    return person_id, parked
