"""grant_type=refresh_token (RFC 6749 §6, OIDC Core §12)."""

from idp.db import Transaction
from idp.oidc.grants.base import HouseGrant, TokenAnswer
from idp.tokens import refresh
from idp.tokens.errors import ScopeError


class RefreshTokenGrant(HouseGrant):
    """Rotate: the old token is spent and the next one born in one sentence."""

    GRANT_TYPE = "refresh_token"

    def create_token_response(self) -> TokenAnswer:
        desk, client = self.request.desk, self.party
        token = self.parameter("refresh_token")
        with desk.database.at_once() as tx:
            asked = self._asked(tx, token)
            grant, following = refresh.rotate(
                tx,
                token,
                desk.settings.tokens,
                client_id=client.client_id,
                request_id=self.request.machine.request_id,
            )
            # No nonce: it belonged to the first answer (OIDC Core §12.2).
            tokens = self.tokens_for(tx, grant, scope=asked or grant.scope, nonce=None)
        tokens["refresh_token"] = following
        return self.answer(tokens)

    def _asked(self, tx: Transaction, token: str) -> str | None:
        """Return the scope asked for, if any, never wider than granted (RFC 6749 §6).

        It is looked at before the token is spent, so that a slip costs the site nothing.
        offline_access says how long, not what: sites repeat it here though it was not granted.
        """
        asked = self.request.parameters.get("scope")
        if asked is None:
            return None
        granted = refresh.scope_of(tx, token, client_id=self.party.client_id)
        if granted is None:
            return None  # the token is nobody's; spending it will say so
        words = [word for word in asked.split() if word != "offline_access" or word in granted]
        if not set(words) <= granted:
            raise ScopeError(detail=f"client {self.party.client_id}: {asked[:200]!r}")
        return " ".join(dict.fromkeys(words))
