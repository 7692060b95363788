"""What the three grants share: who asks, and how tokens are handed over."""

from dataclasses import replace
from typing import Any

import orjson
from authlib.oauth2.rfc6749.grants.base import BaseGrant, TokenEndpointMixin

from idp.clients.party import RelyingParty
from idp.db import Transaction
from idp.oidc import claims, verified_claims
from idp.oidc.client_auth import authenticate_client
from idp.oidc.errors import ProtocolError
from idp.proofing import levels, verifications
from idp.tokens import access, id_token
from idp.tokens.grants import Grant
from idp.web.machine import JSON, NO_STORE

_FEDERATED = "fed"  # the word in `amr` of whoever came by another house

TokenAnswer = tuple[int, bytes, list[tuple[str, str]]]


class HouseGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]
    """A grant of the token endpoint: authenticated, registered for, and answered in JSON."""

    def validate_token_request(self) -> None:
        """Let the client show who it is, and that it may use this grant (RFC 6749 §5.2).

        Raises:
            InvalidClientError: it cannot.
            ProtocolError: it may not.
        """
        request = self.request
        request.client = authenticate_client(request.machine, request.desk)
        if self.GRANT_TYPE not in request.client.grant_types:
            code = "unauthorized_client"
            raise ProtocolError(code, "This client may not use this grant type.")

    @property
    def party(self) -> RelyingParty:
        party: RelyingParty = self.request.client
        return party

    def parameter(self, name: str) -> str:
        """Return a parameter that must be there."""
        value = self.request.parameters.get(name)
        if value is None:
            raise ProtocolError("invalid_request", f"{name} is missing.")
        return str(value)

    def tokens_for(
        self, tx: Transaction, grant: Grant, *, scope: str, nonce: str | None
    ) -> dict[str, Any]:
        """Mint an access token, and an ID token beside it."""
        grant = _as_of_now(tx, grant)
        desk, lifetime = self.request.desk, self.request.desk.settings.tokens.access_lifetime
        access_token = access.for_person(
            desk.ring,
            grant,
            issuer=desk.issuer,
            audience=desk.issuer,
            scope=scope,
            lifetime=lifetime,
        )
        answer = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": lifetime,
            "scope": scope,
        }
        if "openid" in scope.split():
            answer["id_token"] = id_token.mint(
                desk.ring,
                grant,
                issuer=desk.issuer,
                lifetime=desk.settings.tokens.id_lifetime,
                algorithm=self.party.id_token_alg or desk.ring.default_algorithm,
                access_token=access_token,
                nonce=nonce,
                more=self._claims_in_id_token(tx, grant, scope),
            )
        return answer

    def _claims_in_id_token(self, tx: Transaction, grant: Grant, scope: str) -> dict[str, Any]:
        """Only what was asked for here, or what the site is set to read here (§5.4)."""
        words = frozenset(scope.split()) if self.party.claims_in_id_token else frozenset[str]()
        names = claims.wanted(words, grant.claims, "id_token")
        vault = self.request.desk.vault
        told = claims.release(
            tx, vault, grant.person_id, names, asked=grant.claims, part="id_token"
        )
        if verified_claims.are_wanted(words, grant.claims):
            told |= verified_claims.release(
                tx,
                vault,
                self.party,
                grant.person_id,
                scope=words,
                asked=grant.claims,
                part="id_token",
            )
        return told | self._houses(tx, grant)

    def _houses(self, tx: Transaction, grant: Grant) -> dict[str, Any]:
        """Tell by which issuers somebody came, the nearest first: the chain that vouches."""
        houses_of = self.request.desk.houses_of
        if houses_of is None or _FEDERATED not in grant.amr.split():
            return {}
        houses = houses_of(tx, grant.session_id)
        return {"upstream": list(houses)} if houses else {}

    @staticmethod
    def answer(tokens: dict[str, Any]) -> TokenAnswer:
        return 200, orjson.dumps(tokens), [JSON, *NO_STORE]


def _as_of_now(tx: Transaction, grant: Grant) -> Grant:
    """Return *grant* with an `acr` that still holds: a proof expires, or is withdrawn."""
    ial, aal = levels.parse_acr(grant.acr) or (1, 1)
    if ial == 1 or (proven := verifications.level_of(tx, grant.person_id)) >= ial:
        return grant
    return replace(grant, acr=levels.acr_of(proven, aal))
