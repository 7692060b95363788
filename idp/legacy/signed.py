"""Signed tickets, our profile after what provinces' portals speak: what each request wants.

docs/reference/legacy.md describes it. A site signs the address of the login page; the browser
comes back with a ticket; the site exchanges it, signed again, for a token, and that for what it
is told of the person.
"""

from typing import Any

from idp.clients import legacy_index
from idp.clients.legacy import Opening, ticket_of
from idp.clients.party import RelyingParty
from idp.db import Transaction, within_session
from idp.errors import BadRequestError, IdentityError
from idp.legacy import signing, tickets, tokens
from idp.legacy.desk import LegacyDesk
from idp.legacy.errors import (
    PartyUnavailableError,
    ServiceTokenError,
    ServiceUnknownError,
    SignatureError,
    TicketError,
)
from idp.legacy.wishes import LegacyWish, attributes_of, user_of
from idp.proofing import levels, verifications
from idp.sessions.service import Session
from idp.web.machine import Parameters

LOGIN, TOKEN, USER, LOGOUT = "login", "token", "user", "logout"
PARAMETERS = {
    LOGIN: frozenset({"back_url", "state", "prompt", "acr", "ui_locales"}),
    TOKEN: frozenset({"back_url", "ticket"}),
    USER: frozenset({"token", "party"}),
    LOGOUT: frozenset({"back_url", "token", "state", "ui_locales"}),
}
PERSON, LEGAL = "person", "legal"
_PROMPTS = frozenset({"login", "none"})
_LONGEST_STATE = 500


class Signed:
    """The dialect: how a signed login request is read, granted and refused on our pages."""

    def __init__(self, desk: LegacyDesk) -> None:
        self._desk = desk

    def read(self, parameters: Parameters) -> LegacyWish:
        """Return what a login request wants whose signature was verified when it came.

        Raises:
            ServiceUnknownError: the address to come back to is not the site's.
            BadRequestError: it asks for what there is not.
        """
        app_id, back_url = parameters.get("app_id", ""), parameters.get("back_url", "")
        client, opening = site_of(within_session(), self._desk, app_id)
        if back_url not in opening.addresses:
            raise ServiceUnknownError(detail=f"app {app_id[:64]!r}: {back_url[:200]!r}")
        acr, state = parameters.get("acr", opening.acr), parameters.get("state")
        prompt = frozenset(parameters.get("prompt", "").split())
        if not prompt <= _PROMPTS or len(prompt) > 1 or len(state or "") > _LONGEST_STATE:
            raise BadRequestError("The parameter prompt or state is malformed.")
        if acr is not None and levels.parse_acr(acr) is None:
            raise BadRequestError("The parameter acr names no level.")
        return LegacyWish(
            client=client,
            opening=opening,
            return_to=back_url,
            prompt=prompt,
            acr=_higher(acr, opening.acr),
            state=state,
        )

    def grant(
        self, tx: Transaction, wish: LegacyWish, session: Session, *, fresh: bool
    ) -> dict[str, str]:
        """Return the ticket for the site, and its own state."""
        user_of(tx, self._desk, wish.client, wish.opening, session.person_id)
        ticket = tickets.issue(
            tx,
            self._desk.vault,
            session,
            dialect=tickets.TICKET,
            client_id=wish.client.client_id,
            service=wish.return_to,
            fresh=fresh,
        )
        return _with_state({"ticket": ticket}, wish)

    def refuse(self, wish: LegacyWish, error: IdentityError) -> dict[str, str] | None:
        """Tell the site the code, and nothing more."""
        return _with_state({"error": error.code}, wish)


def site_of(tx: Transaction, desk: LegacyDesk, app_id: str) -> tuple[RelyingParty, Opening]:
    """Return the site that calls itself *app_id*.

    Raises:
        SignatureError: none does, or it is disabled: told as if it had signed wrongly.
    """
    client_id = legacy_index.by_app(tx, app_id)
    client = desk.registry.find(client_id, tx) if client_id else None
    opening = ticket_of(client.metadata) if client is not None else None
    if client is None or opening is None or opening.app_id != app_id:
        raise SignatureError(detail=f"app {app_id[:64]!r}: unknown or disabled")
    return client, opening


def authenticate(
    tx: Transaction, desk: LegacyDesk, endpoint: str, parameters: Parameters
) -> tuple[RelyingParty, Opening]:
    """Return the site that signed *parameters* for *endpoint*, just now and for the first time.

    Raises:
        BadRequestError: they cannot be signed so.
        SignatureError: they were not.
    """
    signing.check_shape(parameters.once(), PARAMETERS[endpoint])
    client, opening = site_of(tx, desk, parameters.get("app_id", ""))
    secret = legacy_index.secret_of(tx, desk.vault, client.client_id)
    if secret is None:
        raise SignatureError(detail=f"client {client.client_id} has no key")
    signing.verify(secret, endpoint, parameters)
    signing.use_up(tx, client.client_id, parameters)
    return client, opening


def exchange(desk: LegacyDesk, parameters: Parameters) -> dict[str, Any]:
    """Spend a ticket, and return the token that it buys.

    Raises:
        TicketError: it buys nothing, for this site and address at least.
    """
    with desk.database.write() as tx:
        client, opening = authenticate(tx, desk, TOKEN, parameters)
        ticket, kept = parameters.get("ticket", ""), desk.settings.sessions.absolute
        spent = tickets.spend(tx, ticket, dialect=tickets.TICKET, kept=kept)
        if spent is None:
            raise TicketError(detail=f"client {client.client_id}: void")
        right = spent.client_id == client.client_id and spent.service == parameters.get("back_url")
        if not right or spent.service not in opening.addresses:
            raise TicketError(detail=f"client {client.client_id}: another's, or elsewhere")
        token = tokens.issue(tx, spent)
    return {"token": token, "expires_in": tokens.LIFETIME, "session": spent.sid, "party": PERSON}


def user(desk: LegacyDesk, parameters: Parameters) -> dict[str, Any]:
    """Return what the site is told of the person whom its token is about.

    Raises:
        ServiceTokenError: the token opens nothing.
        PartyUnavailableError: a legal person was asked for, and none is acted for.
        BadRequestError: another party was.
    """
    with desk.database.write() as tx:
        client, opening = authenticate(tx, desk, USER, parameters)
        party = parameters.get("party", PERSON)
        if party not in (PERSON, LEGAL):
            raise BadRequestError("The parameter party must be person or legal.")
        found = tokens.find(tx, parameters.get("token", ""), client.client_id)
        if found is None:
            raise ServiceTokenError(detail=f"client {client.client_id}")
        if party == LEGAL:
            raise PartyUnavailableError
        ial = verifications.level_of(tx, found.person_id)
        return {
            "party": PERSON,
            "user": user_of(tx, desk, client, opening, found.person_id),
            "session": found.sid,
            "acr": levels.acr_of(ial, found.aal),
            "ial": ial,
            "aal": found.aal,
            "amr": found.amr.split(),
            "auth_time": found.auth_time,
            "attributes": attributes_of(tx, desk, client, opening, found.person_id),
        }


def _higher(asked: str | None, floor: str | None) -> str | None:
    """Return the level that is both what was *asked* and no less than the operator's *floor*."""
    both = [level for acr in (asked, floor) if acr and (level := levels.parse_acr(acr))]
    if not both:
        return None
    return levels.acr_of(max(ial for ial, _ in both), max(aal for _, aal in both))


def _with_state(fields: dict[str, str], wish: LegacyWish) -> dict[str, str]:
    return fields if wish.state is None else {**fields, "state": wish.state}
