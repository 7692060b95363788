"""Why a code opens nothing."""

from idp.errors import IdentityError


class ScanUnknownError(IdentityError):
    """There is no such code, or not for this browser. That it was tried is counted."""

    code = "scan_unknown"
    status = 404
    description = "This code is not one of ours, or belongs to another browser."
    commits = True


class ScanExpiredError(IdentityError):
    """The code's time is over, or a newer one was drawn."""

    code = "scan_expired"
    status = 410
    description = "This code has expired. Draw a new one on the computer, and scan that."


class ScanTakenError(IdentityError):
    """Another phone, or somebody else on this one, scanned the code first."""

    code = "scan_taken"
    status = 409
    description = (
        "This code was scanned already, by another phone or another account. If that was not "
        "you, draw a new one on the computer."
    )


class ScanOverError(IdentityError):
    """The code was used or refused before."""

    code = "scan_over"
    status = 409
    description = "This code was answered already. Draw a new one on the computer if you need it."


class ScanMismatchError(IdentityError):
    """Not the number that the desktop shows: whoever chose it does not sit before it."""

    code = "scan_mismatch"
    status = 403
    description = (
        "This is not the number on the computer. To be safe the code was cancelled, and nobody "
        "was signed in."
    )
    commits = True


class ScanNotFreshError(IdentityError):
    """The phone's session is too old, or too weak for the site, to answer for a desktop."""

    code = "scan_not_fresh"
    status = 403
    description = "Please show once more that it is you before you answer."


class ScanAccountError(IdentityError):
    """Who confirmed may not sign in any more: disabled, or signed out at the phone meanwhile."""

    code = "scan_account_refused"
    status = 403
    description = "The account that confirmed this sign-in cannot be used any more."
    commits = True
