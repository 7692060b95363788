"""Failures of relying parties: of proving who they are, and of describing themselves."""

from idp.errors import IdentityError

CHALLENGE = ("WWW-Authenticate", 'Basic realm="manyou", charset="UTF-8"')


class InvalidClientError(IdentityError):
    """The client did not prove who it is (RFC 6749 §5.2).

    *headers* go with the answer: a challenge when the client had tried HTTP Basic.
    """

    code = "invalid_client"
    status = 401
    description = "Client authentication failed."

    def __init__(self, *, basic: bool = False, client_id: str = "", detail: str = "") -> None:
        super().__init__(detail=detail)
        self.client_id = client_id
        self.headers = (CHALLENGE,) if basic else ()


class InvalidMetadataError(IdentityError):
    """What a client says of itself cannot be registered (RFC 7591 §3.2.2)."""

    code = "invalid_client_metadata"
    status = 400
    description = "The client metadata is not acceptable."


class InvalidRedirectUriError(InvalidMetadataError):
    """An address to return to is unsafe (RFC 7591 §3.2.2)."""

    code = "invalid_redirect_uri"
    description = "A redirect URI is not acceptable."


class ManagementTokenError(IdentityError):
    """The registration access token opens no registration (RFC 7592 §2)."""

    code = "invalid_token"
    status = 401
    description = "The registration access token is not valid."
    headers = (("WWW-Authenticate", 'Bearer realm="manyou", error="invalid_token"'),)


class NoSuchClientError(IdentityError):
    """An operator named a client that does not exist."""

    code = "client_unknown"
    status = 404
    description = "There is no such client."
