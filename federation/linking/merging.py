"""Two accounts of one person: the one that an upstream's first visit opened joins the proven one.

Only when a living face was just found to be the owner's (identity level 3): a name and a number,
which others can know, never move a way in to somebody's account.
"""

from dataclasses import dataclass, field

from federation.linking import links
from federation.linking.errors import MergeRefusedError
from federation.linking.links import Link
from idp import clock
from idp.accounts import identifiers, lifecycle
from idp.audit import events, trail
from idp.crypto import Vault
from idp.db import Statement, Transaction
from idp.proofing import joining, ownership
from idp.proofing.attempts import Attempt, Entry
from idp.web.locale import gettext as _

_ACTOR = "merge"
# Nothing but links lets anybody into it, and nothing is proven in it: a first visit opened it.
_IS_TEMPORARY = Statement("""
    SELECT 1 AS found FROM person p
     WHERE p.person_id = :person_id AND p.status = 'active' AND p.password_hash IS NULL
       AND NOT EXISTS (SELECT 1 FROM identifier i
                        WHERE i.person_id = p.person_id AND i.verified_at IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM verification v
                        WHERE v.person_id = p.person_id AND v.ial > 1)
       AND EXISTS (SELECT 1 FROM federated_identity f WHERE f.person_id = p.person_id)
""")
_MOVE = Statement("""
    UPDATE federated_identity SET person_id = :owner, linked_at = :now
     WHERE person_id = :person_id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Merger:
    """What would be joined: the links of the temporary account, and whose the proven one is."""

    temporary: str
    owner: str
    entry: Entry = field(repr=False)
    links: tuple[Link, ...] = field(repr=False)


def possible(tx: Transaction, vault: Vault, attempt: Attempt) -> Merger | None:
    """Return what *attempt* allows to be joined, as things stand now."""
    entry, person_id = joining.matched_elsewhere(attempt), attempt.person_id
    if entry is None or tx.one(_IS_TEMPORARY, person_id=person_id) is None:
        return None
    owner = identifiers.find(tx, vault, identifiers.ID_NUMBER, entry.id_number)
    if owner in (None, person_id) or owner is None:
        return None
    person = lifecycle.credential(tx, owner)
    proven = ownership.proven_number(tx, vault, owner) == entry.id_number
    if person is None or not person.active or not proven:
        return None
    mine = tuple(links.of_person(tx, vault, person_id))
    return Merger(temporary=person_id, owner=owner, entry=entry, links=mine)


def merge(tx: Transaction, vault: Vault, attempt: Attempt) -> Merger:
    """Move the links to the owner's account, and erase the temporary one; tell the owner.

    Raises:
        MergeRefusedError: that is not possible, or no longer.
    """
    merger = possible(tx, vault, attempt)
    if merger is None:
        raise MergeRefusedError(detail="nothing to join")
    moved = tx.run(_MOVE, person_id=merger.temporary, owner=merger.owner, now=clock.epoch())
    if moved != len(merger.links):
        raise MergeRefusedError(detail="the links changed meanwhile")
    for link in merger.links:
        for person_id, event in (
            (merger.temporary, events.LINK_REMOVE),
            (merger.owner, events.LINK_ADD),
        ):
            data = {"connector": link.connector, "by": "merge"}
            trail.record(tx, event, person_id=person_id, data=data)
    text = _(
        "[Manyou] Another account of yours was joined to this one after a face scan. Its linked "
        "services now open this account. If it was not you, sign in and remove the links."
    )
    ownership.tell(tx, vault, merger.owner, text)
    lifecycle.erase(tx, merger.temporary, actor=_ACTOR)
    return merger
