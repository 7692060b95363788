"""The port for upstream apps: somebody scans a code with an app that vouches for them.

The app's connector verifies who speaks; what arrives here is an identity, cut to what the
upstream is trusted with (`federation.catalogue.trust.believed`). An account that it does not
open yet is linked first, in a browser: a code is no place to decide that.
"""

from dataclasses import dataclass

from federation.catalogue.entries import Entry
from federation.connectors.upstream import UpstreamIdentity
from federation.linking import resolve
from federation.tickets import tickets
from federation.tickets.errors import ScanAccountError
from federation.tickets.records import Vouching
from idp import clock
from idp.crypto import Vault, fingerprint
from idp.db import Transaction

AMR = "fed"


@dataclass(frozen=True, slots=True)
class Shown:
    """What an app must show before it asks its person: the site, the desktop, three numbers."""

    site: str
    device: str
    address: str
    numbers: tuple[str, ...]


def scan(
    tx: Transaction, vault: Vault, entry: Entry, identity: UpstreamIdentity, secret: str
) -> Shown:
    """Take the code for the app's person.

    Raises:
        IdentityError: it is unknown, somebody else's, or over.
    """
    ticket = tickets.scan(tx, vault, secret, _holder(entry, identity), None)
    desktop = ticket.desktop
    return Shown(desktop.site, desktop.device, desktop.address, ticket.numbers)


def confirm(
    tx: Transaction,
    vault: Vault,
    entry: Entry,
    identity: UpstreamIdentity,
    secret: str,
    chosen: str,
) -> None:
    """Let the desktop in as the account that *identity* opens.

    Raises:
        ScanAccountError: it opens none.
        IdentityError: the code is unknown, somebody else's, over, or the number is wrong.
    """
    person_id = resolve.known(tx, vault, entry, identity)
    if person_id is None:
        raise ScanAccountError(detail="the upstream's person is not linked")
    vouching = Vouching(
        person_id=person_id,
        amr=(AMR, "mfa") if identity.aal > 1 else (AMR,),
        aal=identity.aal,
        auth_time=clock.epoch(),
        connector=entry.key,
    )
    tickets.confirm(tx, vault, secret, _holder(entry, identity), chosen, vouching)


def reject(
    tx: Transaction, vault: Vault, entry: Entry, identity: UpstreamIdentity, secret: str
) -> None:
    """End the code by the word of the app's person.

    Raises:
        IdentityError: it is unknown, somebody else's, or over.
    """
    tickets.reject(tx, vault, secret, _holder(entry, identity))


def _holder(entry: Entry, identity: UpstreamIdentity) -> bytes:
    return fingerprint(f"scan-app:{entry.key}:{identity.subject}")
