"""A verdict as a department is told it: one form for names, faces and whatever comes later."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from idp.crypto import Vault
from idp.proofing.checks import receipts
from idp.proofing.checks.receipts import Receipt
from idp.registry.results import Result

POPULATION = "population_register"  # the kind of register, never whose service answers for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told; *replayed* if it was told before."""

    check_id: str
    result: Result
    elements: tuple[str, ...]
    source: str
    checked_at: int
    purpose: str
    legal_basis: str
    receipt: Receipt
    replayed: bool = False

    def document(self) -> dict[str, Any]:
        """Return the answer's JSON: a verdict, never data."""
        moment = datetime.fromtimestamp(self.checked_at, UTC)
        return {
            "check_id": self.check_id,
            "result": self.result.value,
            "elements": list(self.elements),
            "source": self.source,
            "checked_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "purpose": self.purpose,
            "legal_basis": self.legal_basis,
            "receipt": self.receipt.token,
            "nonce": self.receipt.nonce,
        }


def again(row: Any, vault: Vault) -> Told:
    """Return what a row of `department_check` told the first time."""
    return Told(
        check_id=row.check_id,
        result=Result(row.result),
        elements=tuple(row.elements.split()),
        source=POPULATION,
        checked_at=row.answered_at,
        purpose=row.purpose,
        legal_basis=row.legal_basis,
        receipt=receipts.kept(vault, row.check_id, row.receipt, row.nonce_sealed),
        replayed=True,
    )
