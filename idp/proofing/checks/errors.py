"""Why a department's question is not answered."""

from collections.abc import Mapping

from idp.errors import (
    BadRequestError,
    IdentityError,
    TooManyRequestsError,
    UnavailableError,
)
from idp.registry.ports import AuthorityError


class CheckNotPermittedError(IdentityError):
    """The operator has not allowed this client to check anybody."""

    code = "check_not_permitted"
    status = 403
    description = "This client is not permitted to check identities."


class CheckPurposeError(CheckNotPermittedError):
    """Allowed to check, but not for this purpose or on this legal basis."""

    code = "check_purpose_refused"
    description = "This client is not permitted to check for this purpose or on this legal basis."


class CheckInputError(BadRequestError):
    """The question is no question; *fields* says which word of it is wrong, and how, by code."""

    code = "check_input_invalid"
    description = "The question is malformed: see the fields."

    def __init__(self, fields: Mapping[str, str], *, detail: str = "") -> None:
        super().__init__(detail=detail or " ".join(f"{k}:{v}" for k, v in fields.items()))
        self.fields = dict(fields)


class IdempotencyKeyMissingError(BadRequestError):
    """Without a key a retry would ask, and count, a second time."""

    code = "idempotency_key_missing"
    description = "Send an Idempotency-Key header of 16 to 128 visible ASCII characters."


class IdempotencyKeyReusedError(BadRequestError):
    """The key has answered another question already."""

    code = "idempotency_key_reused"
    status = 422
    description = "This Idempotency-Key was used for another request."


class IdempotencyInProgressError(IdentityError):
    """The first request with this key is still being answered."""

    code = "idempotency_in_progress"
    status = 409
    description = "A request with this Idempotency-Key is being answered. Ask again shortly."
    retry_after = 1


class QuotaExceededError(TooManyRequestsError):
    """The department has asked as often as it may in this minute or day."""

    code = "check_quota_exceeded"
    description = "This client has used up its quota of checks."


class IdentityBudgetError(TooManyRequestsError):
    """Whoever asks: this number was tried in vain too often today."""

    code = "identity_tried_too_often"
    description = "There were too many failed checks of this identity number. Try again tomorrow."


class GuessingError(TooManyRequestsError):
    """So many failures are no business any more."""

    code = "guessing_suspected"
    description = "Too many of this client's checks failed. Its checks are stopped for a while."
    commits = True


class AuthorityBusyError(IdentityError):
    """The authority answers nobody, or not us, at this rate."""

    code = "authority_busy"
    status = 503
    description = "The authority takes no more questions at the moment. Please try again shortly."
    retry_after = 10


class AuthorityDownError(AuthorityError):
    """No authority gave an answer; nothing was learned."""

    status = 503
    retry_after = 30


class BatchUnknownError(IdentityError):
    """No batch of this client has that name."""

    code = "batch_unknown"
    status = 404
    description = "There is no such batch."


class BatchInputError(BadRequestError):
    """The batch is no list of questions, or too long a one."""

    code = "batch_invalid"
    description = "A batch is a JSON array, or lines of JSON, of at most as many checks as allowed."


class FacesClosedError(UnavailableError):
    """No face is looked at in this deployment, or not just now."""

    code = "face_scans_closed"
    description = "Face scans are not offered at the moment. Use another way."
    retry_after = 60


class FaceScanUnknownError(IdentityError):
    """No scan of that name was ordered by this client."""

    code = "face_scan_unknown"
    status = 404
    description = "There is no such face scan of this client."


class FaceScanRunningError(IdentityError):
    """The person has not finished yet."""

    code = "face_scan_running"
    status = 409
    description = "The face scan is not finished. Ask again shortly."
    retry_after = 3


class FaceScanExpiredError(IdentityError):
    """Nobody finished the scan in its time, or it was given up."""

    code = "face_scan_expired"
    status = 410
    description = "The face scan was not finished in time or was given up. Order another one."


class FaceScanUnansweredError(FaceScanExpiredError):
    """The face was captured, and no authority compared it."""

    code = "face_scan_unanswered"
    description = "No authority compared the face. Order another scan."


class FaceVerdictFetchedError(IdentityError):
    """A verdict is handed over once."""

    code = "face_verdict_fetched"
    status = 410
    description = "The verdict of this face scan was fetched before."
