"""Put a new password in the place of the old one, and end what the old one had opened."""

from config.rooms import PasswordSettings
from idp.accounts import identifiers, lifecycle, profiles
from idp.accounts.errors import FieldErrors
from idp.authentication import device_keys, known_browsers, possessions
from idp.authentication.sending import tell
from idp.crypto import passwords
from idp.crypto.vault import Vault
from idp.db import Transaction
from idp.sessions import service as sessions
from idp.tokens import grants
from idp.web.locale import gettext as _


def check(settings: PasswordSettings, password: str) -> None:
    """Refuse a bad *password* before it is hashed, whoever it is for.

    Raises:
        FieldErrors: it is one.
    """
    try:
        passwords.check(password, minimum=settings.minimum_length)
    except passwords.PasswordError as fault:
        raise FieldErrors({"password": fault}) from None


def check_for(
    tx: Transaction, vault: Vault, settings: PasswordSettings, person_id: str, password: str
) -> None:
    """Refuse a *password* that tells the account it opens.

    Raises:
        FieldErrors: it does.
    """
    person = profiles.read(tx, vault, person_id)
    own = (person.username, person.phone, person.id_number, person.real_name, person.email)
    try:
        passwords.check(
            password, minimum=settings.minimum_length, identifiers=[text for text in own if text]
        )
    except passwords.PasswordError as fault:
        raise FieldErrors({"password": fault}) from None


def put(
    tx: Transaction,
    vault: Vault,
    person_id: str,
    password_hash: str,
    *,
    keep_session: str | None = None,
) -> None:
    """Keep the new hash; end sessions, take tokens back, forget browsers and devices, tell."""
    lifecycle.set_password(tx, person_id, password_hash)
    sessions.end_all(tx, person_id, keep=keep_session, reason="new_password")
    grants.revoke_all(tx, person_id)
    for room in (known_browsers, device_keys, possessions):
        room.forget_all(tx, person_id)
    phone = identifiers.value_of(tx, vault, person_id, identifiers.PHONE)
    text = _(
        "[Manyou] The password of your account was changed. If it was not you, set a new one now."
    )
    tell(tx, vault, phone.text if phone else None, text)
