"""Remember what a person agreed to show to a site, and forget it when they say so."""

from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.audit import trail
from idp.db import Statement, Transaction

_FIND = Statement("""
    SELECT scope, claims, granted_at FROM consent
     WHERE person_id = :person_id AND client_id = :client_id
""")
_GRANT = Statement("""
    INSERT INTO consent (person_id, client_id, scope, claims, granted_at, last_used_at)
    VALUES (:person_id, :client_id, :scope, :claims, :now, :now)
    ON CONFLICT (person_id, client_id) DO UPDATE
       SET scope = excluded.scope, claims = excluded.claims,
           granted_at = excluded.granted_at, last_used_at = excluded.last_used_at
""")
_WITHDRAW = Statement("""
    DELETE FROM consent WHERE person_id = :person_id AND client_id = :client_id
""")
_OF_PERSON = Statement("""
    SELECT client_id, scope, claims, granted_at, last_used_at FROM consent
     WHERE person_id = :person_id ORDER BY granted_at DESC
""")


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed to; *granted_at* in seconds since 1970."""

    scope: frozenset[str] = frozenset()
    claims: frozenset[str] = frozenset()
    granted_at: int = 0


def agreed(tx: Transaction, person_id: str, client_id: str) -> Agreement:
    """Return what the person has agreed to show to the site: maybe nothing."""
    row = tx.one(_FIND, person_id=person_id, client_id=client_id)
    if row is None:
        return Agreement()
    return Agreement(frozenset(row.scope.split()), frozenset(row.claims.split()), row.granted_at)


def grant(
    tx: Transaction, person_id: str, client_id: str, *, scope: set[str], claims: set[str]
) -> None:
    """Add *scope* and *claims* to what the person agreed to before."""
    before = agreed(tx, person_id, client_id)
    tx.run(
        _GRANT,
        person_id=person_id,
        client_id=client_id,
        scope=" ".join(sorted(before.scope | scope)),
        claims=" ".join(sorted(before.claims | claims)),
        now=clock.epoch(),
    )
    data = {"scope": sorted(scope), "claims": sorted(claims)}
    trail.record(tx, "consent:grant", person_id=person_id, client_id=client_id, data=data)


def withdraw(tx: Transaction, person_id: str, client_id: str) -> bool:
    """Forget what was agreed to; the caller also takes back what it bought (`tokens.grants`)."""
    if not tx.run(_WITHDRAW, person_id=person_id, client_id=client_id):
        return False
    trail.record(tx, "consent:withdraw", person_id=person_id, client_id=client_id)
    return True


def of_person(tx: Transaction, person_id: str) -> list[Any]:
    """Return every agreement of a person, the newest first."""
    return tx.all(_OF_PERSON, person_id=person_id)
