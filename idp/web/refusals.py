"""Answers for requests that no door may see: told without Flask, in both languages."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from markupsafe import Markup

from idp.errors import IdentityError
from idp.web.locale import gettext

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_PAGE = Markup("""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{code}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>{chinese}</h1><p lang="en">{english}</p>
<p><a href="{home}/">{home}</a></p><p><code>{code}</code> <code>{request_id}</code></p></main>
</body></html>
""")
_STRICT = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def answer(
    error: IdentityError, environ: "WSGIEnvironment", respond: Any, *, home: str
) -> Iterable[bytes]:
    """Answer *error* as a page to a browser and as JSON to anybody else."""
    request_id = environ.get("manyou.request_id", "")
    if "text/html" in environ.get("HTTP_ACCEPT", ""):
        kind, body = "text/html; charset=utf-8", _page(error, request_id, home).encode()
    else:
        kind, body = "application/json", as_json(error, request_id)
    headers = [
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", _STRICT),
    ]
    if error.retry_after is not None:
        headers.append(("Retry-After", str(error.retry_after)))
    respond(status_line(error.status), headers)
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


def as_json(error: IdentityError, request_id: str) -> bytes:
    """Return the body that programs get for *error*."""
    return orjson.dumps(
        {
            "error": error.code,
            "error_description": error.description,
            "request_id": request_id,
        }
    )


def status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _page(error: IdentityError, request_id: str, home: str) -> str:
    return _PAGE.format(
        chinese=gettext(error.description),
        english=error.description,
        code=error.code,
        request_id=request_id,
        home=home,
    )
