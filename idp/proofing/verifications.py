"""Records of verification: written once, added up to a level, withdrawn but never changed."""

from dataclasses import dataclass, field

from config.real_names import ProofingSettings
from idp import clock
from idp.audit import events, trail
from idp.crypto import Vault
from idp.db import Statement, Transaction, new_id
from idp.proofing.levels import IAL_OF_METHOD
from idp.registry.results import Result

# The level of the person in `p`, at `:now`: for statements of rooms above this one.
CURRENT_LEVEL = """
    COALESCE((SELECT MAX(v.ial) FROM verification v
               WHERE v.person_id = p.person_id AND v.result = 'MATCH'
                 AND v.withdrawn_at IS NULL AND v.expires_at > :now), 1)
"""
_COLUMNS = """verification_id, method, elements, source, document, result, ial, reference, officer,
              identity, at, expires_at, withdrawn_at"""
_INSERT = Statement("""
    INSERT INTO verification (verification_id, person_id, method, elements, source, document,
                              result, ial, reference, reason, officer, identity, at, expires_at,
                              withdrawn_because)
    VALUES (:verification_id, :person_id, :method, :elements, :source, :document,
            :result, :ial, :reference, :reason, :officer, :identity, :now, :expires_at, '')
""")
_OF_PERSON = Statement(f"""
    SELECT {_COLUMNS} FROM verification WHERE person_id = :person_id
     ORDER BY at DESC, verification_id DESC
""")  # noqa: S608 - the columns are ours
_STRONGEST = Statement(f"""
    SELECT {_COLUMNS} FROM verification
     WHERE person_id = :person_id AND result = 'MATCH' AND withdrawn_at IS NULL
       AND expires_at > :now
     ORDER BY ial DESC, at DESC LIMIT 1
""")  # noqa: S608 - the columns are ours
_LEVEL = Statement(f"""
    SELECT {CURRENT_LEVEL} AS ial FROM person p WHERE p.person_id = :person_id
""")  # noqa: S608 - nothing here comes from outside
_ERASE = Statement("DELETE FROM verification WHERE person_id = :person_id")
_WITHDRAW = Statement("""
    UPDATE verification SET withdrawn_at = :now, withdrawn_because = :because
     WHERE person_id = :person_id AND withdrawn_at IS NULL
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was checked and how; *source* and *reference* as in a `Verdict`.

    *document* is the kind of document the number stands on (`idp.formats.id_numbers.Kind`),
    *id_number* the number itself: of it only a blind index is kept.
    """

    method: str
    source: str
    elements: tuple[str, ...]
    document: str
    id_number: str = field(repr=False)
    result: Result = Result.MATCH
    reference: str = ""
    reason: str = ""
    officer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A record as it stands; moments in seconds since 1970."""

    verification_id: str
    method: str
    elements: tuple[str, ...]
    source: str
    document: str
    result: Result
    ial: int
    reference: str
    officer: str
    identity: bytes = field(repr=False)
    at: int
    expires_at: int
    withdrawn_at: int | None

    @property
    def living(self) -> bool:
        """Whether it still proves its level."""
        good = self.result is Result.MATCH and self.withdrawn_at is None
        return good and self.expires_at > clock.epoch()


def record(
    tx: Transaction,
    vault: Vault,
    settings: ProofingSettings,
    person_id: str,
    evidence: Evidence,
    *,
    ial: int | None = None,
) -> str:
    """Write down that *person_id* was checked, and return the record's id.

    *ial* overrides what the method proves, as for an operator who vouches for a level.
    """
    now, verification_id = clock.epoch(), new_id()
    passed = evidence.result is Result.MATCH
    level = (ial or IAL_OF_METHOD[evidence.method]) if passed else 1
    tx.run(
        _INSERT,
        verification_id=verification_id,
        person_id=person_id,
        method=evidence.method,
        elements=" ".join(evidence.elements),
        source=evidence.source,
        document=evidence.document,
        result=evidence.result.value,
        ial=level,
        reference=evidence.reference[:64],
        reason=evidence.reason[:64],
        officer=evidence.officer[:64],
        identity=identity_index(vault, evidence.id_number),
        now=now,
        expires_at=now + settings.validity,
    )
    trail.record(
        tx,
        events.IDENTITY_VERIFY,
        outcome="success" if passed else "failure",
        person_id=person_id,
        actor=evidence.officer,
        reason="" if passed else evidence.result.value.lower(),
        data={"method": evidence.method, "source": evidence.source, "ial": level},
    )
    return verification_id


def identity_index(vault: Vault, id_number: str) -> bytes:
    """Return the blind index by which records about one identity are found."""
    return vault.index(id_number, kind="identity")


def level_of(tx: Transaction, person_id: str) -> int:
    """Return the level that a person's living verifications add up to."""
    row = tx.one(_LEVEL, person_id=person_id, now=clock.epoch())
    return 1 if row is None else int(row.ial)


def strongest(tx: Transaction, person_id: str) -> Verification | None:
    """Return the living record that proves the most, the newest of equals."""
    row = tx.one(_STRONGEST, person_id=person_id, now=clock.epoch())
    return None if row is None else _read(row)


def of_person(tx: Transaction, person_id: str) -> list[Verification]:
    """Return every record about a person, the newest first."""
    return [_read(row) for row in tx.all(_OF_PERSON, person_id=person_id)]


def withdraw_all(tx: Transaction, person_id: str, because: str) -> int:
    """End every living record of a person: they proved nothing, or are gone."""
    return tx.run(_WITHDRAW, person_id=person_id, because=because[:64], now=clock.epoch())


def erase(tx: Transaction, person_id: str) -> None:
    """Delete every record of a person who is erased."""
    tx.run(_ERASE, person_id=person_id)


def _read(row: tuple[object, ...]) -> Verification:
    values = row._asdict()  # type: ignore[attr-defined]
    return Verification(
        **values
        | {
            "elements": tuple(values["elements"].split()),
            "result": Result(values["result"]),
            "identity": bytes(values["identity"]),
        }
    )
