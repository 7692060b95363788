"""To an upstream and back: one journey for a sign-in, or for a link to the account."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from flask import Blueprint, request
from werkzeug.wrappers import Response

from federation.catalogue.catalogue import Upstream, catalogue
from federation.catalogue.entries import Entry
from federation.catalogue.trust import believed
from federation.connectors.errors import UpstreamError
from federation.connectors.ports import Arrival
from federation.connectors.upstream import UpstreamIdentity
from federation.flows import journeys
from federation.flows.errors import FlowLostError
from federation.flows.journeys import Journey, Purpose, Setting
from federation.linking import links, parking, resolve
from federation.linking.parking import Parked
from federation.roaming import chain, endings, origins
from federation.views.surroundings import AFRESH, PATH, callback_url, page, refused, surroundings
from idp import clock
from idp.audit import events
from idp.authentication import known_browsers, visitors
from idp.authentication.views.surroundings import Demand, sockets, transaction
from idp.authentication.visitors import note
from idp.db import Transaction, db
from idp.errors import BadRequestError, IdentityError
from idp.proofing.errors import AlreadyProvenError, DiffersError
from idp.sessions import browser as sessions
from idp.web import csrf, guards, headers, house, navigation
from idp.web.locale import current as language

bp = Blueprint("federation_sign_in", __name__, template_folder="../templates")
AMR = "fed"
_MOST, _LONGEST = 20, 49_152  # a SAML response with certificates, encrypted


@bp.get(f"{PATH}/<key>")
@guards.public("a way in; journeys are counted, and each is bound to this browser")
def start(key: str) -> Response:
    """Send the browser to the upstream *key*."""
    following = navigation.safe_next(request.args.get("next")) or ""
    afresh = AFRESH in request.args
    return set_out(catalogue().find(key), Purpose.SIGN_IN, following=following, afresh=afresh)


def set_out(
    upstream: Upstream,
    purpose: Purpose,
    *,
    following: str,
    person_id: str | None = None,
    afresh: bool = False,
) -> Response:
    """Let the connector write the way, remember the journey, and send the browser."""
    entry, who = upstream.entry, visitors.here()
    with transaction() as tx:
        journeys.count(tx, house.settings().throttle, who.browser, who.address)
    wanted = _wanted(entry, following)
    flow = journeys.new_flow(
        partial(callback_url, entry),
        surroundings=surroundings(),
        language=language(),
        ial=wanted.ial,
        aal=wanted.aal,
        afresh=afresh or wanted.afresh,
    )
    try:
        departure = upstream.connector.depart(flow)
    except UpstreamError as refusal:
        return refused(entry, refusal, following)
    setting = Setting(
        connector=entry.key,
        browser=who.browser,
        purpose=purpose,
        person_id=person_id,
        next_path=following,
    )
    with transaction() as tx:
        journeys.set_out(tx, house.vault(), setting, flow, departure.notes)
    if departure.form is None:
        return Response(status=303, headers={"Location": departure.url})
    headers.allow_form_target(departure.url)
    return page("onward", url=departure.url, form=departure.form)


def _wanted(entry: Entry, following: str) -> Demand:
    """Return what the waiting site wants, as far as the upstream's word for it would count."""
    wanted, trust = sockets().demand_for_next(following), entry.trust
    ial = min(wanted.ial, trust.ial, entry.kind.ial) if "identity" in trust.claims else 1
    return Demand(ial, min(wanted.aal, trust.aal), wanted.afresh)


@bp.route(f"{PATH}/<key>/callback", methods=("GET", "POST"))
@bp.route(f"{PATH}/<key>/callback/<state>", methods=("GET", "POST"))
@csrf.exempt("the state is bound to this browser and to the connector, and is good once")
@guards.public("the state is bound to this browser and to the connector, and is good once")
def callback(key: str, state: str = "") -> Response:
    """Take in who comes back: claim the journey first, then ask the upstream, then decide."""
    upstream = catalogue().find(key)
    entry, arrival = upstream.entry, Arrival(parameters=_parameters(), method=request.method)
    where = entry.kind.state_parameter
    given = arrival.parameters.get(where, "") if where else state
    who = visitors.here()
    try:
        with transaction() as tx:
            journey = journeys.come_back(
                tx, house.vault(), given, connector=key, browser=who.browser
            )
    except FlowLostError as refusal:
        return refused(entry, refusal, "")
    try:
        said = upstream.connector.arrive(journey.flow, journey.notes, arrival)
        chain.check(said, here=house.settings().issuer)
        if journey.flow.afresh:  # as the connector has seen: whose clock is ahead is no matter
            said = replace(said, auth_time=None)
        return _arrived(entry, journey, believed(said, entry.trust, entry.kind))
    except IdentityError as refusal:
        db.session.rollback()
        with transaction() as tx:
            data = {"connector": key}
            note(tx, who, events.UPSTREAM_ARRIVE, person_id=journey.person_id,
                 outcome="failure", reason=refusal.code, data=data)  # fmt: skip
        return refused(entry, refusal, journey.next_path)


def enter(tx: Transaction, person_id: str, identity: UpstreamIdentity, entry: Entry) -> None:
    """Sign in whom an upstream vouches for, at the level that it is trusted with.

    Raises:
        SessionOverError: their session there ended while they were on the way.
    """
    endings.refuse_if_over(tx, house.vault(), entry.key, identity)
    amr = (AMR, "mfa") if identity.aal > 1 else (AMR,)
    shown_at = identity.auth_time and min(identity.auth_time, clock.epoch())
    sessions.sign_in(tx, person_id=person_id, amr=amr, aal=identity.aal, auth_time=shown_at)
    if (session := sessions.current()) is not None:
        origins.remember(tx, house.vault(), session, entry.key, identity)
    known_browsers.remember(tx, person_id)
    data = {"connector": entry.key, "chain": list(chain.of(identity))}
    note(tx, visitors.here(), events.UPSTREAM_ARRIVE, person_id=person_id, data=data)


def _arrived(entry: Entry, journey: Journey, identity: UpstreamIdentity) -> Response:
    if journey.purpose is Purpose.LINK:
        return _link(entry, journey, identity)
    with transaction() as tx:
        person_id = resolve.known(tx, house.vault(), entry, identity)
        if person_id is None:
            links.check_subject(identity)
            parked = Parked(connector=entry.key, identity=identity, next_path=journey.next_path)
            handle = parking.park(tx, house.vault(), visitors.here().browser, parked)
            return navigation.redirect(f"{PATH}/first-visit/{quote(handle)}")
        vouch(tx, entry, identity, person_id)
        enter(tx, person_id, identity, entry)
    return navigation.redirect(journey.next_path or "/account")


def vouch(tx: Transaction, entry: Entry, identity: UpstreamIdentity, person_id: str) -> None:
    """Record what is vouched for; where it contradicts what is proven here, that stays."""
    try:
        resolve.vouch(tx, house.vault(), house.settings().proofing, entry, identity, person_id)
    except (AlreadyProvenError, DiffersError) as conflict:
        note(tx, visitors.here(), events.IDENTITY_VERIFY, person_id=person_id,
             outcome="failure", reason=conflict.code, data={"connector": entry.key})  # fmt: skip


def _link(entry: Entry, journey: Journey, identity: UpstreamIdentity) -> Response:
    """Link to the account that set out; somebody else may have signed in here meanwhile."""
    session = sessions.current()
    if session is None or session.person_id != journey.person_id:
        raise FlowLostError(detail="another person is signed in")
    with transaction() as tx:
        resolve.add(tx, house.vault(), entry, identity, session.person_id)
        vouch(tx, entry, identity, session.person_id)
    return navigation.redirect("/account/links?linked=1")


class CallbackError(BadRequestError):
    """A callback that says something twice, too much, or too long."""

    code = "federation_callback_invalid"
    description = "The other service sent you back with an address that cannot be read."


def _parameters() -> Mapping[str, str]:
    """Return what came back, in the query or as a form, each name once.

    Raises:
        CallbackError: a name stands twice, or there is too much of it.
    """
    given = request.form if request.method == "POST" else request.args
    pairs = list(given.items(multi=True))
    names = [name for name, _value in pairs]
    if len(set(names)) != len(names) or len(names) > _MOST:
        raise CallbackError(detail="parameters")
    if any(len(value) > _LONGEST for _name, value in pairs):
        raise CallbackError(detail="too long")
    return dict(pairs)
