"""What can go wrong with a capture session, beside what was seen in it."""

from idp.errors import BadRequestError, IdentityError, UnavailableError


class FaceNotOfferedError(UnavailableError):
    """No vision processes run here, or an operator switched faces off."""

    code = "face_not_offered"
    description = "Face scans are not offered here at present. Please choose another way."


class TicketError(IdentityError):
    """The ticket is forged, of another deployment, too old, or in another browser's hands."""

    code = "face_ticket_invalid"
    status = 401
    description = "This scan was not opened here. Please start again."
    headers = (("WWW-Authenticate", "Bearer"),)


class ForeignOriginError(IdentityError):
    """A page of an origin for which the scan was not ordered."""

    code = "face_origin_foreign"
    status = 403
    description = "This scan was not ordered for this page."


class BatchError(BadRequestError):
    """The pictures are not sent in the way that is spoken here."""

    code = "face_batch_invalid"
    description = "The pictures were not sent as they should be."


class ScanStepError(IdentityError):
    """The scan stands elsewhere: these pictures are being looked at, or were."""

    code = "face_scan_step"
    status = 409
    description = "This step of the scan is over, or is being looked at."


class StepsSpentError(IdentityError):
    """Too few movements are left to choose from."""

    code = "face_steps_spent"
    status = 409
    description = "There is no other movement to choose. Please choose another way."


class ScanOverError(IdentityError):
    """The scan has ended, was redeemed, or its time has passed."""

    code = "face_scan_over"
    status = 410
    description = "This scan is over. Please start again."


class TamperedError(Exception):
    """What came is not what was handed out, or was not captured as it claims.

    Whoever sent it is told no more than that the face was not confirmed.
    """
