"""Whoever comes from an upstream for the first time: they have an account here, or open one."""

from urllib.parse import quote

from flask import Blueprint, request
from werkzeug.wrappers import Response

from federation.catalogue.catalogue import catalogue
from federation.catalogue.entries import Entry
from federation.linking import first_visits, parking
from federation.linking.errors import SignInToLinkError
from federation.linking.parking import Parked
from federation.views.sign_in import enter, vouch
from federation.views.surroundings import PATH, page
from idp.authentication import visitors
from idp.authentication.views.surroundings import transaction
from idp.errors import IdentityError, TooManyRequestsError
from idp.formats import id_numbers, names
from idp.sessions import browser as sessions
from idp.web import guards, house, navigation
from idp.web.locale import current as language
from idp.web.locale import gettext as _

bp = Blueprint("federation_first_visit", __name__, template_folder="../templates")
_HERE = f"{PATH}/first-visit/<handle>"
_LINK = "/account/links/first-visit/<handle>"
_FRESH = 600


@bp.get(_HERE)
@guards.public("who waits under the handle is bound to this browser")
def choose(handle: str) -> Response:
    """Ask whether there is an account already."""
    entry, parked = _waiting(handle)
    return _page(entry, parked, handle)


@bp.post(_HERE)
@guards.public("who waits under the handle is bound to this browser; accounts are counted")
def register(handle: str) -> Response:
    """Open a new account, entered by the upstream."""
    entry, parked = _waiting(handle)
    who = visitors.here()
    try:
        with transaction() as tx:
            person_id, parked = first_visits.open_account(
                tx, house.vault(), house.settings(), who, entry, handle
            )
            enter(tx, person_id, parked.identity, entry)
    except (SignInToLinkError, TooManyRequestsError) as refusal:
        return _page(entry, parked, handle, refusal)
    return navigation.redirect(parked.next_path or "/account")


@bp.get(_LINK)
@guards.fresh(_FRESH)
def confirm(handle: str) -> Response:
    """Ask whoever has just signed in whether the two belong together."""
    entry, parked = _waiting(handle)
    return page(
        "link",
        following=parked.next_path,
        service=entry.name(language()),
        who=_who(parked),
        action=f"{request.script_root}{request.path}",
    )


@bp.post(_LINK)
@guards.fresh(_FRESH)
def link(handle: str) -> Response:
    """Link the upstream's person to the account of whoever is signed in."""
    entry, _parked = _waiting(handle)
    session = sessions.current()
    if session is None:
        return navigation.redirect("/sign-in")
    with transaction() as tx:
        parked = first_visits.link_to(
            tx, house.vault(), entry, handle, visitors.here().browser, session.person_id
        )
        vouch(tx, entry, parked.identity, session.person_id)
    return navigation.redirect(parked.next_path or "/account/links?linked=1")


def _waiting(handle: str) -> tuple[Entry, Parked]:
    with transaction() as tx:
        parked = parking.look(tx, house.vault(), handle, visitors.here().browser)
    return catalogue().find(parked.connector).entry, parked


def _page(
    entry: Entry, parked: Parked, handle: str, refusal: IdentityError | None = None
) -> Response:
    target = f"/account/links/first-visit/{quote(handle)}"
    response = page(
        "first_visit",
        following=parked.next_path,
        status=refusal.status if refusal else 200,
        service=entry.name(language()),
        who=_who(parked),
        vouched=_vouched(parked),
        action=f"{request.script_root}{request.path}",
        have_account_url=f"{request.script_root}/sign-in?next={quote(target, safe='')}",
        refusal=_(refusal.description) if refusal else "",
        refusal_code=refusal.code if refusal else "",
        must_sign_in=isinstance(refusal, SignInToLinkError),
    )
    if refusal is not None and refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _who(parked: Parked) -> str:
    """Return what a bystander may read of somebody."""
    said = parked.identity
    if said.real_name:
        return names.mask(said.real_name)
    return said.display_name


def _vouched(parked: Parked) -> str:
    """Return the masked number that comes along, or the empty text."""
    number = parked.identity.id_number
    return id_numbers.mask(number) if number else ""
