"""Open an account: check what was entered, then write the person down."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Protocol

from config.rooms import PasswordSettings
from idp import clock
from idp.accounts import identifiers, usernames
from idp.accounts.errors import (
    FieldErrors,
    IdentifierTakenError,
    IdNumberTakenError,
    NoIdentifierError,
    UsernameTakenError,
)
from idp.accounts.profiles import EMPTY, Details, write
from idp.crypto import passwords
from idp.crypto.vault import Vault
from idp.db import Statement, Transaction, new_id
from idp.errors import IdentityError
from idp.formats import id_numbers, names, phones

_NEW = Statement("""
    INSERT INTO person (person_id, status, password_hash, password_changed_at,
                        created_at, updated_at)
    VALUES (:person_id, 'active', :password_hash, :password_changed_at, :now, :now)
""")


class PasswordHasher(Protocol):
    """What registration needs of the hashers."""

    def hash(self, password: str) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What somebody entered, normalised; the password is gone, its hash remains."""

    username: str | None = None
    phone: str | None = field(default=None, repr=False)
    id_number: str | None = field(default=None, repr=False)
    real_name: str | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)

    def as_dict(self) -> dict[str, str | None]:
        """Return it as plain data, to be sealed while a code is under way."""
        return asdict(self)


def check(
    settings: PasswordSettings,
    *,
    username: str | None = None,
    phone: str | None = None,
    id_number: str | None = None,
    real_name: str | None = None,
    password: str | None = None,
) -> Application:
    """Return what was entered in its one spelling; empty text counts as not entered.

    Raises:
        FieldErrors: every fault at once, each under its field.
    """
    faults: dict[str, IdentityError] = {}

    def read(field: str, text: str | None, reader: Callable[[str], str]) -> str | None:
        try:
            return reader(text) if text and text.strip() else None
        except IdentityError as fault:
            faults[field] = fault
            return None

    application = Application(
        username=read("username", username, lambda text: usernames.parse(text).text),
        phone=read("phone", phone, phones.normalise),
        id_number=read("id_number", id_number, lambda text: id_numbers.parse(text).number),
        real_name=read("real_name", real_name, names.normalise),
    )
    if not faults and not (application.username or application.phone or application.id_number):
        faults["phone"] = NoIdentifierError()
    if password is not None:
        own = [text for text in (username, application.phone, id_number, real_name) if text]
        try:
            passwords.check(password, minimum=settings.minimum_length, identifiers=own)
        except passwords.PasswordError as fault:
            faults["password"] = fault
    if faults:
        raise FieldErrors(faults)
    return application


def refuse_taken(tx: Transaction, vault: Vault, application: Application) -> None:
    """Refuse early what would be refused at the end, as far as it may be told.

    A known phone is told to its owner alone, by SMS. An ID number that is in use is simply
    not entered as an identifier, unless the account would hang on it.

    Raises:
        FieldErrors: the user name is taken, or there is nothing else to sign in with.
    """
    username, id_number = application.username, application.id_number
    if username and identifiers.find(tx, vault, identifiers.USERNAME, username):
        raise FieldErrors({"username": UsernameTakenError()})
    if (
        id_number
        and not (username or application.phone)
        and identifiers.find(tx, vault, identifiers.ID_NUMBER, id_number)
    ):
        raise FieldErrors({"id_number": IdNumberTakenError()})


def open_account(
    tx: Transaction,
    vault: Vault,
    application: Application,
    *,
    phone_verified: bool = False,
    identity_verified: bool = False,
    details: Details = EMPTY,
) -> str:
    """Write a new person down, and return their id.

    Raises:
        FieldErrors: an identifier was taken meanwhile.
    """
    person_id, now = new_id(), clock.epoch()
    tx.run(
        _NEW,
        person_id=person_id,
        password_hash=application.password_hash,
        password_changed_at=now if application.password_hash else None,
        now=now,
    )
    sure = {
        identifiers.USERNAME: (application.username, True),
        identifiers.PHONE: (application.phone, phone_verified),
    }
    for kind, (value, verified) in sure.items():
        if value:
            _enter(tx, vault, person_id, kind, value, verified=verified)
    _claim(tx, vault, person_id, application, verified=identity_verified)
    write(tx, vault, person_id, details.of(application.real_name, application.id_number))
    return person_id


def register(  # noqa: PLR0913 - one parameter per field
    tx: Transaction,
    vault: Vault,
    hasher: PasswordHasher,
    settings: PasswordSettings,
    *,
    username: str | None = None,
    phone: str | None = None,
    phone_verified: bool = False,
    id_number: str | None = None,
    real_name: str | None = None,
    password: str | None = None,
    identity_verified: bool = False,
    details: Details = EMPTY,
) -> str:
    """Check, hash and open in one go, where a transaction may wait for the hash.

    Raises:
        FieldErrors: every fault at once, each under its field.
    """
    application = check(
        settings,
        username=username,
        phone=phone,
        id_number=id_number,
        real_name=real_name,
        password=password,
    )
    refuse_taken(tx, vault, application)
    return open_account(
        tx,
        vault,
        with_hash(application, hasher.hash(password) if password else None),
        phone_verified=phone_verified,
        identity_verified=identity_verified,
        details=details,
    )


def with_hash(application: Application, password_hash: str | None) -> Application:
    """Return *application* with its password's hash."""
    return Application(**{**application.as_dict(), "password_hash": password_hash})


def _enter(
    tx: Transaction, vault: Vault, person_id: str, kind: str, value: str, *, verified: bool
) -> None:
    try:
        identifiers.add(tx, vault, person_id, kind, value, verified=verified)
    except IdentifierTakenError as fault:
        raise FieldErrors({kind: fault}) from None


def _claim(
    tx: Transaction, vault: Vault, person_id: str, application: Application, *, verified: bool
) -> None:
    """Enter the ID number as an identifier; a mere claim gives way to whoever has it."""
    if application.id_number is None:
        return
    needed = verified or not (application.username or application.phone)
    try:
        identifiers.add(
            tx,
            vault,
            person_id,
            identifiers.ID_NUMBER,
            application.id_number,
            verified=verified,
        )
    except IdentifierTakenError as fault:
        if needed:
            raise FieldErrors({"id_number": fault}) from None
