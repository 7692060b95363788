"""Language and size of type: two switches that one cookie remembers."""

from flask import Blueprint, Response, request

from idp.web import guards, house, navigation
from idp.web.locale import COOKIE, preferences

bp = Blueprint("preferences", __name__)
_LIFETIME = 400 * 86_400  # the longest that browsers keep a cookie (RFC 6265bis §5.6.1)


@bp.post("/preferences")
@guards.public("whoever reads may choose how")
def change() -> Response:
    """Keep the choice, and return to the page it was made on."""
    changed = preferences().changed_by(request.form)
    response = Response(status=303)
    back = navigation.safe_path(request.form.get("return_to")) or "/"
    response.headers["Location"] = f"{request.script_root}{back}"
    # Readable by no script and worth nothing to a thief: it needs no host prefix.
    response.set_cookie(
        COOKIE,
        str(changed),
        max_age=_LIFETIME,
        secure=house.settings().secure,
        httponly=True,
        samesite="Lax",
    )
    return response
