"""The pages of the citizen's own space."""

from collections.abc import Callable

from flask import Flask

from idp.clients.party import RelyingParty
from idp.portal.views import (
    checks,
    counter_visit,
    device_keys,
    devices,
    overview,
    phone,
    profile,
    real_name,
    security,
    sites,
)

BLUEPRINTS = (
    overview.bp,
    profile.bp,
    phone.bp,
    devices.bp,
    device_keys.bp,
    sites.bp,
    security.bp,
    real_name.bp,
    counter_visit.bp,
    checks.bp,
)


def install(app: Flask, *, find_client: Callable[[str], RelyingParty | None]) -> None:
    """Give *app* these pages; *find_client* knows the sites' registrations."""
    app.extensions[sites.KEY] = find_client
    for pages in BLUEPRINTS:
        app.register_blueprint(pages)


__all__ = ["BLUEPRINTS", "install"]
