"""The Central Authentication Service protocol: what its requests want, what its tickets buy.

CAS Protocol 3.0.3 §2.1 (login), §2.4-§2.8 (validation). Proxy tickets (§2.6, §2.7) are not given
out: a site that acts for somebody at another site uses OAuth, where that is asked about.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from idp.clients import legacy_index
from idp.clients.legacy import Opening, cas_of
from idp.clients.party import RelyingParty
from idp.db import Transaction, within_session
from idp.errors import BadRequestError, IdentityError
from idp.legacy import tickets
from idp.legacy.desk import LegacyDesk
from idp.legacy.errors import NoUserNameError, ServiceUnknownError
from idp.legacy.wishes import LegacyWish, attributes_of, user_of
from idp.proofing import levels, verifications
from idp.sessions.service import Session
from idp.web.machine import Parameters

LOGIN_PARAMETERS = ("service", "renew", "gateway", "method", "ui_locales")
_LOGIN, _SILENT = frozenset({"login"}), frozenset({"none"})
_NO = "false"


class CasFailure(Exception):  # noqa: N818 - the protocol's own word
    """A validation that fails, in the protocol's words (§2.5.3)."""

    def __init__(self, code: str, description: str) -> None:
        self.code = code
        self.description = description
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Validated:
    """Whom a ticket was given to; *attributes* are those of CAS 3.0 (§2.5.7)."""

    user: str
    attributes: Mapping[str, Any]


class Cas:
    """The dialect: how a CAS request is read, granted and refused on our pages."""

    def __init__(self, desk: LegacyDesk) -> None:
        self._desk = desk

    def read(self, parameters: Parameters) -> LegacyWish:
        """Return what a login request wants.

        `renew` beats `gateway` (§2.1.1).

        Raises:
            ServiceUnknownError: its service is not registered.
            BadRequestError: it wants its ticket by a way that we do not have.
        """
        service = parameters.get("service", "")
        client, opening = site_of(within_session(), self._desk, service)
        method = parameters.get("method", "GET").upper()
        if method not in ("GET", "POST"):
            raise BadRequestError("The method must be GET or POST.")
        return LegacyWish(
            client=client,
            opening=opening,
            return_to=service,
            prompt=_prompt(parameters),
            acr=opening.acr,
            by_form=method == "POST",
        )

    def grant(
        self, tx: Transaction, wish: LegacyWish, session: Session, *, fresh: bool
    ) -> dict[str, str]:
        """Return the ticket for the service; a name that it must have is there, or told now."""
        user_of(tx, self._desk, wish.client, wish.opening, session.person_id)
        ticket = tickets.issue(
            tx,
            self._desk.vault,
            session,
            dialect=tickets.CAS,
            client_id=wish.client.client_id,
            service=wish.return_to,
            fresh=fresh,
        )
        return {"ticket": ticket}

    def refuse(self, wish: LegacyWish, error: IdentityError) -> dict[str, str] | None:
        """Return nothing for a gateway (§2.1.1); CAS has no other way to tell a site no."""
        return {} if "none" in wish.prompt else None


def site_of(tx: Transaction, desk: LegacyDesk, service: str) -> tuple[RelyingParty, Opening]:
    """Return the site whose service *service* is.

    Raises:
        ServiceUnknownError: nobody's, or the site is disabled.
    """
    client_id = legacy_index.by_service(tx, service)
    client = desk.registry.find(client_id, tx) if client_id else None
    opening = cas_of(client.metadata) if client is not None else None
    if client is None or opening is None or not opening.accepts(service):
        raise ServiceUnknownError(detail=f"service {service[:200]!r}")
    return client, opening


def validate(
    desk: LegacyDesk, parameters: Parameters, *, with_attributes: bool = False
) -> Validated:
    """Spend the ticket in *parameters*, and return whom it was given to.

    The ticket is spent whatever else is wrong with the request (§2.5.3).

    Raises:
        CasFailure: it buys nothing.
    """
    ticket, service = parameters.get("ticket"), parameters.get("service")
    if not ticket or not service:
        raise CasFailure("INVALID_REQUEST", "service and ticket are both required")
    if "pgtUrl" in parameters:
        raise CasFailure("INVALID_PROXY_CALLBACK", "proxy tickets are not given out here")
    if not ticket.startswith(tickets.PREFIXES[tickets.CAS]):
        raise CasFailure("INVALID_TICKET_SPEC", "only service tickets are known here")
    with desk.database.write() as tx:
        kept = desk.settings.sessions.absolute
        spent = tickets.spend(tx, ticket, dialect=tickets.CAS, kept=kept)
    if spent is None:
        raise CasFailure("INVALID_TICKET", "the ticket is invalid, expired or already used")
    if spent.service != service:
        raise CasFailure("INVALID_SERVICE", "the ticket was given to another service")
    if _flag(parameters, "renew") and not spent.fresh:
        raise CasFailure("INVALID_TICKET", "the ticket was not given for a fresh sign-in")
    return _told(desk, spent, with_attributes=with_attributes)


def _told(desk: LegacyDesk, spent: tickets.Spent, *, with_attributes: bool) -> Validated:
    client = desk.registry.find(spent.client_id)
    opening = cas_of(client.metadata) if client is not None else None
    if client is None or opening is None or not opening.accepts(spent.service):
        raise CasFailure("INVALID_SERVICE", "the service is not registered any more")
    person_id = spent.person_id
    with desk.database.write() as tx:
        try:
            user = user_of(tx, desk, client, opening, person_id)
        except NoUserNameError as error:
            raise CasFailure("INTERNAL_ERROR", error.description) from None
        if not with_attributes:
            return Validated(user, {})
        ial = verifications.level_of(tx, person_id)
        attributes = {
            "authenticationDate": datetime.fromtimestamp(spent.auth_time, UTC).isoformat(),
            "longTermAuthenticationRequestTokenUsed": False,
            "isFromNewLogin": spent.fresh,
            "acr": levels.acr_of(ial, spent.aal),
            "amr": spent.amr.split(),
            **attributes_of(tx, desk, client, opening, person_id),
        }
    return Validated(user, attributes)


def _prompt(parameters: Parameters) -> frozenset[str]:
    if _flag(parameters, "renew"):
        return _LOGIN
    return _SILENT if _flag(parameters, "gateway") else frozenset()


def _flag(parameters: Parameters, name: str) -> bool:
    """Say whether a flag is set: CAS counts every value, and software writes `false`."""
    return parameters.get(name, _NO).lower() != _NO
