"""Open the old ways in: their pages, and the dialects that the pages of all are lent to."""

from flask import Flask

from idp.legacy import cas_views, signed_views, tickets
from idp.legacy.cas import Cas
from idp.legacy.desk import KEY, LegacyDesk
from idp.legacy.signed import Signed


def install(app: Flask, desk: LegacyDesk) -> dict[str, Cas | Signed]:
    """Hang up the pages of the old ways in *app*, and return each dialect by its name."""
    app.extensions[KEY] = desk
    for blueprint in (cas_views.bp, signed_views.bp):
        app.register_blueprint(blueprint)
    return {tickets.CAS: Cas(desk), tickets.TICKET: Signed(desk)}
