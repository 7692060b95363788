"""The provider's own front page."""

from flask import Blueprint, render_template

from idp.web import guards

bp = Blueprint("home", __name__)


@bp.get("/")
@guards.public("the front page")
def home() -> str:
    """Say what this is, and where to go."""
    return render_template("home.html")
