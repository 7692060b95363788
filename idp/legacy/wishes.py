"""What an old site wants of a person, and what it is told of them."""

from dataclasses import dataclass
from typing import Any

from idp.clients.legacy import ATTRIBUTES, USERNAME, Opening
from idp.clients.party import RelyingParty
from idp.db import Transaction
from idp.legacy.desk import LegacyDesk
from idp.legacy.errors import NoUserNameError

_USER_NAME = "preferred_username"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyWish:
    """A request of an old site, understood; *return_to* is an address of its own."""

    client: RelyingParty
    opening: Opening
    return_to: str
    prompt: frozenset[str] = frozenset()
    acr: str | None = None
    state: str | None = None
    by_form: bool = False

    @property
    def words(self) -> frozenset[str]:
        """Under which words the person agrees to what the site will be told."""
        return words_of(self.opening)


def words_of(opening: Opening) -> frozenset[str]:
    """Return the words of consent for what is told at *opening*."""
    named = {_USER_NAME} if opening.user == USERNAME else set()
    return frozenset({ATTRIBUTES[name] for name in opening.attributes} | named)


def user_of(
    tx: Transaction, desk: LegacyDesk, client: RelyingParty, opening: Opening, person_id: str
) -> str:
    """Return what the site calls the person: an identifier of its own, or the user name.

    Raises:
        NoUserNameError: it wants user names, and there is none that it may have.
    """
    if opening.user != USERNAME:
        return desk.subject_of(tx, person_id, client)
    name = desk.told(tx, client, person_id, frozenset({_USER_NAME})).get(_USER_NAME)
    if name is None:
        raise NoUserNameError(detail=f"client {client.client_id}")
    return str(name)


def attributes_of(
    tx: Transaction, desk: LegacyDesk, client: RelyingParty, opening: Opening, person_id: str
) -> dict[str, Any]:
    """Return what the site is told beside: permitted, agreed to, and known."""
    words = frozenset(ATTRIBUTES[name] for name in opening.attributes)
    told = desk.told(tx, client, person_id, words) if words else {}
    return {name: told[ATTRIBUTES[name]] for name in opening.attributes if ATTRIBUTES[name] in told}
