"""Where a browser goes when its session has ended here, if something is left to end elsewhere."""

from collections.abc import Callable
from typing import cast

from flask import Flask, current_app

Offer = Callable[[str, str | None], str | None]
"""Takes a session that ended and the address to go back to, and returns a page of ours, or None."""
_KEY = "manyou.farewell"


def install(app: Flask, offer: Offer) -> None:
    """Tell *app* who knows what a session leaves open elsewhere."""
    app.extensions[_KEY] = offer


def page_after(session_id: str, return_to: str | None = None) -> str | None:
    """Return the page that asks about the rest; None: nothing is left."""
    offer = cast(Offer | None, current_app.extensions.get(_KEY))
    return offer(session_id, return_to) if offer is not None else None
