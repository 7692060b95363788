"""Whom a code may be sent to, by whatever name of theirs was typed, in the same time for all."""

from dataclasses import dataclass, field

from idp.accounts import identifiers, lifecycle
from idp.crypto.vault import Vault
from idp.db import Transaction

_NO_PHONE = "+8610000000000"  # as long as a number, and nobody's


@dataclass(frozen=True, slots=True)
class Addressee:
    """An account and its phone; without a *person_id* nobody is to be reached under that name.

    *name* is what was typed, as tries are counted by.
    """

    person_id: str | None
    phone: str = field(repr=False)
    name: str = field(repr=False)


def find(tx: Transaction, vault: Vault, typed: str) -> Addressee:
    """Return whom *typed* names, if their account is open and their phone has answered once."""
    candidates = identifiers.guess(typed)
    person_id = identifiers.find_any(tx, vault, candidates)
    credential = lifecycle.credential(tx, person_id or "nobody")
    phone = identifiers.value_of(tx, vault, person_id or "nobody", identifiers.PHONE)
    if phone is None:
        _open_nothing(vault)
    ready = (
        credential is not None
        and credential.active
        and phone is not None
        and phone.verified_at is not None
    )
    name = f"{candidates[0][0]}:{candidates[0][1]}" if candidates else typed.strip()
    by_phone = bool(candidates) and candidates[0][0] == identifiers.PHONE
    return Addressee(
        person_id=person_id if ready else None,
        phone=phone.text if ready and phone else _NO_PHONE,
        name=candidates[0][1] if by_phone else name,
    )


def typed_phone(typed: str) -> str | None:
    """Return the number if *typed* is one: the page may repeat it, for it tells nothing new."""
    return next((value for kind, value in identifiers.guess(typed) if kind == "phone"), None)


def _open_nothing(vault: Vault) -> None:
    """Spend the time that opening a phone's envelope takes."""
    field_name, owner = "identifier.nothing", "nobody"
    vault.open(vault.seal(_NO_PHONE, field=field_name, owner=owner), field=field_name, owner=owner)
