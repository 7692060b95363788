"""The pages of the way in: sign in, register, reset, confirm."""

from collections.abc import Callable, Iterable

from flask import Flask

from idp.authentication import known_browsers
from idp.authentication.methods import METHODS, Method
from idp.authentication.views import (
    confirm,
    confirm_device,
    register,
    reset,
    sign_in,
    sms_code,
    surroundings,
)
from idp.authentication.views.surroundings import Demand, Site, Sockets

BLUEPRINTS = (sign_in.bp, sms_code.bp, register.bp, reset.bp, confirm.bp, confirm_device.bp)


def install(
    app: Flask,
    *,
    site_for_next: Callable[[str], Site | None],
    cancel_for_next: Callable[[str], str | None],
    decline_for_next: Callable[[str], str | None],
    methods: Iterable[Method] = METHODS,
    upstreams: surroundings.Upstreams = surroundings.no_upstreams,
    demand_for_next: Callable[[str], Demand] = surroundings.no_demand,
    renewals: surroundings.Upstreams = surroundings.no_upstreams,
) -> None:
    """Give *app* these pages.

    *site_for_next* tells which site waits behind a page's `next`, *cancel_for_next* how to
    go back there without signing in, *decline_for_next* how to go on without the level that
    the site would like. *upstreams* lists other services that people may come from, and
    *demand_for_next* tells what the site wants of whoever comes from one; *renewals* lists
    those by which whoever is signed in may show again who they are.
    """
    app.extensions[surroundings.KEY] = Sockets(
        tuple(methods),
        site_for_next,
        cancel_for_next,
        decline_for_next,
        upstreams,
        demand_for_next,
        renewals,
    )
    known_browsers.install(app)
    app.context_processor(surroundings.visible_person)
    for pages in BLUEPRINTS:
        app.register_blueprint(pages)


__all__ = ["BLUEPRINTS", "Site", "install"]
