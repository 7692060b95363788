"""grant_type=client_credentials (RFC 6749 §4.4)."""

from idp.oidc.errors import ProtocolError
from idp.oidc.grants.base import HouseGrant, TokenAnswer
from idp.oidc.request import SCOPES
from idp.proofing.checks.office import RESOURCE
from idp.tokens import access
from idp.tokens.errors import ScopeError, TargetError


class ClientCredentialsGrant(HouseGrant):
    """A token for the client itself; it names no person and opens no one's data.

    Nothing is written: the token says all, and lives ten minutes.
    """

    GRANT_TYPE = "client_credentials"
    _FOR_PERSONS = frozenset(SCOPES)

    def create_token_response(self) -> TokenAnswer:
        desk, client = self.request.desk, self.party
        if client.auth_method == "none":
            raise ProtocolError("unauthorized_client", "A public client has no credentials.")
        lifetime, scope = desk.settings.tokens.access_lifetime, self._scope()
        token = access.for_client(
            desk.ring,
            client.client_id,
            issuer=desk.issuer,
            audience=self._audience(),
            scope=scope,
            lifetime=lifetime,
        )
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": lifetime}
        return self.answer(answer | ({"scope": scope} if scope else {}))

    def _audience(self) -> str:
        """Return whom the token is for: us, or one interface of ours (RFC 8707 §2)."""
        issuer = str(self.request.desk.issuer)
        asked = self.request.parameters.get("resource", issuer)
        if asked not in (issuer, issuer + RESOURCE):
            raise TargetError(detail=f"client {self.party.client_id}: {asked[:200]!r}")
        return str(asked)

    def _scope(self) -> str:
        """Return what is asked for, or all that the client may have without a person."""
        allowed = self.party.scopes - self._FOR_PERSONS
        asked = self.request.parameters.get("scope")
        if asked is None:
            return " ".join(sorted(allowed))
        words = dict.fromkeys(asked.split())
        if not set(words) <= allowed:
            raise ScopeError("The client may not ask for this scope.")
        return " ".join(words)
