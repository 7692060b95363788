"""grant_type=authorization_code (RFC 6749 §4.1.3, OIDC Core §3.1.3)."""

from idp.audit import trail
from idp.oidc.grants.base import HouseGrant, TokenAnswer
from idp.tokens import codes, refresh


class AuthorizationCodeGrant(HouseGrant):
    """Redeem a code: the claim, the audit row and the refresh token are one transaction."""

    GRANT_TYPE = "authorization_code"

    def create_token_response(self) -> TokenAnswer:
        desk, client = self.request.desk, self.party
        code = self.parameter("code")
        with desk.database.write() as tx:
            grant = codes.redeem(
                tx,
                code,
                client_id=client.client_id,
                redirect_uri=self.request.parameters.get("redirect_uri"),
                verifier=self.request.parameters.get("code_verifier"),
            )
            tokens = self.tokens_for(tx, grant, scope=grant.scope, nonce=grant.nonce)
            if "refresh_token" in client.grant_types:
                settings = desk.settings.tokens
                tokens["refresh_token"] = refresh.issue(tx, grant.grant_id, settings)
            trail.record(
                tx,
                "token:issue",
                person_id=grant.person_id,
                client_id=client.client_id,
                request_id=self.request.machine.request_id,
            )
        return self.answer(tokens)
