"""Separate consent to face scans, per purpose and edition of the notice: given, withdrawn, kept."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from idp import clock
from idp.audit import events
from idp.authentication.visitors import Visitor, note
from idp.db import Statement, Transaction, new_id
from idp.errors import BadRequestError
from idp.formats import id_numbers
from idp.web.locale import CIVIL_TIME
from liveness.permits import notices
from liveness.permits.errors import FaceConsentMissingError, GuardianNeededError

CHILDHOOD = 14  # years; PIPL §31
_COLUMNS = "consent_id, purpose, notice, locale, guardian_id, given_at, withdrawn_at"

_GIVEN = Statement("""
    SELECT guardian_id FROM face_consent
     WHERE person_id = :person_id AND purpose = :purpose AND notice = :notice
       AND withdrawn_at IS NULL
""")
# Whoever agreed to another edition agreed to something else (PIPL §14).
_SUPERSEDE = Statement("""
    UPDATE face_consent SET withdrawn_at = :now
     WHERE person_id = :person_id AND purpose = :purpose AND notice <> :notice
       AND withdrawn_at IS NULL
""")
_GIVE = Statement("""
    INSERT INTO face_consent (consent_id, person_id, purpose, notice, locale, guardian_id, given_at)
    VALUES (:consent_id, :person_id, :purpose, :notice, :locale, :guardian_id, :now)
    ON CONFLICT (person_id, purpose) WHERE withdrawn_at IS NULL DO NOTHING
""")
_WITHDRAW = Statement("""
    UPDATE face_consent SET withdrawn_at = :now
     WHERE person_id = :person_id AND purpose = :purpose AND withdrawn_at IS NULL
""")
_OF_PERSON = Statement(f"""
    SELECT {_COLUMNS} FROM face_consent WHERE person_id = :person_id
     ORDER BY given_at DESC, consent_id DESC
""")  # noqa: S608 - the columns are ours
_ERASE = (
    Statement("DELETE FROM face_consent WHERE person_id = :person_id"),
    # A guardian who is gone cares for nobody: the child is asked for another.
    Statement("""
        UPDATE face_consent SET withdrawn_at = :now
         WHERE guardian_id = :person_id AND withdrawn_at IS NULL
    """),
)


class PurposeUnknownError(BadRequestError):
    """Nobody is asked to agree to that."""

    description = "There is no such purpose of face scans."


@dataclass(frozen=True, slots=True)
class FaceAgreement:
    """One agreement as it stands; moments in seconds since 1970."""

    consent_id: str
    purpose: str
    notice: str
    locale: str
    guardian_id: str | None
    given_at: int
    withdrawn_at: int | None

    @property
    def stands(self) -> bool:
        """Whether it covers scans today: not withdrawn, and to the notice as it is now."""
        return self.withdrawn_at is None and self.notice == notices.VERSION


def given(tx: Transaction, person_id: str, purpose: str) -> bool:
    """Say whether a standing agreement of *person_id* covers scans for *purpose*."""
    covering = notices.COVERED_BY.get(purpose)
    return covering is not None and _standing(tx, person_id, covering) is not None


def require(tx: Transaction, person_id: str, purpose: str) -> None:
    """Let nobody be scanned who has not agreed.

    Raises:
        FaceConsentMissingError: they have not.
    """
    if not given(tx, person_id, purpose):
        raise FaceConsentMissingError(detail=purpose)


def give(
    tx: Transaction,
    visitor: Visitor,
    person_id: str,
    purpose: str,
    *,
    version: str,
    locale: str,
    id_number: str | None,
    guardian_id: str | None = None,
) -> None:
    """Record that *person_id* agrees; what stands already is left as it stands.

    *id_number* tells the age: the number that is proven, or the one that a proof is for.

    Raises:
        PurposeUnknownError: of no such purpose.
        FaceConsentMissingError: what they read is not today's notice.
        GuardianNeededError: a child's parent or guardian has to agree.
    """
    if purpose not in notices.BY_PURPOSE:
        raise PurposeUnknownError(detail=purpose[:20])
    if version != notices.VERSION:
        raise FaceConsentMissingError(detail="an older notice")
    if guardian_id is None and is_child(id_number):
        raise GuardianNeededError(detail=purpose)
    now = clock.epoch()
    tx.run(_SUPERSEDE, person_id=person_id, purpose=purpose, notice=version, now=now)
    new = tx.run(
        _GIVE,
        consent_id=new_id(),
        person_id=person_id,
        purpose=purpose,
        notice=version,
        locale=locale,
        guardian_id=guardian_id,
        now=now,
    )
    if new:
        data = {"purpose": purpose, "notice": version}
        note(tx, visitor, events.FACE_CONSENT, person_id=person_id, data=_with(data, guardian_id))


def meet(
    tx: Transaction,
    visitor: Visitor,
    *,
    person_id: str | None,
    purpose: str,
    version: str,
    locale: str,
    id_number: str,
) -> None:
    """See that a scan about to begin is agreed to; *version* is of the notice accepted just now.

    Signing in needs an agreement from before: whoever knocks may not agree in a person's name.
    A department's scan is agreed to each time, by the adult whom it shows.

    Raises:
        FaceConsentMissingError, GuardianNeededError
    """
    covering = notices.COVERED_BY.get(purpose)
    if covering is not None and person_id is not None:
        standing = _standing(tx, person_id, covering)
        if standing is not None:
            if standing.guardian_id is None and is_child(id_number):
                raise GuardianNeededError(detail="agreed to before the age was known")
            return
        if covering == notices.SIGN_IN:
            raise FaceConsentMissingError(detail="never agreed to in the account")
        give(
            tx,
            visitor,
            person_id,
            covering,
            version=version,
            locale=locale,
            id_number=id_number,
        )
    elif version != notices.VERSION:
        raise FaceConsentMissingError(detail="an older notice, or none")
    elif is_child(id_number):
        raise GuardianNeededError(detail=purpose)


def withdraw(tx: Transaction, visitor: Visitor, person_id: str, purpose: str) -> bool:
    """Take an agreement back, and say whether one stood: from now on nothing covers a scan."""
    withdrawn = tx.run(_WITHDRAW, person_id=person_id, purpose=purpose, now=clock.epoch())
    if withdrawn:
        data = {"purpose": purpose}
        note(tx, visitor, events.FACE_WITHDRAW, person_id=person_id, data=data)
    return bool(withdrawn)


def of_person(tx: Transaction, person_id: str) -> list[FaceAgreement]:
    """Return every agreement of a person, withdrawn ones too, the newest first."""
    return [FaceAgreement(*row) for row in tx.all(_OF_PERSON, person_id=person_id)]


def erase(tx: Transaction, person_id: str) -> None:
    """Forget the agreements of a person who is erased."""
    for statement in _ERASE:
        tx.run(statement, person_id=person_id, now=clock.epoch())


def is_child(id_number: str | None) -> bool:
    """Say whether the number's bearer is under 14 today; False where it tells no birth date."""
    age = age_of(id_number)
    return age is not None and age < CHILDHOOD


def age_of(id_number: str | None) -> int | None:
    """Return the age in years that an identity number tells, by the country's own calendar."""
    try:
        born = id_numbers.parse(id_number or "").birth_date
    except id_numbers.IdNumberError:  # a passport's: it tells nothing
        return None
    return None if born is None else _years(born, clock.now().astimezone(CIVIL_TIME).date())


def _standing(tx: Transaction, person_id: str, covering: str) -> Any:
    return tx.one(_GIVEN, person_id=person_id, purpose=covering, notice=notices.VERSION)


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _with(data: dict[str, str], guardian_id: str | None) -> dict[str, str]:
    return data if guardian_id is None else {**data, "guardian": guardian_id}
