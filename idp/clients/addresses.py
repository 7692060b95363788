"""Which addresses a client may name: to return to, to be told at, to show to people."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from idp.clients.errors import InvalidMetadataError, InvalidRedirectUriError

LONGEST = 2048
_HTTP = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[1-9]\d{0,4}))?"
    r"(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?",
    re.ASCII,
)
# What RFC 3986 lets stand in a path or query, less `*`: nobody has a star in a real address,
# and whoever writes one means a wildcard.
_CHARACTERS = re.compile(r"(?:[A-Za-z0-9._~!$&'()+,;=:@/?-]|%[0-9A-Fa-f]{2})*", re.ASCII)
_OWN_SCHEME = re.compile(
    r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:(?P<rest>[^#\\]*)",
    re.ASCII,
)
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
_DOTS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:;[^/]*)?(?:/|$)", re.IGNORECASE | re.ASCII)
_LOOPBACK_LITERALS = frozenset({"127.0.0.1", "[::1]"})
_LOOPBACK_NAMES = _LOOPBACK_LITERALS | {"localhost"}
_LAST_PORT = 65_535


def check_redirect(uri: object, *, native: bool, lenient: bool) -> str:
    """Return *uri* if codes may be sent there.

    https, exactly one reading, no user, no fragment, no wildcard (RFC 9700 §2.1, §4.1). http
    only to a native app's own loopback address (RFC 8252 §7.3), or, where *lenient*, to any
    loopback name. A scheme of its own only for a native app, with a dot (RFC 8252 §7.1).

    Raises:
        InvalidRedirectUriError: it is anything else.
    """
    if not isinstance(uri, str) or len(uri) > LONGEST:
        raise InvalidRedirectUriError("redirect_uris must be a list of URIs")
    found = _HTTP.fullmatch(uri)
    if found is None:
        own = _OWN_SCHEME.fullmatch(uri) if native else None
        if own is None or not _clean(own["rest"]):
            raise InvalidRedirectUriError("A redirect URI is malformed, or its scheme not allowed")
        return uri
    if not _plain(found):
        raise InvalidRedirectUriError("A redirect URI must be plain and absolute")
    loopback = _LOOPBACK_NAMES if lenient else _LOOPBACK_LITERALS if native else frozenset()
    if found["scheme"] == "http" and found["host"].lower() not in loopback:
        raise InvalidRedirectUriError("A redirect URI must use https")
    return uri


def check_page(uri: object, *, name: str, lenient: bool = False) -> str:
    """Return *uri* if it is an https address, or, where *lenient*, http on this machine.

    Raises:
        InvalidMetadataError: it is neither.
    """
    found = _HTTP.fullmatch(uri) if isinstance(uri, str) and len(uri) <= LONGEST else None
    if not isinstance(uri, str) or found is None or not _plain(found):
        raise InvalidMetadataError(f"{name} must be an absolute https URL")
    home = lenient and found["host"].lower() in _LOOPBACK_NAMES
    if found["scheme"] != "https" and not home:
        raise InvalidMetadataError(f"{name} must use https")
    return uri


def is_plain(uri: str) -> bool:
    """Say whether *uri* is an http(s) address that everybody reads alike, whatever its scheme."""
    found = _HTTP.fullmatch(uri) if len(uri) <= LONGEST else None
    return found is not None and _plain(found)


def _plain(found: re.Match[str]) -> bool:
    path, query = found["path"] or "", found["query"] or ""
    port = int(found["port"] or 0)
    clean = _clean(path) and _clean(query) and not _DOTS.search(path)
    return clean and port <= _LAST_PORT and _is_host(found["host"])


def _clean(text: str) -> bool:
    return _CHARACTERS.fullmatch(text) is not None


def _is_host(host: str) -> bool:
    """Say whether *host* is a name or an address, in the one way everybody reads it.

    A last label of digits makes browsers look for an IPv4 address in odd spellings.
    """
    try:
        if host.startswith("["):
            return bool(IPv6Address(host[1:-1]))
        if host.rpartition(".")[2].isdigit():
            return bool(IPv4Address(host))
    except AddressValueError:
        return False
    return len(host) <= 253 and all(map(_LABEL.fullmatch, host.split(".")))  # noqa: PLR2004
