"""Who really called: what the proxies in front of us say, believed only if we were told to."""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# The de facto headers, and RFC 7239's, which no proxy of ours writes and nobody may read.
_FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_REQUEST_ID",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
)
_REQUEST_ID = re.compile(r"[0-9a-f]{8}[0-9a-f-]{8,28}")


class Forwarded(NamedTuple):
    """What is known of the caller; empty where nobody trusted said it."""

    address: str
    scheme: str = ""
    host: str = ""
    request_id: str = ""


class Proxies:
    """The networks whose word counts."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(network, strict=False) for network in networks]
        self._is_trusted = lru_cache(4096)(self._look_up)

    def read(self, environ: "WSGIEnvironment") -> Forwarded:
        """Return what is known of the caller, and take the headers away from everybody else."""
        peer = environ.get("REMOTE_ADDR", "")
        said = {name: environ.pop(name) for name in _FORWARDED if name in environ}
        if not said or not self._networks or not self._is_trusted(peer):
            return Forwarded(peer)
        return Forwarded(
            address=self._client(peer, said.get("HTTP_X_FORWARDED_FOR", "")),
            scheme=_last(said.get("HTTP_X_FORWARDED_PROTO", "")).lower(),
            host=_last(said.get("HTTP_X_FORWARDED_HOST", "")),
            request_id=_request_id(said.get("HTTP_X_REQUEST_ID", "").lower()),
        )

    def _client(self, peer: str, chain: str) -> str:
        """Walk the chain from our side; the first address that is no proxy of ours called."""
        client = peer
        for hop in reversed(chain.split(",")):
            address = _address(hop)
            if not address:
                return client
            client = address
            if not self._is_trusted(address):
                break
        return client

    def _look_up(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _address(hop: str) -> str:
    """Return *hop* as an address, without a port; empty when it is none."""
    text = hop.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _last(value: str) -> str:
    return value.rpartition(",")[2].strip()


def _request_id(value: str) -> str:
    """Return a proxy's own name for the request if it is one, in the 32 characters we keep."""
    return value.replace("-", "")[:32] if _REQUEST_ID.fullmatch(value) else ""
