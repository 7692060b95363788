"""Where a page may send its reader next: only to pages of this house."""

import re
from urllib.parse import quote, unquote

from flask import has_request_context, request
from werkzeug.wrappers import Response

# Pages that another page may lead to; the rest of the house is reached by its own links.
_ROOMS = ("/authorize/resume/", "/account", "/device", "/scan/")
# RFC 3986 §3.3 path and §3.4 query; a `%` only before two hexadecimal digits.
_SHAPE = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
_LONGEST = 2000


def safe_next(raw: str | None) -> str | None:
    """Return *raw* when it is a page that signing in may lead to, as `safe_path` does."""
    path = safe_path(raw)
    return path if path is not None and _is_ours(path.partition("?")[0]) else None


def safe_path(raw: str | None) -> str | None:
    r"""Return *raw* when it is a path of this site, without the issuer's prefix; else None.

    A browser reads ``//host``, ``/\host`` and ``/<tab>/host`` as another site, and a server
    may decode what it is sent once more: so the decoded text must pass as well.
    """
    if not raw or len(raw) > _LONGEST or not _SHAPE.fullmatch(raw):
        return None
    decoded = unquote(raw)
    if "\\" in decoded or not decoded.isprintable():
        return None
    path = decoded.partition("?")[0]
    if "//" in path or any(part in (".", "..") for part in path.split("/")):
        return None
    return _without_prefix(raw)


def next_or(default: str) -> str:
    """Return the ``next`` that this request carries, in its query or form, if it is safe."""
    return safe_next(request.values.get("next")) or default


def redirect(path: str) -> Response:
    """Send the browser with GET to *path*, one of ours (303: a posted form is not posted again).

    *path* is counted from the issuer: the prefix of an issuer with a path is added here.
    """
    return Response(status=303, headers={"Location": f"{request.script_root}{path}"})


def here() -> str:
    """Return the path and query of this request, as `safe_next` takes it."""
    path = quote(request.path, safe="/:@!$&'()*+,;=~")
    query = request.query_string.decode("ascii", "replace")
    return f"{path}?{query}" if query else path


def _is_ours(path: str) -> bool:
    return any(
        path.startswith(room) if room.endswith("/") else path == room or path.startswith(f"{room}/")
        for room in _ROOMS
    )


def _without_prefix(raw: str) -> str:
    prefix = request.script_root if has_request_context() else ""
    return raw.removeprefix(prefix) if prefix and raw.startswith(f"{prefix}/") else raw
