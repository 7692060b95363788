"""What an old site got wrong, or may not have."""

from idp.errors import BadRequestError, IdentityError


class ServiceUnknownError(BadRequestError):
    """Nobody registered this address: told on a page of ours, never redirected."""

    code = "legacy_service_unknown"
    status = 403
    description = "The service that sent you here is not registered with us for this way in."


class NoUserNameError(IdentityError):
    """The site knows people by their user name, and this person has none."""

    code = "legacy_user_name_missing"
    status = 403
    description = "This site knows people by their user name. Choose one in your account first."


class SignatureError(IdentityError):
    """Nothing was signed with the key of a site that may ask this way; which, the log learns."""

    code = "signature_invalid"
    status = 401
    description = "The signature does not fit, or the site is not registered for this way in."


class SignatureStaleError(SignatureError):
    """What was signed was signed too long ago, or in the future."""

    code = "signature_stale"
    description = "The signed time is too far from ours."


class SignatureReplayedError(SignatureError):
    """What was signed was sent before."""

    code = "signature_replayed"
    description = "This signed request was sent before."


class TicketError(BadRequestError):
    """The ticket buys nothing: spent, expired, invented, or another site's."""

    code = "ticket_invalid"
    description = "The ticket is invalid, expired or already used."
    commits = True  # whoever shows a ticket in the wrong place has spent it


class ServiceTokenError(IdentityError):
    """The token opens nothing: expired, invented, another site's, or its person has left."""

    code = "ticket_token_invalid"
    status = 401
    description = "The token is invalid or expired, or its session is over."


class PartyUnavailableError(IdentityError):
    """The person does not act for a legal person."""

    code = "party_unavailable"
    status = 409
    description = "The person is not acting for a legal person in this session."
