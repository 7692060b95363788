"""What we know of a person, opened for one reader at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from idp import clock
from idp.accounts import identifiers
from idp.accounts.errors import PersonNotFoundError
from idp.crypto.vault import Vault
from idp.db import Statement, Transaction

CLAIMED_ID_NUMBER = "claimed_id_number"

_READ = Statement("""
    SELECT p.person_id, p.status, p.created_at, p.updated_at, p.password_changed_at,
           f.display_name_sealed, f.real_name_sealed, f.claims_sealed, f.locale,
           f.updated_at AS profile_updated_at, i.kind, i.value_sealed, i.verified_at
      FROM person p
      LEFT JOIN profile f ON f.person_id = p.person_id
      LEFT JOIN identifier i ON i.person_id = p.person_id
     WHERE p.person_id = :person_id
""")
_WRITE = Statement("""
    INSERT INTO profile (person_id, display_name_sealed, real_name_sealed, claims_sealed, locale,
                         updated_at)
    VALUES (:person_id, :display_name, :real_name, :claims, :locale, :now)
    ON CONFLICT (person_id) DO UPDATE
       SET display_name_sealed = excluded.display_name_sealed,
           real_name_sealed = excluded.real_name_sealed, claims_sealed = excluded.claims_sealed,
           locale = excluded.locale, updated_at = excluded.updated_at
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """The part of a person that is no identifier; *claims* are OpenID Connect's (Core §5.1)."""

    display_name: str | None = field(default=None, repr=False)
    real_name: str | None = field(default=None, repr=False)
    locale: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def of(self, real_name: str | None, id_number: str | None) -> "Details":
        """Return these with what was entered at registration."""
        claims = {**self.claims, CLAIMED_ID_NUMBER: id_number} if id_number else self.claims
        return replace(self, real_name=real_name or self.real_name, claims=claims)


EMPTY = Details()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """A person in clear. *real_name* and *id_number* are proven only from level 2 on."""

    person_id: str
    status: str
    display_name: str | None = field(repr=False)
    real_name: str | None = field(repr=False)
    id_number: str | None = field(repr=False)
    id_number_verified: bool
    username: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    phone_verified: bool
    email: str | None = field(repr=False)
    email_verified: bool
    claims: Mapping[str, Any] = field(repr=False)
    locale: str | None
    created_at: int
    updated_at: int
    password_changed_at: int | None


def read(tx: Transaction, vault: Vault, person_id: str) -> PersonView:
    """Return what we know of *person_id*.

    Raises:
        PersonNotFoundError: there is nobody.
    """
    rows = tx.all(_READ, person_id=person_id)  # one for each identifier, or one without
    if not rows:
        raise PersonNotFoundError(detail=person_id)
    row = rows[0]
    details = _open(vault, row)
    values = identifiers.open_all(vault, person_id, rows)
    none = identifiers.Value("", None)
    username, phone, email, id_number = (
        values.get(kind, none)
        for kind in (
            identifiers.USERNAME,
            identifiers.PHONE,
            identifiers.EMAIL,
            identifiers.ID_NUMBER,
        )
    )
    claims = dict(details.claims)
    claimed = claims.pop(CLAIMED_ID_NUMBER, None)
    return PersonView(
        person_id=person_id,
        status=row.status,
        display_name=details.display_name,
        real_name=details.real_name,
        id_number=id_number.text or claimed,
        id_number_verified=id_number.verified_at is not None,
        username=username.text or None,
        phone=phone.text or None,
        phone_verified=phone.verified_at is not None,
        email=email.text or None,
        email_verified=email.verified_at is not None,
        claims=claims,
        locale=details.locale,
        created_at=row.created_at,
        updated_at=max(row.updated_at, row.profile_updated_at or 0),
        password_changed_at=row.password_changed_at,
    )


def details_of(tx: Transaction, vault: Vault, person_id: str) -> Details:
    """Return the part of a person that `write` takes.

    Raises:
        PersonNotFoundError: there is nobody.
    """
    row = tx.one(_READ, person_id=person_id)
    if row is None:
        raise PersonNotFoundError(detail=person_id)
    return _open(vault, row)


def write(tx: Transaction, vault: Vault, person_id: str, details: Details) -> None:
    """Put *details* in the place of what was there."""
    claims = orjson.dumps(dict(details.claims)).decode() if details.claims else None
    texts = {
        "display_name": details.display_name,
        "real_name": details.real_name,
        "claims": claims,
    }
    sealed = {
        name: vault.seal(text, field=f"profile.{name}", owner=person_id) if text else None
        for name, text in texts.items()
    }
    tx.run(_WRITE, person_id=person_id, locale=details.locale, now=clock.epoch(), **sealed)


def change(
    tx: Transaction, vault: Vault, person_id: str, *, display_name: str | None, locale: str | None
) -> None:
    """Set what a person may say of themselves at any time."""
    details = details_of(tx, vault, person_id)
    write(tx, vault, person_id, replace(details, display_name=display_name, locale=locale))


def _open(vault: Vault, row: Any) -> Details:
    def text(name: str, sealed: bytes | None) -> str | None:
        if sealed is None:
            return None
        return vault.open(sealed, field=f"profile.{name}", owner=row.person_id)

    claims = text("claims", row.claims_sealed)
    return Details(
        display_name=text("display_name", row.display_name_sealed),
        real_name=text("real_name", row.real_name_sealed),
        locale=row.locale,
        claims=orjson.loads(claims) if claims else {},
    )
