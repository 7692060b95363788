"""How failures are told: a page to a person, JSON to a program, the details to the log alone."""

import logging
import sqlite3

import psycopg
from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from idp.db import is_outage
from idp.errors import BadRequestError, IdentityError, TooLargeError, UnavailableError
from idp.web import entrance, refusals
from idp.web.error_pages import PAGES, ErrorPage, links, page_of
from idp.web.locale import gettext

__all__ = ["PAGES", "ErrorPage", "install", "page", "wants_page"]

log = logging.getLogger(__name__)

_OUTAGES = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    sqlite3.OperationalError,
    UnavailableError,
)


class MethodNotAllowedError(BadRequestError):
    """The address exists, but not for this method."""

    code = "method_not_allowed"
    status = 405
    description = "The address does not accept this kind of request."


class MediaTypeError(BadRequestError):
    """The body is of a kind that nobody here reads."""

    code = "media_type_unsupported"
    status = 415
    description = "The body is of a kind that this address does not accept."


_BY_STATUS: dict[int, type[IdentityError]] = {
    404: entrance.PathUnknownError,
    405: MethodNotAllowedError,
    413: TooLargeError,
    415: MediaTypeError,
}


def install(app: Flask) -> None:
    """Let *app* tell every failure."""
    app.register_error_handler(IdentityError, _foreseen)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def wants_page() -> bool:
    """Say whether whoever asks reads HTML: browsers name it, programs do not."""
    return "text/html" in request.headers.get("Accept", "")


def page(error: IdentityError) -> str:
    """Return the page that tells *error* to a person."""
    told = page_of(error)
    return render_template(
        "error.html",
        code=error.code,
        status=error.status,
        title=told.title,
        explanation=told.explanation or gettext(error.description),
        next_steps=links(told),
        request_id=_request_id(),
    )


def _foreseen(error: IdentityError) -> Response:
    level = logging.ERROR if error.status >= 500 else logging.INFO  # noqa: PLR2004 - HTTP's own
    log.log(level, "%s: %s", error.code, error.detail, extra={"request_id": _request_id()})
    if wants_page():
        response = Response(page(error), error.status, content_type="text/html; charset=utf-8")
    else:
        body = refusals.as_json(error, _request_id())
        response = Response(body, error.status, content_type="application/json")
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    response.headers["Cache-Control"] = "no-store"
    return response


def _http(error: HTTPException) -> Response | HTTPException:
    if isinstance(error, RequestRedirect) or error.response is not None:
        return error
    kind = _BY_STATUS.get(error.code or 500)
    if kind is None:
        foreseen = (error.code or 500) < 500  # noqa: PLR2004 - HTTP's own
        kind = BadRequestError if foreseen else IdentityError
    response = _foreseen(kind(detail=f"{error.code} {request.path}"))
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _unforeseen(error: Exception) -> Response:
    if is_outage(error) or isinstance(error, _OUTAGES):
        return _foreseen(UnavailableError(detail=str(error).partition("\n")[0]))
    log.error("unforeseen failure", exc_info=error, extra={"request_id": _request_id()})
    return _foreseen(IdentityError(detail=type(error).__name__))


def _request_id() -> str:
    return str(request.environ.get(entrance.REQUEST_ID, ""))
