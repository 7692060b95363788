"""Why somebody was not let in; each says no more than whoever knocks may know."""

from idp.errors import IdentityError


class AuthenticationError(IdentityError):
    """A factor was not shown. That it was tried is kept, although the request fails."""

    code = "authentication_failed"
    status = 403
    description = "You could not be signed in."
    commits = True


class CredentialsError(AuthenticationError):
    """Wrong password, unknown account, disabled account, too many tries elsewhere: one answer."""

    code = "credentials_wrong"
    description = (
        "The account or the password is wrong. After several tries, wait ten minutes or sign in "
        "with a code."
    )


class CodeWrongError(AuthenticationError):
    """Not the code that was sent, if one was."""

    code = "code_wrong"
    description = "This code is wrong. Compare it with the newest message."


class CodeVoidError(AuthenticationError):
    """Expired, used, tried too often, or asked for in another browser."""

    code = "code_void"
    description = "This code is no longer valid. Ask for a new one."


class TermsNotAcceptedError(IdentityError):
    """Registration without the tick."""

    code = "terms_not_accepted"
    status = 400
    description = "Please read and accept the terms of use and the privacy notice."


class DeviceUnknownError(AuthenticationError):
    """No key of this account signed, or there is no such account: one answer."""

    code = "device_unknown"
    description = "This device is not registered for this account. Use a code by SMS instead."


class DeviceKeyError(IdentityError):
    """What a browser sent is no new key that it can use."""

    code = "device_key_invalid"
    status = 400
    description = "This browser could not register itself. Please try again, or do without."


class DevicesFullError(IdentityError):
    """As many devices as one person may have."""

    code = "devices_full"
    status = 409
    description = "You have registered as many devices as are allowed. Forget one of them first."


class PossessionGoneError(AuthenticationError):
    """What was held was shown too long ago, in another browser, or for something else."""

    code = "possession_gone"
    description = "This took too long, or was begun in another browser. Please start again."
