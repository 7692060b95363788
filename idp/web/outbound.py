"""The one transport for fetches that we start: checked, bounded, and never redirected."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import SplitResult, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from config.rooms import OutboundSettings
from idp.web.addresses import AddressRules, OutboundFailedError, OutboundRefusedError
from idp.web.bulkheads import Bulkheads

__all__ = ["Answer", "Outbound", "OutboundFailedError", "OutboundRefusedError"]

_PORTS = {"http": 80, "https": 443}
_CHUNK = 16_384
_AGENT = "Manyou"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Outbound:
    """Fetches, within the rules of *settings*."""

    def __init__(
        self,
        settings: OutboundSettings,
        *,
        breakers: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._rules = AddressRules(settings.allow)
        self._bulkheads = Bulkheads(
            width=settings.per_host, wait=settings.connect_timeout, breakers=breakers
        )
        self._tls = tls or _tls()

    def apart(self, *, width: int, timeout: float) -> "Outbound":
        """Return a transport of the same rules that shares no bulkhead with this one.

        *width* requests at a time get *timeout* seconds each. It has no breaker: it is for
        somebody who keeps one of his own.
        """
        limits = {"per_host": width, "connect_timeout": timeout, "read_timeout": timeout}
        settings = self._settings.model_copy(update=limits)
        return Outbound(settings, breakers=False, tls=self._tls)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout: float | None = None,
    ) -> Answer:
        """Send one request, and return the answer whatever its status: 3xx is not followed.

        *timeout* bounds the whole exchange, in seconds.

        Raises:
            OutboundRefusedError: *url* is none that we fetch.
            OutboundFailedError: no answer, too late, or too large.
        """
        target = _parse(url)
        port = target.port or _PORTS[target.scheme]
        limits = self._settings
        deadline = time.monotonic() + (timeout or limits.connect_timeout + limits.read_timeout)
        with self._bulkheads.of(f"{target.hostname}:{port}").passage():
            connection = self._connect(target, port, deadline)
            sent = {"User-Agent": _AGENT, **(headers or {}), "Host": target.netloc}
            try:
                with _cut_off(connection, deadline):
                    connection.request(
                        method, _path(target), body or None, sent, preload_content=False
                    )
                    return self._read(connection.getresponse(), deadline)
            except (OSError, HTTPError) as error:
                raise OutboundFailedError(detail=f"{target.hostname}: {error}") from error
            finally:
                connection.close()

    def _connect(self, target: SplitResult, port: int, deadline: float) -> HTTPConnection:
        """Connect to an address that was checked; the name is not resolved again."""
        name = str(target.hostname)
        patience = self._settings.connect_timeout
        addresses = self._rules.resolve(name, port, timeout=patience)
        failure: Exception | None = None
        for address in addresses:
            if time.monotonic() >= deadline:
                break
            connection = self._open(target.scheme, address, port, name)
            try:
                connection.connect()
            except (OSError, HTTPError) as error:
                connection.close()
                failure = error
                continue
            if connection.sock is not None:
                connection.sock.settimeout(self._settings.read_timeout)
            return connection
        raise OutboundFailedError(detail=f"{name}: {failure or 'too late'}") from failure

    def _open(self, scheme: str, address: str, port: int, name: str) -> HTTPConnection:
        patience = self._settings.connect_timeout
        if scheme == "http":
            return HTTPConnection(address, port, timeout=patience)
        return HTTPSConnection(
            address,
            port,
            timeout=patience,
            ssl_context=self._tls,
            server_hostname=name,
            assert_hostname=name,
        )

    def _read(self, response: BaseHTTPResponse, deadline: float) -> Answer:
        """Read the body as it comes: it is not unpacked, so it cannot be a bomb."""
        body = bytearray()
        while chunk := response.read(_CHUNK, decode_content=False):
            body += chunk
            if len(body) > self._settings.response_limit:
                raise OutboundFailedError(detail="the answer is too large")
        if time.monotonic() >= deadline:  # a line cut off looks like the end of a body
            raise OutboundFailedError(detail="the answer took too long")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, headers, bytes(body))


@cache
def _tls() -> ssl.SSLContext:
    """Read the machine's certificates, once."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _parse(url: str) -> SplitResult:
    try:
        target = urlsplit(url)
        port = target.port
    except ValueError as error:
        raise OutboundRefusedError(detail=f"no URL: {error}") from None
    odd = not url.isascii() or not url.isprintable() or " " in url or "\\" in url
    if odd or target.scheme not in _PORTS or not target.hostname or port == 0:
        raise OutboundRefusedError(detail="not an http(s) URL")
    if target.username is not None or target.password is not None:
        raise OutboundRefusedError(detail="the URL carries a user")
    return target


def _path(target: SplitResult) -> str:
    path = target.path or "/"
    return f"{path}?{target.query}" if target.query else path


@contextmanager
def _cut_off(connection: HTTPConnection, deadline: float) -> Iterator[None]:
    """Cut the line at *deadline*: a socket's own limit starts anew with every byte that drips."""
    line = connection.sock  # once the answer has no known end, the connection forgets its socket

    def cut() -> None:
        with suppress(OSError):  # it closed by itself meanwhile
            if line is not None:
                line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
