"""Proofs of being alive: recorded once, read by departments as a yes or no, withdrawn if wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from idp import clock
from idp.accounts import identifiers
from idp.audit import events, trail
from idp.crypto import Vault
from idp.db import Statement, Transaction, new_id
from idp.errors import IdentityError

TYP = "alive-proof+jwt"
FACE, COUNTER = "face", "counter"
_LONGEST_VALIDITY = 10 * 366 * 86_400
_WANTED_FOR = 3 * 366 * 86_400  # a department that asks once a year stays on the list
_COLUMNS = "proof_id, subject, person_id, method, at, expires_at, receipt"
_INSERT = Statement("""
    INSERT INTO alive_proof (proof_id, subject, person_id, method, source, reference, evidence,
                             document, officer, receipt, at, expires_at, reminders)
    VALUES (:proof_id, :subject, :person_id, :method, :source, :reference, :evidence,
            :document, :officer, :receipt, :now, :expires_at, 0)
""")
_NEWEST = Statement(f"""
    SELECT {_COLUMNS} FROM alive_proof
     WHERE subject = :subject AND withdrawn_at IS NULL ORDER BY at DESC, proof_id DESC LIMIT 1
""")  # noqa: S608 - the columns are ours
_OF_SUBJECT = Statement(f"""
    SELECT {_COLUMNS} FROM alive_proof
     WHERE subject = :subject AND withdrawn_at IS NULL ORDER BY at DESC, proof_id DESC LIMIT 20
""")  # noqa: S608 - the columns are ours
_WITHDRAW = Statement("""
    UPDATE alive_proof SET withdrawn_at = :now WHERE proof_id = :proof_id AND withdrawn_at IS NULL
""")
_WANT = Statement("""
    INSERT INTO alive_request (client_id, subject, person_id, purpose, asked_at, expires_at)
    VALUES (:client_id, :subject, :person_id, :purpose, :now, :expires_at)
    ON CONFLICT (client_id, subject) DO UPDATE
       SET person_id = excluded.person_id, purpose = excluded.purpose,
           asked_at = excluded.asked_at, expires_at = excluded.expires_at
""")
_WANTED_BY = Statement("""
    SELECT client_id, purpose, asked_at FROM alive_request
     WHERE subject = :subject AND expires_at > :now ORDER BY asked_at DESC
""")
_ERASE = (
    Statement("DELETE FROM alive_request WHERE person_id = :person_id"),
    Statement("DELETE FROM alive_proof WHERE person_id = :person_id"),
)

Sign = Callable[[Mapping[str, Any]], str]
"""Signs a statement of ours as a JWS of `TYP`; wsgi plugs the ring in."""


class ProofUnknownError(IdentityError):
    """No proof of that name stands."""

    code = "alive_proof_unknown"
    status = 404
    description = "There is no such proof of being alive."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """How somebody was seen alive: by a camera, or by an *officer* who saw a *document*."""

    method: str
    source: str
    reference: str = ""
    evidence: str = ""
    document: str = ""
    officer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof as it stands; moments in seconds since 1970."""

    proof_id: str
    subject: bytes = field(repr=False)
    person_id: str | None
    method: str
    at: int
    expires_at: int
    receipt: str = field(repr=False)

    @property
    def lasts(self) -> bool:
        return self.expires_at > clock.epoch()


def record(
    tx: Transaction,
    vault: Vault,
    sign: Sign,
    issuer: str,
    *,
    id_number: str,
    person_id: str | None,
    sight: Sight,
    validity: int,
) -> str:
    """Write down that somebody was seen alive, and return the proof's id.

    The receipt names nobody: it is worth something only in the hands of whom it was given to.
    """
    now, proof_id = clock.epoch(), new_id()
    expires_at = now + min(validity, _LONGEST_VALIDITY)
    statement = {
        "iss": issuer,
        "iat": now,
        "exp": expires_at,
        "jti": proof_id,
        "method": sight.method,
        "log": f"{events.ALIVE_PROOF}/{proof_id}",
    }
    tx.run(
        _INSERT,
        proof_id=proof_id,
        subject=vault.index(id_number, kind="identity"),
        person_id=person_id,
        method=sight.method,
        source=sight.source[:32],
        reference=sight.reference[:64],
        evidence=sight.evidence[:64],
        document=sight.document[:40],
        officer=sight.officer[:64],
        receipt=sign(statement),
        now=now,
        expires_at=expires_at,
    )
    data = {"proof": proof_id, "method": sight.method, "expires_at": expires_at}
    trail.record(tx, events.ALIVE_PROOF, person_id=person_id, actor=sight.officer, data=data)
    return proof_id


def newest(tx: Transaction, vault: Vault, id_number: str) -> Proof | None:
    """Return the last proof of somebody's being alive, under whichever key of the ring."""
    found = [tx.one(_NEWEST, subject=subject) for subject in subjects(vault, id_number)]
    proofs = [_read(row) for row in found if row is not None]
    return max(proofs, key=lambda proof: (proof.at, proof.proof_id), default=None)


def all_of(tx: Transaction, vault: Vault, id_number: str) -> list[Proof]:
    """Return somebody's proofs, the newest first."""
    rows = [
        row
        for subject in subjects(vault, id_number)
        for row in tx.all(_OF_SUBJECT, subject=subject)
    ]
    return sorted(map(_read, rows), key=lambda proof: (proof.at, proof.proof_id), reverse=True)


def withdraw(tx: Transaction, proof_id: str, *, because: str, officer: str) -> None:
    """Let a proof that was wrong count no more.

    Raises:
        ProofUnknownError: none of that name stands.
    """
    if not tx.run(_WITHDRAW, proof_id=proof_id, now=clock.epoch()):
        raise ProofUnknownError(detail=proof_id[:40])
    data = {"proof": proof_id, "withdrawn": because[:64]}
    trail.record(
        tx, events.ALIVE_PROOF, outcome="failure", actor=officer, reason="withdrawn", data=data
    )


def want(tx: Transaction, vault: Vault, client_id: str, id_number: str, purpose: str) -> None:
    """Put a department on the list of those who wait for somebody's proof."""
    now = clock.epoch()
    tx.run(
        _WANT,
        client_id=client_id,
        subject=vault.index(id_number, kind="identity"),
        person_id=holder(tx, vault, id_number),
        purpose=purpose,
        now=now,
        expires_at=now + _WANTED_FOR,
    )


def wanted_by(tx: Transaction, vault: Vault, id_number: str) -> list[Any]:
    """Return who waits for somebody's proof: client_id, purpose, asked_at; nobody without one."""
    if not id_number:
        return []
    return [
        row
        for subject in subjects(vault, id_number)
        for row in tx.all(_WANTED_BY, subject=subject, now=clock.epoch())
    ]


def holder(tx: Transaction, vault: Vault, id_number: str) -> str | None:
    """Return the account that has proven to be this number's."""
    person_id = identifiers.find(tx, vault, identifiers.ID_NUMBER, id_number)
    if person_id is None:
        return None
    value = identifiers.value_of(tx, vault, person_id, identifiers.ID_NUMBER)
    return person_id if value is not None and value.verified_at is not None else None


def erase(tx: Transaction, person_id: str) -> None:
    """Forget the proofs of a person who is erased, and who waited for them."""
    for statement in _ERASE:
        tx.run(statement, person_id=person_id)


def subjects(vault: Vault, id_number: str) -> list[bytes]:
    """Return the blind indexes of a number, under every key of the ring."""
    return vault.indexes(id_number, kind="identity")


def _read(row: Any) -> Proof:
    return Proof(**row._asdict() | {"subject": bytes(row.subject)})
