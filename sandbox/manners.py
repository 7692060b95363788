"""Headers that every sandbox page sends, and the refusal of forms posted from elsewhere."""

from flask import Flask, Response, abort, g, request


def embed(origin: str) -> None:
    """Let this answer's page run a component of *origin*, styled and served from there."""
    g.embedded = origin


def _refuse_strangers(own: str, open_paths: tuple[str, ...]) -> None:
    """Refuse a form that another site's page posts: ports of localhost share SameSite cookies."""
    if request.method != "POST" or request.path in open_paths:
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin != own:
        abort(403)


def install(
    app: Flask, *, own: str, forms_to: tuple[str, ...] = (), machines: tuple[str, ...] = ()
) -> None:
    """Teach *app* its manners.

    *own* is its origin; *forms_to* are further origins that its forms end up at;
    *machines* are paths that programs post to, without a browser's cookies.
    """
    targets = " ".join(("'self'", *forms_to))

    def policy() -> str:
        guest = f" {g.embedded}" if "embedded" in g else ""
        return (
            f"default-src 'none'; style-src 'self'{guest}; img-src 'self'{guest}; "
            f"script-src 'self'{guest}; connect-src 'self'{guest}; media-src 'self' blob:; "
            f"form-action {targets}; "
            "frame-ancestors 'none'; base-uri 'none'"
        )

    def dress(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy()
        response.headers["X-Content-Type-Options"] = "nosniff"
        # same-origin, and not no-referrer: the latter turns a form's Origin into "null".
        response.headers["Referrer-Policy"] = "same-origin"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.before_request(lambda: _refuse_strangers(own, machines))
    app.after_request(dress)
