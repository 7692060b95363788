"""Why a name was not proven; each names a way on, and none says more than whoever asks may know."""

from idp.errors import IdentityError


class ProofingError(IdentityError):
    """The name is not proven. That it was tried is kept, although the request fails."""

    code = "identity_not_proven"
    status = 409
    description = "Your real name could not be verified."
    commits = True


class MismatchError(ProofingError):
    """An element is wrong; which, would help to guess."""

    code = "identity_mismatch"
    status = 403
    description = (
        "These details could not be confirmed. Compare the name and the ID number, both of them, "
        "with your card."
    )


class UnreadableError(ProofingError):
    """The authority could make nothing of it, although its form is right."""

    code = "identity_unreadable"
    status = 400
    description = "The authority could not read these details. Please enter them once more."


class NotOnlineError(ProofingError):
    """No record, no photo, a rare name: nobody's fault, and nothing a screen can settle."""

    code = "identity_not_checkable"
    description = (
        "This cannot be checked online. It is not your fault: registers have gaps. An officer at "
        "a counter can verify you instead."
    )


class FaceNotConfirmedError(ProofingError):
    """Another face, or none alive; which of the two, and by what sign, would help an attacker."""

    code = "face_not_confirmed"
    status = 403
    description = (
        "Your face could not be confirmed. Try once more in good, even light and without a mask, "
        "or choose another way."
    )


class FaceNotCheckableError(ProofingError):
    """No record, no usable portrait: nobody's fault, and nothing that a camera can settle."""

    code = "face_not_checkable"
    description = (
        "Your face cannot be checked online. It is not your fault: some registers have no usable "
        "photo. An officer at a counter can verify you instead."
    )


class FaceOffError(ProofingError):
    """Its owner locked the face, or failures switched it off."""

    code = "face_locked"
    status = 403
    description = (
        "Face scans are switched off for this person. Please take another way. The person can "
        "turn them on again in their account, or at a counter."
    )


class AuthorityAwayError(ProofingError):
    """The authority gave no answer; what was entered is kept."""

    code = "authority_unavailable"
    status = 503
    description = (
        "The authority that would check this does not answer at the moment. What you entered is "
        "kept: try again shortly, or finish later."
    )
    retry_after = 60


class AlreadyProvenError(ProofingError):
    """Another account has proven this very number."""

    code = "identity_already_proven"
    description = (
        "This ID number already belongs to a verified account. Sign in to that account, or have "
        "it sorted out at a counter."
    )


class DiffersError(ProofingError):
    """The account was proven to be somebody else's."""

    code = "identity_differs"
    description = (
        "This account is verified with another ID number. If your number has changed, an officer "
        "at a counter can change it here."
    )


class AppointmentFullError(IdentityError):
    """Somebody else took the last seat."""

    code = "appointment_full"
    status = 409
    description = "This time was just taken. Please choose another."


class AppointmentUnknownError(IdentityError):
    """No appointment of that code is standing."""

    code = "appointment_unknown"
    status = 404
    description = "There is no such appointment."
