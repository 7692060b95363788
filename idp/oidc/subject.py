"""Public and pairwise subject identifiers (OIDC Core §8)."""

import secrets

from idp import clock
from idp.clients.party import RelyingParty
from idp.db import Statement, Transaction

_FIND = Statement("""
    SELECT subject FROM pairwise_subject WHERE person_id = :person_id AND sector = :sector
""")
_ASSIGN = Statement("""
    INSERT INTO pairwise_subject (person_id, sector, subject, created_at)
    VALUES (:person_id, :sector, :subject, :now)
    ON CONFLICT (person_id, sector) DO NOTHING
""")
_PUBLIC = "*"  # the one sector of all sites that know people by a public identifier


def of(tx: Transaction, person_id: str, client: RelyingParty) -> str:
    """Return the identifier by which *client*'s sector knows a person.

    It is random and kept, not computed: no key's loss changes it, and nobody who knows a
    person can compute it.
    """
    sector = client.sector if client.subject_type == "pairwise" else _PUBLIC
    row = tx.one(_FIND, person_id=person_id, sector=sector)
    if row is None:
        subject = secrets.token_urlsafe(24)
        tx.run(_ASSIGN, person_id=person_id, sector=sector, subject=subject, now=clock.epoch())
        row = tx.one(_FIND, person_id=person_id, sector=sector)
    return str(row.subject)
