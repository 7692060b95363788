"""What stands between the house and one authority, so that it may fail alone.

A question has a time limit, however long the authority takes; only so many are under way at
once, and nobody queues; after failures in a row the authority is left in peace for a while.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Protocol, TypeVar

from config.authorities import AuthoritySettings
from idp.errors import IdentityError
from idp.registry.ports import AuthorityError, RateLimitedError, UnsupportedQueryError
from idp.web import metrics
from idp.web.bulkheads import Breaker, RestingError

log = logging.getLogger(__name__)

T = TypeVar("T")


class TooSlowError(AuthorityError):
    """The time for the whole question is over."""

    reason = "timeout"


class BusyError(AuthorityError):
    """As many questions as may be are under way already."""

    reason = "busy"


class OpenBreakerError(AuthorityError):
    """It failed too often; it is not asked for a while."""

    reason = "resting"


class Discipline(Protocol):
    """How a source may be asked."""

    def ask(self, question: Callable[[], T]) -> T:
        """Return the answer to *question*.

        Raises:
            AuthorityError: and nothing else, whatever *question* raises.
        """


class AtOnce:
    """For a source in our own house: asked in place, with its database's own limits."""

    def __init__(self, name: str) -> None:
        self._name = name

    def ask(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except Exception as error:
            raise _as_authority_error(error, self._name) from error


class AtArmsLength:
    """For an authority far away: asked in a thread of its own, which is given up when it is late.

    A thread given up keeps its place until it ends, so that *width* bounds what an authority
    can hold of us; the transport's own limits end it soon after.
    """

    def __init__(self, name: str, settings: AuthoritySettings) -> None:
        self._name = name
        self._timeout = settings.timeout
        self._places = threading.BoundedSemaphore(settings.width)
        self._threads = ThreadPoolExecutor(settings.width, thread_name_prefix=name)
        self._breaker = Breaker(
            name,
            failures=settings.failures,
            pause=settings.pause,
            harmless=(UnsupportedQueryError, RateLimitedError, BusyError),
            notice=self._notice,
        )

    def ask(self, question: Callable[[], T]) -> T:
        try:
            with self._breaker.passage():
                return self._await(self._begin(question))
        except RestingError as error:
            raise OpenBreakerError(detail=error.detail) from error

    def _begin(self, question: Callable[[], T]) -> Future[T]:
        if not self._places.acquire(blocking=False):
            raise BusyError(detail=f"{self._name}: too many questions under way")
        future = self._threads.submit(question)
        future.add_done_callback(lambda _: self._places.release())
        return future

    def _await(self, future: Future[T]) -> T:
        if not wait((future,), self._timeout).done:
            log.warning("%s gave no answer in time", self._name)
            raise TooSlowError(detail=f"{self._name}: no answer in {self._timeout} s")
        error = future.exception()
        if error is not None:
            raise _as_authority_error(error, self._name) from error
        return future.result()

    def _notice(self, is_open: bool) -> None:  # noqa: FBT001 - the breaker's own words
        log.warning("%s %s", self._name, "is left in peace" if is_open else "answers again")
        metrics.show_breaker(self._name, is_open=is_open)


def _as_authority_error(error: BaseException, name: str) -> AuthorityError:
    """Return *error* as something that a caller foresees; what nobody foresaw is logged whole."""
    if isinstance(error, AuthorityError):
        if not isinstance(error, UnsupportedQueryError):
            log.warning("%s gave no usable answer", name, extra={"detail": error.detail})
        return error
    if isinstance(error, IdentityError):
        log.warning("%s was not reached", name, extra={"detail": error.detail})
        return AuthorityError(detail=error.detail)
    # The traceback's frames are logged, the message is not: it might quote the answer.
    log.error("%s: unforeseen %s", name, type(error).__name__, extra=_where(error))
    return AuthorityError(detail=f"{name}: {type(error).__name__}")


def _where(error: BaseException) -> dict[str, str]:
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    code = last.tb_frame.f_code if last is not None else None
    place = f"{code.co_filename}:{last.tb_lineno}" if code and last else "?"
    return {"detail": place}
