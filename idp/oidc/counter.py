"""The machines' door: a plain WSGI counter ahead of Flask (docs/decisions/0003-two-doors.md).

A request for a machine's endpoint is parsed, answered by a plain function and gone; all
others, and those that need a page, pass through to the people's door.
"""

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from config import Settings
from idp.errors import IdentityError, TooLargeError
from idp.oidc import alive_verifications, bearer, errors, face_verifications
from idp.oidc.authorize import authorize
from idp.oidc.desk import Desk
from idp.oidc.introspect import introspect
from idp.oidc.metadata import jwks, openid_configuration
from idp.oidc.openapi import openapi
from idp.oidc.register import manage, register
from idp.oidc.revoke import revoke
from idp.oidc.token import token
from idp.oidc.userinfo import userinfo
from idp.oidc.verifications import BATCHES, batch, batches, real_name
from idp.web.machine import MachineRequest, Reply, reply_json

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

Endpoint = Callable[[MachineRequest, Desk], Reply | None]

GET, POST = ("GET", "HEAD"), ("POST",)
BOTH = (*GET, *POST)

# fmt: off
ENDPOINTS: dict[str, tuple[Endpoint, tuple[str, ...]]] = {
    "/.well-known/openid-configuration":       (openid_configuration, GET),
    "/.well-known/oauth-authorization-server": (openid_configuration, GET),
    "/jwks":       (jwks,       GET),
    "/authorize":  (authorize,  BOTH),
    "/token":      (token,      POST),
    "/userinfo":   (userinfo,   BOTH),
    "/introspect": (introspect, POST),
    "/revoke":     (revoke,     POST),
    "/clients":    (register,   POST),
    "/openapi.json":                    (openapi,   GET),
    "/verifications/real-name":         (real_name, POST),
    "/verifications/real-name/batches": (batches,   POST),
    face_verifications.PATH:            (face_verifications.order, POST),
    alive_verifications.PATH:           (alive_verifications.ask,  POST),
}
# What lives below a path of its own, by one more segment.
BELOW: dict[str, tuple[Endpoint, tuple[str, ...]]] = {
    "/clients":                         (manage,    ("GET", "PUT", "DELETE")),
    "/verifications/real-name/batches": (batch,     ("GET", "DELETE")),
    face_verifications.PATH:            (face_verifications.fetch, POST),
}
# fmt: on

_REASONS = {
    200: "200 OK",
    201: "201 Created",
    202: "202 Accepted",
    204: "204 No Content",
    303: "303 See Other",
    304: "304 Not Modified",
    400: "400 Bad Request",
    401: "401 Unauthorized",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    409: "409 Conflict",
    410: "410 Gone",
    413: "413 Content Too Large",
    415: "415 Unsupported Media Type",
    422: "422 Unprocessable Content",
    429: "429 Too Many Requests",
    500: "500 Internal Server Error",
    503: "503 Service Unavailable",
}


def endpoint_at(path: str) -> tuple[Endpoint, tuple[str, ...]] | None:
    """Return the endpoint that lives at *path*, and its methods."""
    found = ENDPOINTS.get(path)
    if found is None and path not in BELOW:
        above, _, name = path.rpartition("/")
        return BELOW.get(above) if name else None
    return found


def answer(
    endpoint: Endpoint, methods: tuple[str, ...], request: MachineRequest, desk: Desk
) -> Reply | None:
    """Run *endpoint*, and turn every failure into an answer.

    None is no failure: the people's door takes the request over.
    """
    if request.method not in methods:
        body = {"error": "method_not_allowed", "error_description": "Use another method here."}
        return reply_json(body, 405, headers=(("Allow", ", ".join(methods)),))
    try:
        return endpoint(request, desk)
    except IdentityError as error:
        if request.path == "/authorize":
            return None  # What goes wrong there is told to a person, on a page.
        _note(error, request)
        return errors.reply(error, challenge=bearer.challenge(error, desk.issuer))
    except Exception:
        log.exception("unforeseen", extra={"request_id": request.request_id})
        return errors.reply(IdentityError())


def _note(error: IdentityError, request: MachineRequest) -> None:
    log.info(
        "%s refused",
        request.path,
        extra={"code": error.code, "detail": error.detail, "request_id": request.request_id},
    )


class Counter:
    """WSGI middleware that serves machines, and lets people through to *app*."""

    def __init__(self, app: "WSGIApplication", desk: Desk) -> None:
        self._app = app
        self._desk = desk

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Serve the request if it is a machine's, else pass it on."""
        found = endpoint_at(environ.get("PATH_INFO", ""))
        if found is None:
            return self._app(environ, start_response)
        endpoint, methods = found
        if endpoint is authorize and environ["REQUEST_METHOD"] != "GET":
            return self._app(environ, start_response)  # a form: its body is for one reader only
        try:
            request = read(environ, limit_of(environ["PATH_INFO"], self._desk.settings))
        except IdentityError as error:
            reply: Reply | None = errors.reply(error)
        else:
            reply = answer(endpoint, methods, request, self._desk)
        if reply is None:
            return self._app(environ, start_response)
        headers = [*reply.headers, ("Content-Length", str(len(reply.body)))]
        start_response(_REASONS.get(reply.status, f"{reply.status} Unknown"), headers)
        return () if request_is_head(environ) else (reply.body,)


def limit_of(path: str, settings: Settings) -> int:
    """Return how large a body may be at *path*, in bytes."""
    larger = settings.verification.batch_body_limit if path == BATCHES else 0
    return max(settings.http.body_limit, larger)


def request_is_head(environ: "WSGIEnvironment") -> bool:
    return bool(environ["REQUEST_METHOD"] == "HEAD")


def read(environ: "WSGIEnvironment", limit: int) -> MachineRequest:
    """Return what *environ* asks.

    Raises:
        TooLargeError: the body is longer than *limit* bytes.
    """
    body = b""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        body = environ["wsgi.input"].read(limit + 1)
        if len(body) > limit:
            raise TooLargeError
    headers = {
        key[5:].replace("_", "-").lower(): value
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    if kind := environ.get("CONTENT_TYPE"):
        headers["content-type"] = kind
    return MachineRequest(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        query_string=environ.get("QUERY_STRING", "").encode("latin-1"),
        headers=headers,
        body=body,
        address=environ.get("manyou.address", ""),
        request_id=environ.get("manyou.request_id", ""),
    )
