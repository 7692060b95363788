"""The pages of the way in: sign in, register, reset, confirm."""

from flask import Flask

from idp.authentication import known_browsers
from idp.authentication.views import (
    confirm,
    confirm_device,
    register,
    reset,
    sign_in,
    sms_code,
    surroundings,
)
from idp.authentication.views.surroundings import Site, Sockets

BLUEPRINTS = (sign_in.bp, sms_code.bp, register.bp, reset.bp, confirm.bp, confirm_device.bp)


def install(app: Flask, sockets: Sockets) -> None:
    """Give *app* these pages."""
    app.extensions[surroundings.KEY] = sockets
    known_browsers.install(app)
    app.context_processor(surroundings.visible_person)
    for pages in BLUEPRINTS:
        app.register_blueprint(pages)


__all__ = ["BLUEPRINTS", "Site", "Sockets", "install"]
