"""What every page tells its browser: load nothing foreign, keep nothing, show us in no frame."""

import re
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: https:; "
    "font-src 'self'; form-action 'self'{targets}; frame-ancestors 'none'; "
    "base-uri 'none'"
)
_CSP_QUESTIONS = "; connect-src 'self'"
_CSP_CAMERA = "; connect-src 'self'; media-src 'self' blob:"
_PAGE = {
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"
    ),
}
_PERMISSIONS_WITH_CAMERA = _PAGE["Permissions-Policy"].replace("camera=()", "camera=(self)")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*:(?://(?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)?")
_ASSET_AGE = 3600


def allow_form_target(url: str) -> None:
    """Let forms of this page end at *url*'s origin.

    Chromium holds the redirects that follow a form against `form-action`, and signing in or
    consenting may redirect all the way to the site that asked.
    """
    parts = urlsplit(url)
    web = parts.scheme in ("http", "https")
    origin = f"{parts.scheme}://{parts.netloc}".lower() if web else f"{parts.scheme.lower()}:"
    if _ORIGIN.fullmatch(origin):
        g.setdefault("form_targets", set()).add(origin)


def allow_camera() -> None:
    """Let this page use the camera, and its scripts send to us what it saw."""
    g.camera_allowed = True


def allow_questions() -> None:
    """Let scripts of this page ask us how things stand."""
    g.questions_allowed = True


def install(app: Flask) -> None:
    """Let every answer of *app* carry its headers."""

    @app.after_request
    def dress(response: Response) -> Response:
        if request.endpoint == "static":
            response.headers["Cache-Control"] = f"public, max-age={_ASSET_AGE}"
            return response
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        if response.mimetype == "text/html":
            camera = "camera_allowed" in g
            policy = _CSP.format(
                targets="".join(f" {o}" for o in sorted(g.get("form_targets", ())))
            )
            if camera:
                policy += _CSP_CAMERA
            elif "questions_allowed" in g:
                policy += _CSP_QUESTIONS
            response.headers.setdefault("Content-Security-Policy", policy)
            if camera:
                response.headers.setdefault("Permissions-Policy", _PERMISSIONS_WITH_CAMERA)
            for name, value in _PAGE.items():
                response.headers.setdefault(name, value)
        return response
