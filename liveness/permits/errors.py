"""Why a face is not scanned; each names another way, for there always is one."""

from idp.errors import IdentityError


class FaceLockedError(IdentityError):
    """Its owner locked it, or too many scans failed; which, a stranger need not know."""

    code = "face_locked"
    status = 403
    description = (
        "Face scans are switched off for this person. Please take another way. The person can "
        "turn them on again in their account, or at a counter."
    )


class FaceConsentMissingError(IdentityError):
    """The person has not agreed to this purpose, or not to this edition of the notice."""

    code = "face_consent_missing"
    status = 403
    description = (
        "A face is scanned only if you agree to it for this purpose. You can agree in your "
        "account, or take another way."
    )


class GuardianNeededError(IdentityError):
    """Under 14, a parent or guardian decides (PIPL §31, Order 19 of 2025)."""

    code = "face_guardian_needed"
    status = 403
    description = (
        "For a child under 14, a parent or guardian has to agree first. They can do so on the "
        "child's account page, or at a counter."
    )


class GuardianUnfitError(IdentityError):
    """Whoever agreed may not agree for this child any more, or never could."""

    code = "face_guardian_unfit"
    status = 403
    description = (
        "This person cannot agree as a guardian: they need an account with a verified real name, "
        "and be of age."
    )


class FactorNeededError(IdentityError):
    """A face does not turn itself on."""

    code = "face_factor_needed"
    status = 403
    description = (
        "Your face alone cannot do this. Please sign out, and sign in with your password or a "
        "code by SMS."
    )
