"""The Authlib authorization server: it picks the grant, our grants do the rest."""

from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer as AuthlibServer
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload, OAuth2Request

from idp.oidc.desk import Desk
from idp.oidc.errors import from_authlib
from idp.oidc.grants.authorization_code import AuthorizationCodeGrant
from idp.oidc.grants.client_credentials import ClientCredentialsGrant
from idp.oidc.grants.refresh_token import RefreshTokenGrant
from idp.web.machine import MachineRequest, Parameters, Reply


class TokenRequest(OAuth2Request):  # type: ignore[misc]
    """A token request as Authlib reads it, with our own request and desk at hand."""

    def __init__(self, request: MachineRequest, form: Parameters, desk: Desk) -> None:
        super().__init__(request.method, desk.issuer + request.path, headers=request.headers)
        self.payload = BasicOAuth2Payload(form)
        self.parameters = form
        self.machine = request
        self.desk = desk

    @property
    def form(self) -> Parameters:
        return self.parameters


class AuthorizationServer(AuthlibServer):  # type: ignore[misc]
    """Authlib's grammar of grants, without a framework and without its storage."""

    def create_oauth2_request(self, request: TokenRequest) -> TokenRequest:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Reply:
        return Reply(status, body, tuple(headers))

    def handle_error_response(self, request: TokenRequest, error: OAuth2Error) -> Reply:
        raise from_authlib(error) from error

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens: what happened is in the audit trail."""


server = AuthorizationServer()
for _grant in (AuthorizationCodeGrant, RefreshTokenGrant, ClientCredentialsGrant):
    server.register_grant(_grant)
