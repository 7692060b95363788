"""The outermost step: what every request must be before any door of the house sees it.

It stands around both doors, so it costs microseconds: dictionary look-ups, no patterns.
"""

import logging
import secrets
from collections.abc import Iterable, Mapping
from io import BytesIO
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes
from urllib.parse import urlsplit as split

from config import Settings
from idp.errors import BadRequestError, IdentityError, TooLargeError
from idp.web import metrics, refusals
from idp.web.proxies import Proxies

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ADDRESS = "manyou.address"
REQUEST_ID = "manyou.request_id"
_PROBES = frozenset({"/healthz", "/readyz"})
# RFC 8414 §3.1 puts the well-known part before an issuer's path, OpenID Discovery after it.
_WELL_KNOWN = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")
_YEAR = 31_536_000

log = logging.getLogger(__name__)


class HostUnknownError(BadRequestError):
    """The Host header names no host of ours, so the request was not meant for us."""

    code = "host_unknown"
    description = "This service is not known under that name."


class ContentEncodingError(BadRequestError):
    """A compressed body could be a bomb, and nobody needs to send one."""

    code = "content_encoding_unsupported"
    status = 415
    description = "The body must not be compressed."


class TlsRequiredError(BadRequestError):
    """The proxy says that this came over plain http."""

    code = "tls_required"
    description = "This service must be reached over https."


class PathUnknownError(IdentityError):
    """Nothing of ours lives there."""

    code = "not_found"
    status = 404
    description = "There is nothing at this address."


class Entrance:
    """WSGI middleware: refuses what is malformed, and says who is calling.

    At the paths that *limits* names, a body may be that long. Leaves ``manyou.address`` (the
    client's IP address) and ``manyou.request_id`` in the environ, ``SCRIPT_NAME`` set for an
    issuer with a path, and the scheme the issuer's.
    """

    def __init__(
        self, app: "WSGIApplication", settings: Settings, limits: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._settings = settings
        self._scheme = split(settings.issuer).scheme
        self._hosts = frozenset(_hosts(settings))
        self._prefix = settings.issuer_path
        self._aliases = {f"{name}{self._prefix}": name for name in _WELL_KNOWN}
        self._limit = settings.http.body_limit
        self._limits = {self._prefix + path: limit for path, limit in (limits or {}).items()}
        self._proxies = Proxies(settings.trusted_proxies)
        self._headers = [("X-Content-Type-Options", "nosniff")]
        if settings.secure:
            self._headers.append(("Strict-Transport-Security", f"max-age={_YEAR}"))

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Check *environ*, then let the house answer."""
        begun = perf_counter()
        request_id = environ[REQUEST_ID] = secrets.token_hex(16)
        status = ["500"]

        def respond(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            status[0] = line
            extra = (*headers, *self._headers, ("X-Request-Id", environ[REQUEST_ID]))
            return start_response(line, list(extra), *((exc_info,) if exc_info else ()))

        try:
            self._admit(environ)
            return self._app(environ, respond)
        except IdentityError as error:
            log.info("refused at the entrance: %s %s", error.code, error.detail)
            return refusals.answer(error, environ, respond, home=self._settings.issuer)
        except Exception:
            log.exception("unhandled failure", extra={"request_id": request_id})
            return refusals.answer(IdentityError(), environ, respond, home=self._settings.issuer)
        finally:
            metrics.observe(
                environ["PATH_INFO"], environ["REQUEST_METHOD"], status[0], perf_counter() - begun
            )

    def _admit(self, environ: "WSGIEnvironment") -> None:
        host = environ.get("HTTP_HOST", "")
        path = environ["PATH_INFO"]
        forwarded = self._proxies.read(environ)
        environ[ADDRESS] = forwarded.address
        if forwarded.request_id:
            environ[REQUEST_ID] = forwarded.request_id
        _text_is_clean(path, environ.get("QUERY_STRING", ""))
        if path in _PROBES:
            return
        host = forwarded.host or host
        if host not in self._hosts and host.lower() not in self._hosts:
            raise HostUnknownError(detail=f"Host {host[:100]!r}")
        if forwarded.scheme == "http" and self._scheme == "https":
            raise TlsRequiredError
        environ["wsgi.url_scheme"] = self._scheme
        self._body_is_bounded(environ)
        if self._prefix:
            self._enter_prefix(environ, path)

    def _body_is_bounded(self, environ: "WSGIEnvironment") -> None:
        """Refuse a body too large to read, however its length is announced."""
        if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
            raise ContentEncodingError
        limit = self._limits.get(environ["PATH_INFO"], self._limit)
        length = environ.get("CONTENT_LENGTH")
        if length and (not length.isdecimal() or int(length[:12]) > limit):
            raise TooLargeError if length.isdecimal() else BadRequestError
        if environ.get("HTTP_TRANSFER_ENCODING"):
            body = environ["wsgi.input"].read(limit + 1)
            if len(body) > limit:
                raise TooLargeError(detail="chunked")
            environ["wsgi.input"] = BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
            del environ["HTTP_TRANSFER_ENCODING"]

    def _enter_prefix(self, environ: "WSGIEnvironment", path: str) -> None:
        """Take the issuer's path off, as a server that mounts us there would."""
        alias = self._aliases.get(path)
        if alias:
            path = f"{self._prefix}{alias}"
        if path != self._prefix and not path.startswith(f"{self._prefix}/"):
            raise PathUnknownError
        environ["SCRIPT_NAME"] = self._prefix
        environ["PATH_INFO"] = path[len(self._prefix) :] or "/"


def _text_is_clean(path: str, query: str) -> None:
    """Refuse NUL and bad UTF-8 in a path (decoded, one character a byte) and a query (encoded)."""
    if "\0" in path:
        raise BadRequestError("The address holds a NUL character.")
    if not path.isascii():
        _decode(path.encode("latin-1"))
    if "%" in query or not query.isascii():
        decoded = unquote_to_bytes(query.encode("latin-1"))
        if b"\0" in decoded:
            raise BadRequestError("The address holds a NUL character.")
        _decode(decoded)


def _decode(raw: bytes) -> None:
    try:
        raw.decode()
    except UnicodeDecodeError:
        raise BadRequestError("The address is not valid UTF-8.") from None


def _hosts(settings: Settings) -> Iterable[str]:
    """Yield each Host that is ours; the scheme's own port may be written or left out."""
    port = ":443" if settings.secure else ":80"
    for host in (settings.issuer_host, *settings.http.allowed_hosts):
        name = host.lower()
        yield name
        bare = name.removesuffix(port)
        if bare != name:
            yield bare
        elif ":" not in name.rpartition("]")[2]:
            yield name + port
