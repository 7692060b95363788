"""grant_type=authorization_code (RFC 6749 §4.1.3, OIDC Core §3.1.3)."""

from idp.oidc.grants.base import HouseGrant, TokenAnswer
from idp.tokens import codes


class AuthorizationCodeGrant(HouseGrant):
    """Redeem a code: the claim, the refresh token and the audit row are one sentence."""

    GRANT_TYPE = "authorization_code"

    def create_token_response(self) -> TokenAnswer:
        desk, client, parameters = self.request.desk, self.party, self.request.parameters
        redemption = codes.Redemption(
            code=self.parameter("code"),
            client_id=client.client_id,
            redirect_uri=parameters.get("redirect_uri"),
            verifier=parameters.get("code_verifier"),
            request_id=self.request.machine.request_id,
        )
        refreshable = "refresh_token" in client.grant_types
        with desk.database.at_once() as tx:
            grant, refresh_token = codes.redeem(
                tx, redemption, desk.settings.tokens, refreshable=refreshable
            )
            tokens = self.tokens_for(tx, grant, scope=grant.scope, nonce=grant.nonce)
        if refresh_token is not None:
            tokens["refresh_token"] = refresh_token
        return self.answer(tokens)
