"""Join the account that an upstream opened to the one in which the same face is proven."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from federation.catalogue.catalogue import catalogue
from federation.catalogue.errors import ConnectorUnknownError
from federation.linking import merging
from federation.linking.errors import MergeRefusedError
from federation.linking.links import Link
from federation.linking.merging import Merger
from federation.roaming import origins
from federation.roaming.origins import Kept
from federation.views.surroundings import page
from idp.authentication import known_browsers
from idp.authentication.views.surroundings import transaction
from idp.db import Transaction
from idp.formats import id_numbers, names
from idp.portal import member
from idp.portal.views import road
from idp.portal.views.road import stands
from idp.proofing.attempts import Attempt
from idp.proofing.graph import Step
from idp.sessions import browser as sessions
from idp.sessions.service import Session
from idp.web import guards, house, navigation
from idp.web.locale import current as language

bp = Blueprint("federation_join", __name__, template_folder="../templates")
_PATH = "/account/links/join"


def offer(tx: Transaction, attempt: Attempt) -> str | None:
    """Return this page where two accounts can be joined; for `idp.proofing.joining`."""
    return _PATH if merging.possible(tx, house.vault(), attempt) is not None else None


@bp.get(_PATH)
@guards.fresh(road.freshness)
@stands
def ask() -> Response:
    """Say what would be joined, and ask."""
    with transaction() as tx:
        attempt = road.at(tx, Step.FACELESS)
        merger = merging.possible(tx, house.vault(), attempt)
    if merger is None:
        return road.where(attempt)
    return _page(attempt, merger)


@bp.post(_PATH)
@guards.fresh(road.freshness)
@stands
def join() -> Response:
    """Join them, and go on in the account that stays."""
    session = member.session()
    try:
        with transaction() as tx:
            attempt = road.posted(tx, Step.FACELESS)
            waiting = road.destination(attempt)
            kept = origins.take_along(tx, house.vault(), session.session_id)
            merger = merging.merge(tx, house.vault(), attempt)
            _go_on(tx, merger, session, kept)
    except MergeRefusedError:
        with transaction() as tx:
            return road.where(road.current(tx))
    return navigation.redirect(waiting or "/account/links?linked=1")


def _go_on(tx: Transaction, merger: Merger, before: Session, kept: Kept | None) -> None:
    """Sign the owner in by what was shown: an upstream that opens their account now, and a face."""
    sessions.sign_in(
        tx,
        person_id=merger.owner,
        amr=tuple(before.amr.split()),
        aal=before.aal,
        auth_time=before.auth_time,
    )
    session = sessions.current()
    if session is not None and kept is not None:
        origins.put_down(tx, house.vault(), session, kept)
    known_browsers.remember(tx, merger.owner)


def _page(attempt: Attempt, merger: Merger) -> Response:
    return page(
        "join",
        following=attempt.next_path or "",
        name=names.mask(merger.entry.name),
        number=id_numbers.mask(merger.entry.id_number),
        services=sorted({_title(link) for link in merger.links}),
        at=attempt.mark,
        action=f"{request.script_root}{_PATH}",
        back_url=road.link(road.PAGES[Step.FACELESS]),
    )


def _title(link: Link) -> str:
    try:
        return catalogue().find_any(link.connector).name(language())
    except ConnectorUnknownError:
        return link.connector
