"""What can go wrong with a picture, or with the room that looks at it."""

from enum import StrEnum

from idp.errors import BadRequestError, UnavailableError


class Fault(StrEnum):
    """Why a picture is not opened."""

    FORMAT = "format"  # neither JPEG nor PNG nor WebP
    VARIANT = "variant"  # one of them, but of a kind that no camera sends
    DAMAGED = "damaged"
    TRAILING = "trailing"  # something follows the picture
    TOO_HEAVY = "too_heavy"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    UNREADABLE = "unreadable"  # the header promised what the rest did not hold


class PictureError(BadRequestError):
    """The picture cannot be used, whoever looks at it."""

    code = "invalid_picture"
    description = "The picture cannot be used. Please take it again with the camera."

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(detail=f"{fault}: {detail}")
        self.fault = fault


class VisionBusyError(UnavailableError):
    """The queue is full, or the wait grew too long; nothing was looked at."""

    code = "vision_busy"
    description = "Many people are being scanned at this moment. Please try again shortly."

    def __init__(self, *, retry_after: int, detail: str = "") -> None:
        super().__init__(detail=detail)
        self.retry_after = retry_after


class VisionLostError(UnavailableError):
    """Whoever looked at the pictures crashed, hung or ran out of memory over them.

    The same pictures would do it again, so the scan is over; the next one is not affected.
    """

    code = "vision_lost"
    description = "The pictures could not be examined. Please begin the scan again."


class VisionStartError(UnavailableError):
    """The process group did not come up."""

    code = "vision_not_started"
