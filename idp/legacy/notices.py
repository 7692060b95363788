"""Tell an old site that a session has ended: CAS single logout, and our signed notice.

CAS Protocol 3.0.3 §2.3.3: a SAML logout request names the ticket by which the site came to know
of the session.
"""

import secrets
from datetime import datetime
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from idp import clock
from idp.clients import legacy_index
from idp.clients.legacy import Opening, cas_of, ticket_of
from idp.clients.party import RelyingParty
from idp.crypto import Vault
from idp.db import Database
from idp.jobs.errors import DeliveryError
from idp.legacy import signing, tickets
from idp.web.machine import FORM
from idp.web.outbound import Outbound

ENDED = "ended"
_TAKEN = range(200, 300)
# CAS defines no answer (§2.3.3), and a page under guard takes the notice and redirects its sender
# to the login: so do sites with Apache's mod_auth_cas.
_TAKEN_BY_CAS = range(200, 400)
_REQUEST = (
    '<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
    'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="2.0" '
    'IssueInstant="{instant}"><saml:NameID>@NOT_USED@</saml:NameID>'
    "<samlp:SessionIndex>{ticket}</samlp:SessionIndex></samlp:LogoutRequest>"
)


class Notices:
    """The old ways to tell a site; plugged into the delivery of `backchannel_logout`."""

    def __init__(self, database: Database, vault: Vault, outbound: Outbound) -> None:
        self._database = database
        self._vault = vault
        self._outbound = outbound

    def lead_to(self, party: RelyingParty) -> bool:
        """Say whether *party* registered an address to be told at."""
        openings = (cas_of(party.metadata), ticket_of(party.metadata))
        return any(opening is not None and opening.slo is not None for opening in openings)

    def tell(self, party: RelyingParty, sid: str) -> None:
        """Tell *party* of the end of *sid*, by each way that it is known there.

        What was taken is not said again when the rest has to be.

        Raises:
            DeliveryError: the site did not take it.
            IdentityError: it could not be reached.
        """
        cas, ticket = cas_of(party.metadata), ticket_of(party.metadata)
        if cas is not None and cas.slo is not None:
            self._by_cas(cas.slo, sid)
        if ticket is not None and ticket.slo is not None:
            self._signed(party, ticket, ticket.slo, sid)

    def _by_cas(self, url: str, sid: str) -> None:
        with self._database.read() as tx:
            known_by = tickets.untold(tx, self._vault, sid)
        for key, ticket in known_by:
            notice = {"logoutRequest": logout_request(ticket, clock.now())}
            self._post(url, notice, _TAKEN_BY_CAS)
            with self._database.write() as tx:
                tickets.note_told(tx, key)

    def _signed(self, party: RelyingParty, opening: Opening, url: str, sid: str) -> None:
        with self._database.read() as tx:
            known = tickets.used_any(tx, sid)
            secret = legacy_index.secret_of(tx, self._vault, party.client_id)
        if not known or secret is None:
            return
        notice = {
            "app_id": opening.app_id,
            "session": sid,
            "time": str(clock.epoch()),
            "nonce": secrets.token_hex(16),
        }
        self._post(url, {**notice, "sign": signing.sign(secret, ENDED, notice)})

    def _post(self, url: str, fields: dict[str, str], taken: range = _TAKEN) -> None:
        body = urlencode(fields).encode()
        answer = self._outbound.request("POST", url, headers={"Content-Type": FORM}, body=body)
        if answer.status not in taken:
            raise DeliveryError(detail=f"status {answer.status}")


def logout_request(ticket: str, moment: datetime) -> str:
    """Return the request that ends the session which *ticket* began (SAML 2.0 Core §3.7.1)."""
    instant = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return _REQUEST.format(id=f"_{secrets.token_hex(16)}", instant=instant, ticket=escape(ticket))
