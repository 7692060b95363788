"""What an officer at a counter can do: verify somebody in person, and withdraw what was proven."""

from dataclasses import dataclass

from config.real_names import ProofingSettings
from idp.accounts import identifiers
from idp.audit import events, trail
from idp.crypto import Vault
from idp.db import Transaction
from idp.proofing import appointments, ownership, verifications
from idp.proofing.appointments import Appointment
from idp.proofing.attempts import Entry
from idp.proofing.errors import (
    AlreadyProvenError,
    AuthorityAwayError,
    MismatchError,
    NotOnlineError,
)
from idp.proofing.levels import IAL_OF_METHOD
from idp.proofing.verifications import Evidence
from idp.registry.ports import Population
from idp.registry.queries import PersonQuery
from idp.registry.results import Result, Verdict
from idp.web.locale import gettext as _

METHOD = "counter"
IAL = IAL_OF_METHOD[METHOD]
_NO_LONGER = {"deceased", "cancelled"}  # known well, and no paper helps


@dataclass(frozen=True, slots=True)
class Attestation:
    """What an officer vouches for; *paper_because* says why the registers need not know it.

    With *dispossess* the number is taken from an account that proved it without being seen.
    """

    person_id: str
    appointment: Appointment | None
    entry: Entry
    officer: str
    document: str
    paper_because: str = ""
    dispossess: bool = False


def ask(population: Population, attestation: Attestation) -> Verdict:
    """Ask the authority all the same; no transaction may be open meanwhile."""
    entry = attestation.entry
    return population.check(PersonQuery(name=entry.name, id_number=entry.id_number))


def conclude(
    tx: Transaction,
    vault: Vault,
    settings: ProofingSettings,
    attestation: Attestation,
    verdict: Verdict,
) -> str:
    """Record the verification, close the appointment, and return the record's id.

    Raises:
        ProofingError: one of its kinds: the registers say otherwise, are silent, or know nobody
            and the officer gave no reason to go by paper alone; or the number is another's.
    """
    person_id, entry = attestation.person_id, attestation.entry
    _refuse(attestation, verdict)
    if attestation.dispossess:
        _dispossess(tx, vault, attestation)
    ownership.take(tx, vault, person_id, name=entry.name, id_number=entry.id_number)
    known = verdict.result is Result.MATCH
    evidence = Evidence(
        method=METHOD,
        source=verdict.source if known else METHOD,
        elements=("name", "id_number", "document", "person"),
        document=attestation.document,
        id_number=entry.id_number,
        reference=verdict.reference,
        reason="" if known else f"paper: {attestation.paper_because}",
        officer=attestation.officer,
    )
    verification_id = verifications.record(tx, vault, settings, person_id, evidence)
    if attestation.appointment is not None:
        appointments.end(tx, attestation.appointment, "done", actor=attestation.officer)
    return verification_id


def withdraw(tx: Transaction, vault: Vault, person_id: str, *, because: str, officer: str) -> int:
    """End every record of a person, free the number, and return how many records ended."""
    ended = verifications.withdraw_all(tx, person_id, because)
    if ownership.proven_number(tx, vault, person_id) is not None:
        identifiers.remove(tx, person_id, identifiers.ID_NUMBER)
    data = {"records": ended, "because": because[:64]}
    trail.record(tx, events.IDENTITY_WITHDRAW, person_id=person_id, actor=officer, data=data)
    text = _(
        "[Manyou] The verification of your real name was withdrawn. You can verify it again in "
        "your account or at a counter."
    )
    ownership.tell(tx, vault, person_id, text)
    return ended


def _dispossess(tx: Transaction, vault: Vault, attestation: Attestation) -> None:
    """Free the number for who stands at the counter: whoever knows a number can match it online.

    Raises:
        AlreadyProvenError: its holder was seen in person, too; that is for more than one officer.
    """
    number = attestation.entry.id_number
    holder = identifiers.find(tx, vault, identifiers.ID_NUMBER, number)
    if holder is None or holder == attestation.person_id:
        return
    if verifications.level_of(tx, holder) >= IAL:
        raise AlreadyProvenError(detail="its holder was seen at a counter")
    because = "its owner came to a counter"
    withdraw(tx, vault, holder, because=because, officer=attestation.officer)
    ownership.dispossess(tx, vault, holder, winner=attestation.person_id)


def _refuse(attestation: Attestation, verdict: Verdict) -> None:
    result = verdict.result
    unknown = result is Result.NO_RECORD and verdict.reason not in _NO_LONGER
    if result is Result.MATCH or (unknown and attestation.paper_because):
        return
    detail = f"{verdict.source}: {result}"
    if result.suspicious:
        raise MismatchError(detail=detail)
    if result.unanswered:
        raise AuthorityAwayError(detail=detail)
    raise NotOnlineError(
        "The registers know nobody of that number. If the document leaves no doubt, use "
        "--paper-only with a --reason.",
        detail=detail,
    )
