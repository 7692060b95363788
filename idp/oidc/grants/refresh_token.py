"""grant_type=refresh_token (RFC 6749 §6, OIDC Core §12)."""

from idp.audit import trail
from idp.oidc.grants.base import HouseGrant, TokenAnswer
from idp.tokens import refresh
from idp.tokens.errors import ScopeError
from idp.tokens.grants import Grant


class RefreshTokenGrant(HouseGrant):
    """Rotate: the old token is spent and the next one born in one transaction."""

    GRANT_TYPE = "refresh_token"

    def create_token_response(self) -> TokenAnswer:
        desk, client = self.request.desk, self.party
        token = self.parameter("refresh_token")
        with desk.database.write() as tx:
            grant, family_expires_at = refresh.spend(tx, token, client_id=client.client_id)
            # No nonce: it belonged to the first answer (OIDC Core §12.2).
            tokens = self.tokens_for(tx, grant, scope=self._scope(grant), nonce=None)
            tokens["refresh_token"] = refresh.issue(
                tx, grant.grant_id, desk.settings.tokens, family_expires_at=family_expires_at
            )
            trail.record(
                tx,
                "token:refresh",
                person_id=grant.person_id,
                client_id=client.client_id,
                request_id=self.request.machine.request_id,
            )
        return self.answer(tokens)

    def _scope(self, grant: Grant) -> str:
        """Return the scope asked for, never wider than granted (RFC 6749 §6).

        offline_access says how long, not what: sites repeat it here though it was not granted.
        """
        asked = self.request.parameters.get("scope")
        if asked is None:
            return grant.scope
        granted = grant.scope.split()
        words = [word for word in asked.split() if word != "offline_access" or word in granted]
        if not set(words) <= set(granted):
            raise ScopeError(detail=f"client {grant.client_id}: {asked[:200]!r}")
        return " ".join(dict.fromkeys(words))
