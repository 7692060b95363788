"""Tell a site that a session has ended (OpenID Connect Back-Channel Logout 1.0 §2)."""

import secrets
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

from idp import clock
from idp.audit import events, trail
from idp.clients.party import RelyingParty
from idp.clients.registry import Registry
from idp.db import Database, Statement
from idp.jobs.errors import DeliveryError
from idp.keys.ring import Ring
from idp.oidc import subject
from idp.web.machine import FORM
from idp.web.outbound import Outbound

KIND = "backchannel_logout"
TYPE = "logout+jwt"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LIFETIME = 120
_TAKEN = (200, 204)

_FIND = Statement("SELECT person_id, client_id FROM client_session WHERE sid = :sid")
_COUNT = Statement("""
    UPDATE client_session SET notice_attempts = notice_attempts + 1 WHERE sid = :sid""")
_NOTE = Statement("UPDATE client_session SET notice = :notice WHERE sid = :sid")


class OtherWay(Protocol):
    """Another protocol's way to tell a site."""

    def lead_to(self, party: RelyingParty) -> bool:
        """Say whether *party* wants to be told so."""

    def tell(self, party: RelyingParty, sid: str) -> None:
        """Tell it; failures are raised as ours are."""


class Deliver:
    """The handler of jobs of kind `backchannel_logout`: `{"sid", "client_id"}`.

    A site that speaks several protocols is told by each, and has been told when all were taken.
    """

    def __init__(
        self,
        database: Database,
        registry: Registry,
        ring: Ring,
        outbound: Outbound,
        issuer: str,
        other_ways: Sequence[OtherWay] = (),
    ) -> None:
        self._other_ways = other_ways
        self._database = database
        self._registry = registry
        self._ring = ring
        self._outbound = outbound
        self._issuer = issuer

    def __call__(self, payload: dict[str, Any]) -> None:
        """Post a logout token to the site, and tell it by what other ways it has.

        A disabled site is told too: its people must not stay signed in there.

        Raises:
            DeliveryError: the site did not take it.
            IdentityError: the site could not be reached.
        """
        sid = payload["sid"]
        party = self._registry.find_any(payload["client_id"])
        ways = [way for way in self._other_ways if party is not None and way.lead_to(party)]
        if party is None or not (party.backchannel_logout_uri or ways):
            self._note(sid, "none")
            return
        with self._database.write() as tx:
            tx.run(_COUNT, sid=sid)
            row = tx.one(_FIND, sid=sid)
            person_id = row.person_id if row else payload.get("person_id")
            known_as = subject.of(tx, person_id, party) if person_id else None
        if party.backchannel_logout_uri is not None:
            self._post(party.backchannel_logout_uri, self._token(party, sid, known_as))
        for way in ways:
            way.tell(party, sid)
        self._note(sid, "told", party.client_id, person_id)

    def failed(self, payload: dict[str, Any], attempts: int) -> None:
        """Let the person see that the site could not be told."""
        with self._database.write() as tx:
            row = tx.one(_FIND, sid=payload["sid"])
        self._note(payload["sid"], "failed", payload["client_id"], row.person_id if row else None)

    def _token(self, party: RelyingParty, sid: str, known_as: str | None) -> str:
        """Return the logout token: always `sid`, `sub` as the site knows it, no nonce (§2.4)."""
        now = clock.epoch()
        claims = {
            "iss": self._issuer,
            "aud": party.client_id,
            "iat": now,
            "exp": now + _LIFETIME,
            "jti": secrets.token_hex(16),
            "events": {EVENT: {}},
            "sid": sid,
        }
        if known_as is not None:
            claims["sub"] = known_as
        return self._ring.sign(claims, typ=TYPE, algorithm=party.id_token_alg)

    def _post(self, uri: str, token: str) -> None:
        body = urlencode({"logout_token": token}).encode()
        answer = self._outbound.request("POST", uri, headers={"Content-Type": FORM}, body=body)
        if answer.status not in _TAKEN:
            raise DeliveryError(detail=f"status {answer.status}")

    def _note(
        self, sid: str, notice: str, client_id: str | None = None, person_id: str | None = None
    ) -> None:
        with self._database.write() as tx:
            tx.run(_NOTE, sid=sid, notice=notice)
            if notice == "none":
                return
            trail.record(
                tx,
                events.LOGOUT_NOTICE,
                outcome="success" if notice == "told" else "failure",
                person_id=person_id,
                client_id=client_id,
            )
