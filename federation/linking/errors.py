"""Why an upstream's person is not linked to an account, or not unlinked from it."""

from idp.errors import BadRequestError, IdentityError


class SubjectUnfitError(BadRequestError):
    """The upstream named somebody in a way that no two of its people can be told apart by."""

    code = "upstream_subject_unfit"
    description = "The other service named you in a way that cannot be used here."


class LinkedElsewhereError(IdentityError):
    """That person of the upstream opens another account here."""

    code = "link_taken"
    status = 409
    description = (
        "This account of the other service is linked to another account here. Sign in with it, "
        "and unlink it there first."
    )


class LastWayInError(IdentityError):
    """Without this link nobody could sign in any more."""

    code = "link_last_way_in"
    status = 409
    description = "This is your only way to sign in. Set a password or add a phone number first."


class LinkUnknownError(IdentityError):
    """There is no such link, or no longer."""

    code = "link_unknown"
    status = 404
    description = "This link does not exist, or was removed already."


class ParkedLostError(IdentityError):
    """Whoever came from the upstream decided too late, twice, or in another browser."""

    code = "federation_parked_lost"
    status = 400
    description = "This first sign-in has expired. Please start again at the other service."


class SignInToLinkError(IdentityError):
    """An account here is proven to be this very person: its owner signs in, and links then."""

    code = "link_needs_sign_in"
    status = 409
    description = (
        "You have an account here already. Sign in to it as usual, and the two will be linked."
    )


class AccountClosedError(IdentityError):
    """The account that they open is disabled."""

    code = "link_account_closed"
    status = 403
    description = "The account that this service opens here is disabled. Please ask for help."


class MergeRefusedError(IdentityError):
    """The two accounts cannot be joined, or no longer: one of them changed, or time passed."""

    code = "merge_refused"
    status = 409
    description = "The two accounts cannot be joined. Nothing was changed."
