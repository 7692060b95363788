"""Logout across houses: one that an upstream tells us of, and one that we offer to take there."""

import logging
from urllib.parse import quote, urlencode

from flask import Blueprint, request
from werkzeug.wrappers import Response

from federation.catalogue.catalogue import Upstream, catalogue
from federation.catalogue.errors import ConnectorUnknownError
from federation.connectors.errors import UpstreamAwayError, UpstreamError
from federation.connectors.ports import Herald
from federation.roaming import endings, farewells, origins
from federation.roaming.farewells import Farewell
from federation.views.surroundings import PATH, page
from idp.authentication.views.surroundings import transaction
from idp.errors import BadRequestError
from idp.web import browser, csrf, guards, house, navigation
from idp.web.locale import current as language
from idp.web.machine import FORM, JSON, NO_STORE, parse

bp = Blueprint("federation_sign_out", __name__, template_folder="../templates")
_HERE = f"{PATH}/farewell/<carried>"
_TAKEN, _REFUSED, _LATER = 200, 400, 503
log = logging.getLogger(__name__)


@bp.post(f"{PATH}/<key>/backchannel-logout")
@csrf.exempt("the upstream signs what it says, and each token is good once")
@guards.machine("the upstream signs what it says, and each token is good once")
def hear(key: str) -> Response:
    """Take a logout token (OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8).

    A session that is over already is no error, so an upstream need not try again.
    """
    connector = catalogue().find(key).connector
    try:
        if not isinstance(connector, Herald):
            raise BadRequestError(detail="this kind of upstream tells of no logout")  # noqa: TRY301
        ended = connector.ended(_token())
        with transaction() as tx:
            count = endings.take(tx, house.vault(), key, ended)
    except UpstreamAwayError:
        return _answer(_LATER, "temporarily_unavailable")
    except (UpstreamError, BadRequestError) as refusal:
        log.warning("logout token of %s refused: %s", key, refusal.detail or refusal.code)
        return _answer(_REFUSED, "invalid_request")
    log.info("%s ended a session: %d here", key, count)
    return _answer(_TAKEN)


def offer(session_id: str, return_to: str | None) -> str | None:
    """Return the page that offers to sign out at the upstream too, if there is anything to offer.

    For `idp.sessions.farewells`: the session has ended already.
    """
    if _way_out(session_id, "") is None:
        return None
    carried = farewells.write(house.vault(), browser.fingerprint(), session_id, return_to)
    return f"{PATH}/farewell/{quote(carried)}"


@bp.get(_HERE)
@guards.public("what it shows is sealed for this browser")
def farewell(carried: str) -> Response:
    """Say that it is done here, and ask whether to sign out there too."""
    here = farewells.read(house.vault(), browser.fingerprint(), carried)
    upstream = _upstream_of(here.session_id)
    if upstream is None:
        return _onward(here)
    return page(
        "farewell",
        service=upstream.entry.name(language()),
        leave_url=f"{request.script_root}{request.path}/leave",
        onward_url=_address(here),
        site_waits=here.return_to is not None,
    )


@bp.get(f"{_HERE}/leave")
@guards.public("it leads on by a session that is over, sealed for this browser")
def leave(carried: str) -> Response:
    """Go to the upstream, and sign out there."""
    here = farewells.read(house.vault(), browser.fingerprint(), carried)
    url = _way_out(here.session_id, carried)
    return _onward(here) if url is None else Response(status=303, headers={"Location": url})


@bp.get(f"{PATH}/<key>/signed-out")
@guards.public("it signs nobody out; where it leads is sealed for this browser")
def back(key: str) -> Response:  # noqa: ARG001 - the address is one for each upstream
    """Go on to the site that waits, if one does."""
    carried = request.args.get("state", "")
    if not carried:
        return navigation.redirect("/signed-out")
    return _onward(farewells.read(house.vault(), browser.fingerprint(), carried))


def _token() -> str:
    """Return the one parameter of the request.

    Raises:
        BadRequestError: it is missing, or the body is no form.
    """
    if request.mimetype != FORM:
        raise BadRequestError(detail="no form")
    token = parse(request.get_data()).once().get("logout_token")
    if token is None:
        raise BadRequestError(detail="no logout_token")
    return token


def _answer(status: int, error: str = "") -> Response:
    body = f'{{"error":"{error}"}}' if error else ""
    return Response(body, status, headers=[JSON, *NO_STORE] if error else [*NO_STORE])


def _upstream_of(session_id: str) -> Upstream | None:
    with transaction() as tx:
        origin = origins.of(tx, house.vault(), session_id)
    try:
        return catalogue().find(origin.connector) if origin is not None else None
    except ConnectorUnknownError:
        return None


def _way_out(session_id: str, carried: str) -> str | None:
    """Return where the upstream of a session signs out; no transaction waits for its answer."""
    with transaction() as tx:
        origin = origins.of(tx, house.vault(), session_id)
    if origin is None:
        return None
    path = f"{house.settings().issuer}{PATH}/{origin.connector}/signed-out"
    try:
        connector = catalogue().find(origin.connector).connector
        return connector.leave(origin.session, f"{path}?{urlencode({'state': carried})}")
    except (ConnectorUnknownError, UpstreamError):
        return None


def _onward(here: Farewell) -> Response:
    return Response(status=303, headers={"Location": _address(here), "Cache-Control": "no-store"})


def _address(here: Farewell) -> str:
    if here.return_to is not None:
        return here.return_to  # the site registered it, as /end_session has seen
    return f"{request.script_root}/signed-out?{urlencode({'session': here.session_id})}"
