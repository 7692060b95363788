"""Whose an identity number is: proven owners win over claimants, and never change hands."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from idp.accounts import identifiers, lifecycle, profiles
from idp.accounts.errors import IdentifierTakenError
from idp.audit import events, trail
from idp.crypto import Vault
from idp.db import Transaction
from idp.errors import IdentityError
from idp.messages import sms
from idp.proofing.errors import AlreadyProvenError, DiffersError
from idp.web.locale import gettext as _

_NOTICE = "notice"
_GOOD_FOR = 3 * 86_400


def proven_number(tx: Transaction, vault: Vault, person_id: str) -> str | None:
    """Return the number that *person_id* has proven to be theirs."""
    value = identifiers.value_of(tx, vault, person_id, identifiers.ID_NUMBER)
    return value.text if value is not None and value.verified_at is not None else None


def refuse_other_number(tx: Transaction, vault: Vault, person_id: str, id_number: str) -> None:
    """Let nobody who is proven to be one person become another.

    Raises:
        DiffersError: they are proven under another number.
    """
    proven = proven_number(tx, vault, person_id)
    if proven is not None and proven != id_number:
        raise DiffersError(detail="another number is proven")


def take(tx: Transaction, vault: Vault, person_id: str, *, name: str, id_number: str) -> None:
    """Make *id_number*, and the legal *name* it stands for, those of a person just matched.

    Whoever merely claimed the number loses it and everything they have open: they may be a
    stranger who waited for its owner (docs/decisions/0006-claimed-identity-numbers.md).

    Raises:
        AlreadyProvenError: another account has proven it. Nothing was changed.
        DiffersError: this one is proven under another. Nothing was changed.
    """
    refuse_other_number(tx, vault, person_id, id_number)
    with _all_or_nothing(tx):
        try:
            loser = identifiers.add(
                tx, vault, person_id, identifiers.ID_NUMBER, id_number, verified=True
            )
        except IdentifierTakenError:
            raise AlreadyProvenError(detail="another account has proven it") from None
        if loser is not None:
            dispossess(tx, vault, loser, winner=person_id)
        _write_name(tx, vault, person_id, name)
    text = _(
        "[Manyou] Your real name is now verified in your account. If it was not you, sign in and "
        "change your password."
    )
    tell(tx, vault, person_id, text)


def note_conflict(tx: Transaction, person_id: str, conflict: IdentityError) -> None:
    """Put on the trail that somebody matched, and was refused all the same."""
    trail.record(
        tx, events.IDENTITY_VERIFY, outcome="failure", person_id=person_id, reason=conflict.code
    )


def tell(tx: Transaction, vault: Vault, person_id: str, text: str) -> None:
    """Send *text* to the verified phone of *person_id*, if there is one."""
    phone = identifiers.value_of(tx, vault, person_id, identifiers.PHONE)
    if phone is not None and phone.verified_at is not None:
        sms.send(tx, vault, to=phone.text, purpose=_NOTICE, text=text, good_for=_GOOD_FOR)


def dispossess(tx: Transaction, vault: Vault, loser: str, *, winner: str) -> None:
    """End everything that *loser* has open, and tell both sides' trails and the loser."""
    lifecycle.end_everything(tx, loser)
    for person_id, part in ((winner, "owner"), (loser, "claimant")):
        trail.record(tx, events.IDENTITY_TAKE_OVER, person_id=person_id, data={"part": part})
    text = _(
        "[Manyou] The ID number that you entered was verified by its owner in another account. "
        "It no longer belongs to yours, and your account was signed out everywhere."
    )
    tell(tx, vault, loser, text)


def _write_name(tx: Transaction, vault: Vault, person_id: str, name: str) -> None:
    details = profiles.details_of(tx, vault, person_id)
    claims = {
        key: value for key, value in details.claims.items() if key != profiles.CLAIMED_ID_NUMBER
    }
    profiles.write(tx, vault, person_id, replace(details, real_name=name, claims=claims))


@contextmanager
def _all_or_nothing(tx: Transaction) -> Iterator[None]:
    """Undo what is done inside if it fails, and nothing of what was done before."""
    tx.control("SAVEPOINT ownership")
    try:
        yield
    except BaseException:
        tx.control("ROLLBACK TO SAVEPOINT ownership")
        raise
    finally:
        tx.control("RELEASE SAVEPOINT ownership")
