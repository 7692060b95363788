"""Failures of the key room."""

from idp.errors import IdentityError


class TokenInvalidError(IdentityError):
    """A token that none of our published keys signed, or that is of another type."""

    code = "invalid_token"
    status = 401
    description = "The token is not valid."


class NoSigningKeyError(IdentityError):
    """The ring keeps no key for an algorithm that somebody asked for."""

    code = "signing_key_missing"
    description = "No signing key is available."
