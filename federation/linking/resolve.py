"""Whose account an upstream's person opens: the one they are linked to, or proven to be theirs."""

from config.real_names import ProofingSettings
from federation.catalogue.entries import Entry
from federation.connectors.upstream import UpstreamIdentity
from federation.linking import links
from federation.linking.errors import AccountClosedError, SignInToLinkError
from idp.accounts import identifiers, lifecycle
from idp.crypto import Vault
from idp.db import Transaction
from idp.formats import id_numbers
from idp.proofing import ownership, verifications
from idp.proofing.verifications import Evidence
from idp.web.locale import gettext as _

METHOD = "federated"
_AS_GOOD_AS_A_FACE = 3
"""Name and number can be found out; whoever vouches at this level has seen the person."""


def known(tx: Transaction, vault: Vault, entry: Entry, identity: UpstreamIdentity) -> str | None:
    """Return the person whom *identity* opens; linked now if they are proven to be them.

    Raises:
        SubjectUnfitError: the upstream's name for them is no key.
        AccountClosedError: their account is disabled.
    """
    person_id = links.holder(tx, vault, entry.key, identity)
    if person_id is not None:
        if not _is_active(tx, person_id):
            raise AccountClosedError(detail="not active")
        links.used(tx, vault, entry.key, identity, person_id)
        return person_id
    owner = proven_owner(tx, vault, identity)
    if owner is None or identity.ial < _AS_GOOD_AS_A_FACE or not _is_active(tx, owner):
        return None
    add(tx, vault, entry, identity, owner)
    return owner


def proven_owner(tx: Transaction, vault: Vault, identity: UpstreamIdentity) -> str | None:
    """Return who has proven the number that the upstream vouches for; a mere claim is nobody's."""
    if identity.id_number is None:
        return None
    owner = identifiers.find(tx, vault, identifiers.ID_NUMBER, identity.id_number)
    if owner is None or ownership.proven_number(tx, vault, owner) != identity.id_number:
        return None
    return owner


def refuse_if_owned(tx: Transaction, vault: Vault, identity: UpstreamIdentity) -> None:
    """Open no second account for whom the first is proven.

    Raises:
        SignInToLinkError: there is one.
    """
    if proven_owner(tx, vault, identity) is not None:
        raise SignInToLinkError(detail="the number is proven in another account")


def add(
    tx: Transaction, vault: Vault, entry: Entry, identity: UpstreamIdentity, person_id: str
) -> None:
    """Link, and tell the person on another channel.

    Raises:
        LinkedElsewhereError: it opens another account.
    """
    links.add(tx, vault, entry.key, identity, person_id)
    text = _(
        "[Manyou] Your account can now be entered by %(service)s. If it was not you, sign in and "
        "remove the link.",
        service=entry.name_zh,
    )
    ownership.tell(tx, vault, person_id, text)


def vouch(
    tx: Transaction,
    vault: Vault,
    settings: ProofingSettings,
    entry: Entry,
    identity: UpstreamIdentity,
    person_id: str,
) -> None:
    """Record what the upstream vouches for, if it proves more than is proven already.

    Raises:
        AlreadyProvenError, DiffersError: the number is proven elsewhere, or another is here.
            Nothing was changed.
    """
    name, number = identity.real_name, identity.id_number
    if name is None or number is None or identity.ial <= verifications.level_of(tx, person_id):
        return
    ownership.take(tx, vault, person_id, name=name, id_number=number)
    evidence = Evidence(
        method=METHOD,
        source=entry.key,
        elements=("name", "id_number"),
        document=id_numbers.parse(number).kind.value,
        id_number=number,
    )
    verifications.record(tx, vault, settings, person_id, evidence, ial=identity.ial)


def _is_active(tx: Transaction, person_id: str) -> bool:
    person = lifecycle.credential(tx, person_id)
    return person is not None and person.active
