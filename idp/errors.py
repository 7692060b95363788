"""The root of every failure raised on purpose."""


class IdentityError(Exception):
    """A failure we foresaw.

    *description* may be shown to anybody: it is an English sentence in printable
    ASCII and the key of its own translation. *detail* is for the log alone: it says
    which check failed, and so must never reach whoever failed it.
    """

    code = "server_error"
    status = 500
    description = "The request could not be completed."
    retry_after: int | None = None
    headers: tuple[tuple[str, str], ...] = ()  # what a machine's answer carries beside
    commits = False  # whether what the transaction wrote before must outlive this failure

    def __init__(self, description: str | None = None, *, detail: str = "") -> None:
        self.description = description or self.description
        self.detail = detail
        super().__init__(f"{self.code}: {self.description}")


class BadRequestError(IdentityError):
    """What was sent cannot be understood."""

    code = "invalid_request"
    status = 400
    description = "The request is malformed."


class TooLargeError(BadRequestError):
    """More was sent than anybody needs to."""

    code = "request_too_large"
    status = 413
    description = "The request is larger than this service accepts."


class TooManyRequestsError(IdentityError):
    """Asked too often; there is a moment after which asking again makes sense."""

    code = "too_many_requests"
    status = 429
    description = "There were too many attempts. Please wait a while and try again."

    def __init__(
        self, description: str | None = None, *, retry_after: int = 60, detail: str = ""
    ) -> None:
        super().__init__(description, detail=detail)
        self.retry_after = retry_after


class UnavailableError(IdentityError):
    """Something we depend on is down; nothing was half-done."""

    code = "temporarily_unavailable"
    status = 503
    description = "The service is temporarily unavailable. Please try again shortly."
    retry_after = 5
