"""Who checked me: what departments asked about somebody, and "this was not me"."""

from typing import Any

from idp import clock
from idp.accounts import identifiers
from idp.audit import events, trail
from idp.crypto import Vault
from idp.db import Statement, Transaction
from idp.errors import IdentityError

_COLUMNS = """check_id, client_id, elements, purpose, legal_basis, legal_reference, result,
              claimed_at, disputed_at"""
_ABOUT = Statement(f"""
    SELECT {_COLUMNS} FROM department_check
     WHERE subject = :subject AND result <> '' ORDER BY claimed_at DESC LIMIT :most
""")  # noqa: S608 - the columns are ours
_ONE = Statement(f"""
    SELECT {_COLUMNS} FROM department_check
     WHERE check_id = :check_id AND subject = :subject AND result <> ''
""")  # noqa: S608 - the columns are ours
_DISPUTE = Statement("""
    UPDATE department_check SET disputed_at = :now
     WHERE check_id = :check_id AND disputed_at IS NULL
""")
_DISPUTES = Statement(f"""
    SELECT {_COLUMNS} FROM department_check
     WHERE disputed_at IS NOT NULL ORDER BY disputed_at DESC LIMIT :most
""")  # noqa: S608 - the columns are ours
_LOOSEN = Statement("UPDATE department_check SET person_id = NULL WHERE person_id = :person_id")
# An id begins with its moment, so the oldest rows are found by the primary key.
_FORGET = Statement("DELETE FROM department_check WHERE check_id < :first_kept")


class CheckUnknownError(IdentityError):
    """No check of that name was about this person."""

    code = "check_unknown"
    status = 404
    description = "There is no such check about you."


def about(tx: Transaction, vault: Vault, person_id: str, most: int = 50) -> list[Any]:
    """Return the newest checks of the number that a person has proven, even if from before."""
    rows = [
        row
        for subject in _subjects(tx, vault, person_id)
        for row in tx.all(_ABOUT, subject=subject, most=most)
    ]
    return sorted(rows, key=lambda row: (row.claimed_at, row.check_id), reverse=True)[:most]


def one(tx: Transaction, vault: Vault, person_id: str, check_id: str) -> Any:
    """Return one check about a person.

    Raises:
        CheckUnknownError: it was about nobody, or somebody else.
    """
    for subject in _subjects(tx, vault, person_id):
        row = tx.one(_ONE, check_id=check_id, subject=subject)
        if row is not None:
            return row
    raise CheckUnknownError


def dispute(
    tx: Transaction, vault: Vault, person_id: str, check_id: str, *, request_id: str = ""
) -> None:
    """Write down that a person says: this was not me. Saying it twice changes nothing.

    Raises:
        CheckUnknownError: it was not about them.
    """
    row = one(tx, vault, person_id, check_id)
    if tx.run(_DISPUTE, check_id=check_id, now=clock.epoch()):
        trail.record(
            tx,
            events.CHECK_DISPUTE,
            person_id=person_id,
            client_id=row.client_id,
            request_id=request_id,
            data={"check": check_id},
        )


def disputes(tx: Transaction, most: int = 200) -> list[dict[str, Any]]:
    """Return the newest disputes, for operators."""
    return [
        row._asdict() | {"elements": row.elements.split()} for row in tx.all(_DISPUTES, most=most)
    ]


def erase(tx: Transaction, person_id: str) -> None:
    """Loosen checks from a person who is erased; of whom they were, a blind index remains."""
    tx.run(_LOOSEN, person_id=person_id)


def forget(tx: Transaction, *, kept: int) -> int:
    """Delete checks, and their receipts, after *kept* seconds."""
    first_kept = f"{max(0, clock.epoch() - kept) * 1000:012x}"
    return tx.run(_FORGET, first_kept=first_kept)


def _subjects(tx: Transaction, vault: Vault, person_id: str) -> list[bytes]:
    """Return the blind indexes of the number that a person has proven, under every key."""
    number = identifiers.value_of(tx, vault, person_id, identifiers.ID_NUMBER)
    if number is None or number.verified_at is None:
        return []
    return vault.indexes(number.text, kind="identity")
