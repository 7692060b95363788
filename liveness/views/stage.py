"""The page on which a face is scanned, and the component's files for pages of other houses."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from flask import Blueprint, Response, render_template, request

from idp.web import guards, headers
from idp.web.entrance import PathUnknownError
from idp.web.locale import LazyText
from idp.web.locale import lazy_gettext as _
from liveness.scans.orders import Purpose

_HOUSE = Path(__file__).parents[1]
_STATIC = _HOUSE / "static"
_KINDS = {".js": "text/javascript", ".css": "text/css"}
_ENTRY_AGE = 300
_FOREVER = 31_536_000

bp = Blueprint("face_stage", __name__, template_folder=str(_HOUSE / "templates"))


class Issued(Protocol):
    """A ticket to a scan, as far as the page must know it."""

    @property
    def text(self) -> str: ...


_HEADINGS: Mapping[Purpose, LazyText] = {
    Purpose.PROOF: _("Verify your name with your face"),
    Purpose.SIGN_IN: _("Sign in with your face"),
    Purpose.STEP_UP: _("Confirm with your face that it is you"),
    Purpose.DEPARTMENT: _("Show that it is you"),
    Purpose.ALIVE: _("Show that you are well"),
}
_REASONS: Mapping[Purpose, LazyText] = {
    Purpose.PROOF: _("What for: to prove that the name and ID number you entered are yours."),
    Purpose.SIGN_IN: _("What for: to let you in, and nobody else."),
    Purpose.STEP_UP: _("What for: to be sure that it is you who goes on."),
    Purpose.DEPARTMENT: _("What for: to tell the office that asked whether it is you: yes or no."),
    Purpose.ALIVE: _("What for: to show that you are alive, so that payments go on."),
}


def stage(
    ticket: Issued,
    *,
    purpose: Purpose,
    another_way: str,
    another_way_label: object,
    site: object | None = None,
    again: str = "",
) -> Response:
    """Return the page that performs the scan *ticket* is for, on our own site.

    *another_way* and *again* are paths of ours, without the issuer's prefix: where whoever will
    or can not be scanned goes on, and where a new scan begins (empty: at this page's address).
    """
    headers.allow_camera()
    html = render_template(
        "face/scan.html",
        ticket=ticket.text,
        heading=_HEADINGS[purpose],
        reason=_REASONS[purpose],
        revocable=purpose is not Purpose.DEPARTMENT,
        endpoint=f"{request.script_root}/face",
        another_way=f"{request.script_root}{another_way}",
        another_way_label=another_way_label,
        again=f"{request.script_root}{again}" if again else "",
        site=site,
        edition=_edition(),
    )
    return Response(html, mimetype="text/html")


@bp.get("/face/face-scan.js")
@guards.public("a script without secrets, which departments' pages load")
def entry() -> Response:
    """Lead to the component as it is now: its address stays, its contents' address does not."""
    body = f'export * from "./{_edition()}/face-scan.js";\n'
    return _file(body.encode(), ".js", f"public, max-age={_ENTRY_AGE}")


@bp.get("/face/<string(length=16):edition>/<path:name>")
@guards.public("scripts and styles without secrets, which departments' pages load")
def part(edition: str, name: str) -> Response:
    """Hand out one file of the component.

    Who asks for another edition, in the minutes of an update, gets the file as it is here.
    """
    found = _files().get(name)
    if found is None:
        raise PathUnknownError(detail=name[:100])
    kept = f"public, max-age={_FOREVER}, immutable" if edition == _edition() else "no-cache"
    return _file(found, Path(name).suffix, kept)


def _file(body: bytes, suffix: str, kept: str) -> Response:
    response = Response(body, content_type=f"{_KINDS[suffix]}; charset=utf-8")
    response.headers["Cache-Control"] = kept
    response.headers["Access-Control-Allow-Origin"] = "*"  # modules are fetched with CORS
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.set_etag(sha256(body).hexdigest()[:32])
    response.make_conditional(request)
    return response


@cache
def _files() -> Mapping[str, bytes]:
    """Read what the component consists of, once; nothing else can be asked for."""
    return {
        path.relative_to(_STATIC).as_posix(): path.read_bytes()
        for path in sorted(_STATIC.rglob("*"))
        if path.suffix in _KINDS
    }


@cache
def _edition() -> str:
    """Return a name for these files that changes with any of them."""
    seen = sha256()
    for name, body in _files().items():
        seen.update(f"{name} {len(body)}\n".encode() + body)
    return seen.hexdigest()[:16]
