"""Our own page for scans that departments order: the scan, the way back, and the way without."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, current_app, render_template
from werkzeug.wrappers import Response

from idp.clients.party import RelyingParty
from idp.db import db, within_session
from idp.portal.views import sites
from idp.proofing.checks import faces
from idp.proofing.checks.errors import FaceScanExpiredError
from idp.web import guards, house
from idp.web.locale import current
from idp.web.locale import gettext as _
from liveness.scans.orders import Purpose
from liveness.uses.department import PAGE
from liveness.views.stage import stage

bp = Blueprint("face_department", __name__)
_UNGUESSABLE = "its address is as good as a ticket, and was given to one citizen by a department"


class _Ticket:
    """A ticket as the stage wants it."""

    def __init__(self, text: str) -> None:
        self.text = text


@bp.get(f"{PAGE}/<string(length=32):order_id>")
@guards.public(_UNGUESSABLE)
def scan(order_id: str) -> Response:
    """Scan the face for the department that ordered it.

    Raises:
        FaceScanExpiredError: it was done, or its time has passed.
    """
    tx = within_session()
    row = faces.find(tx, order_id)
    ticket = None if row is None else faces.ticket_of(house.vault(), row)
    db.session.commit()
    if row is None or ticket is None:
        raise FaceScanExpiredError
    return stage(
        _Ticket(ticket),
        purpose=Purpose.DEPARTMENT,
        another_way=f"{PAGE}/{order_id}/leave",
        another_way_label=_("I would rather show my papers"),
        site=_site(row.client_id),
    )


@bp.get(f"{PAGE}/<string(length=32):order_id>/done")
@guards.public(_UNGUESSABLE)
def done(order_id: str) -> Response | str:
    """Lead back to the department, which fetches the verdict itself."""
    return _back(order_id, "done")


@bp.get(f"{PAGE}/<string(length=32):order_id>/leave")
@guards.public(_UNGUESSABLE)
def leave(order_id: str) -> Response | str:
    """Lead back to the department without a scan: it must have another way."""
    return _back(order_id, "left")


def _back(order_id: str, how: str) -> Response | str:
    """Go to the address that the department registered, or say what to do where there is none."""
    tx = within_session()
    row = faces.find(tx, order_id)
    db.session.commit()
    if row is None:
        raise FaceScanExpiredError
    if row.return_uri:
        mark = "&" if "?" in row.return_uri else "?"
        query = urlencode({"scan_id": row.scan_id, "scan": how})
        headers = {"Location": f"{row.return_uri}{mark}{query}", "Referrer-Policy": "no-referrer"}
        return Response(status=303, headers=headers)
    return render_template("face/handed_over.html", done=how == "done", site=_site(row.client_id))


def _site(client_id: str) -> dict[str, Any] | None:
    """Return what the page shows of the department."""
    client: RelyingParty | None = current_app.extensions[sites.KEY](client_id)
    if client is None:
        return None
    return {
        "name": client.name_in(current()),
        "logo_url": client.logo_uri,
        "policy_uri": client.policy_uri,
        "tos_uri": client.tos_uri,
        "home_uri": client.client_uri,
    }
