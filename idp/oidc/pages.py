"""The people's side of /authorize: park, ask, resume, answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from idp.accounts import profiles
from idp.audit import events, trail
from idp.authentication.views.surroundings import Demand
from idp.clients.party import RelyingParty
from idp.consent import service as consent
from idp.crypto import fingerprint
from idp.db import Transaction, db, within_session
from idp.errors import IdentityError
from idp.oidc import authorize, foreign, interaction, mount, scopes, upgrade
from idp.oidc.authorize import AnswerableError
from idp.oidc.errors import ProtocolError
from idp.oidc.foreign import ForeignRequest
from idp.oidc.interaction import Parked, Prompt
from idp.oidc.request import AuthorizationRequest
from idp.oidc.responses import Answer
from idp.oidc.upgrade import Upgrade
from idp.proofing import levels
from idp.sessions import browser as sessions
from idp.sessions.service import Session
from idp.web import browser, csrf, guards, headers, locale, navigation
from idp.web.machine import Parameters

bp = Blueprint("authorize", __name__)

_CREATE = "create"
_SHORT = 900  # seconds: a `max_age` below means a sign-in for this errand


class AccessDeniedError(IdentityError):
    """The person said no (RFC 6749 §4.1.2.1)."""

    code = "access_denied"
    status = 403
    description = "The person did not agree."


@dataclass(frozen=True, slots=True)
class Site:
    """What a page shows of the service that somebody is about to enter."""

    name: str
    logo_url: str | None
    policy_uri: str | None
    tos_uri: str | None
    home_uri: str | None


@bp.route("/authorize", methods=["GET", "POST"])
@csrf.exempt("a site may post its request here (OIDC Core §3.1.2.1); nothing is granted by it")
@guards.public("the request decides whether somebody must sign in")
def entry() -> Response:
    """Answer an authorization request, or stand a prompt before it."""
    machine = mount.request_of()
    parameters = machine.form if request.method == "POST" else machine.query
    try:
        asked = authorize.read(parameters, mount.desk())
    except AnswerableError as refusal:
        return _deliver(refusal.answer)
    return _ask_or_answer(asked, None)


def enter_by(dialect: str, parameters: Parameters) -> Response:
    """Answer a request by another protocol, or stand a prompt before it."""
    return _ask_or_answer(foreign.read(dialect, parameters), None)


@bp.get("/authorize/resume/<handle>")
@guards.public("the handle is a secret, and bound to this browser")
def resume(handle: str) -> Response:
    """Go on with a parked request after a prompt was met."""
    parked = _waiting(handle)
    return _ask_or_answer(_reread(parked), parked)


@bp.get("/authorize/cancel/<handle>")
@guards.public("the handle is a secret, and bound to this browser")
def cancel(handle: str) -> Response:
    """Go back to the site without signing in."""
    parked = _waiting(handle)
    return _refuse(_reread(parked), parked, AccessDeniedError("The person did not sign in."))


@bp.route("/authorize/decline/<handle>", methods=["GET", "POST"])
@guards.public("the handle is a secret, and bound to this browser")
def decline(handle: str) -> Response:
    """Go on without the level that the site would like; of one it needs this changes nothing."""
    parked = _waiting(handle)
    interaction.note_refusal_of_level(within_session(), parked.handle)
    db.session.commit()
    return navigation.redirect(_resume_path(handle))


@bp.get("/authorize/consent/<handle>")
@guards.public("the handle is a secret, and bound to this browser; without a session it resumes")
def consent_page(handle: str) -> Response | str:
    """Show what the site would learn, and ask."""
    parked = _waiting(handle)
    asked, session = _reread(parked), sessions.current()
    if session is None:
        return navigation.redirect(_resume_path(handle))
    agreement = consent.agreed(within_session(), session.person_id, asked.client.client_id)
    locale.speak(asked.parameters.get("ui_locales"))
    headers.allow_form_target(asked.redirect_uri)
    return render_template(
        "consent.html",
        action=f"{request.script_root}/authorize/consent/{handle}",
        site=site_of(asked.client),
        person_name=display_name(session),
        scopes=scopes.describe(asked, agreement),
    )


@bp.post("/authorize/consent/<handle>")
@guards.public("the handle is a secret, and bound to this browser; without a session it resumes")
def consent_decision(handle: str) -> Response:
    """Note what the person decided, and go on."""
    parked = _waiting(handle)
    asked, session = _reread(parked), sessions.current()
    if session is None:
        return navigation.redirect(_resume_path(handle))
    if request.form.get("decision") != "allow":
        _note_refusal(session, asked)
        return _refuse(asked, parked, AccessDeniedError())
    tx = within_session()
    consent.grant(
        tx,
        session.person_id,
        asked.client.client_id,
        scope=set(asked.scope) - {"openid"},
        claims=asked.single_claims - interaction.PROTOCOL_CLAIMS,
    )
    interaction.note_consent(tx, handle)
    return _ask_or_answer(asked, _waiting(handle))


@bp.get("/authorize/account/<handle>")
@guards.public("the handle is a secret, and bound to this browser; without a session it resumes")
def account_page(handle: str) -> Response | str:
    """Ask whether to go on as the person signed in, or as somebody else."""
    parked = _waiting(handle)
    asked, session = _reread(parked), sessions.current()
    if session is None:
        return navigation.redirect(_resume_path(handle))
    locale.speak(asked.parameters.get("ui_locales"))
    headers.allow_form_target(asked.redirect_uri)
    return render_template(
        "select_account.html",
        action=f"{request.script_root}/authorize/account/{handle}",
        site=site_of(asked.client),
        person_name=display_name(session),
        cancel_url=f"{request.script_root}/authorize/cancel/{handle}",
    )


@bp.post("/authorize/account/<handle>")
@guards.public("the handle is a secret, and bound to this browser")
def account_choice(handle: str) -> Response:
    """Note the choice, and go on."""
    tx = within_session()
    parked = _waiting(handle)
    asked = _reread(parked)
    if request.form.get("choice") != "current":
        return navigation.redirect(_page("/sign-in", asked, handle))
    interaction.note_selection(tx, handle)
    return _ask_or_answer(asked, _waiting(handle))


def _note_refusal(session: Session, asked: AuthorizationRequest) -> None:
    trail.record(
        within_session(),
        events.CONSENT_REFUSE,
        person_id=session.person_id,
        client_id=asked.client.client_id,
    )


def site_for_next(path: str) -> Site | None:
    """Return the site that waits behind *path*, if it is a parked request of this browser."""
    prefix = _resume_path("")
    if not path.startswith(prefix):
        return None
    try:
        parked = _waiting(path.removeprefix(prefix))
    except IdentityError:
        return None
    client = mount.desk().registry.find(parked.client_id)
    if client is None:
        return None
    # The road that begins with a page's form may end at the site, with no page between.
    if (back := _way_back(parked, client)) is not None:
        headers.allow_form_target(back)
    return site_of(client)


def cancel_for_next(path: str) -> str | None:
    """Return where "back to the site" leads from a sign-in page, if a site waits."""
    prefix = _resume_path("")
    if not path.startswith(prefix):
        return None
    return f"{request.script_root}/authorize/cancel/{path.removeprefix(prefix)}"


def decline_for_next(path: str) -> str | None:
    """Return where "continue without" leads from a page of the way up, if the site allows it."""
    prefix, session = _resume_path(""), sessions.current()
    if session is None or not path.startswith(prefix):
        return None
    handle = path.removeprefix(prefix)
    try:
        asked = _reread(_waiting(handle))
        upgrading = _lacking(asked, session)
    except (IdentityError, AnswerableError):
        return None
    if upgrading is None or upgrading.essential:
        return None
    return f"{request.script_root}/authorize/decline/{handle}"


def demand_for_next(path: str) -> Demand:
    """Return what the site that waits behind *path* wants of a sign-in; without one, nothing.

    A site that wants a recent sign-in is not served by an old one elsewhere.
    """
    prefix = _resume_path("")
    if not path.startswith(prefix):
        return Demand()
    try:
        asked = _reread(_waiting(path.removeprefix(prefix)))
    except (IdentityError, AnswerableError):
        return Demand()
    ial, aal = next(filter(None, map(levels.parse_acr, asked.acr_values)), (1, 1))
    afresh = "login" in asked.prompt or (asked.max_age is not None and asked.max_age < _SHORT)
    return Demand(ial, aal, afresh)


def site_of(client: RelyingParty) -> Site:
    """Return what pages show of *client*."""
    return Site(
        name=client.name_in(locale.current()),
        logo_url=client.logo_uri,
        policy_uri=client.policy_uri,
        tos_uri=client.tos_uri,
        home_uri=client.client_uri,
    )


def display_name(session: Session) -> str:
    """Return how a page addresses the person of *session*."""
    person = profiles.read(within_session(), mount.desk().vault, session.person_id)
    return person.display_name or person.username or locale.gettext("this account")


def _waiting(handle: str) -> Parked:
    """Return the request of this browser that waits under *handle*, as it is now."""
    return interaction.find(within_session(), handle, browser=browser.fingerprint())


def _way_back(parked: Parked, client: RelyingParty) -> str | None:
    """Return where *parked* will be answered, if that is an address of *client*."""
    if parked.dialect:
        try:
            return foreign.read(parked.dialect, parked.parameters).redirect_uri
        except IdentityError:
            return None
    uri = parked.parameters.get("redirect_uri", "")
    return uri if client.accepts_redirect(uri) else None


def _reread(parked: Parked) -> AuthorizationRequest:
    """Read the parked parameters again: much can have changed since, and must count."""
    if parked.dialect:
        return foreign.read(parked.dialect, parked.parameters)
    return authorize.read(parked.parameters, mount.desk())


def _ask_or_answer(asked: AuthorizationRequest, parked: Parked | None) -> Response:
    tx, session, cookie = within_session(), sessions.current(), _cookie()
    try:
        prompt = interaction.next_prompt(
            tx, asked, session, cookie=cookie, reach=mount.desk().reach, parked=parked
        )
    except ProtocolError as error:
        return _refuse(asked, parked, error)
    if prompt is None and session is not None:
        if parked is not None:
            interaction.complete(tx, parked.handle, browser=browser.fingerprint())
        if isinstance(asked, ForeignRequest):
            fresh = parked is not None and parked.was_met(cookie, session)
            answer = asked.grant(tx, session, fresh=fresh)
        else:
            answer = authorize.grant(tx, asked, session, mount.desk())
        db.session.commit()
        return _deliver(answer)
    if "none" in asked.prompt:
        return _refuse(asked, parked, interaction.refuse_silently(prompt or Prompt.SIGN_IN))
    handle = parked.handle if parked else _park(tx, asked, cookie)
    page = _prompt_page(prompt or Prompt.SIGN_IN, asked, handle, session)
    db.session.commit()
    return navigation.redirect(page)


def _park(tx: Transaction, asked: AuthorizationRequest, cookie: bytes | None) -> str:
    return interaction.park(
        tx,
        asked,
        browser=browser.fingerprint(),
        session=cookie,
        lifetime=mount.desk().settings.oidc.interaction_lifetime,
    )


def _cookie() -> bytes | None:
    """Return the fingerprint of the session cookie that this request came with."""
    token = request.cookies.get(sessions.cookie_name(mount.desk().settings))
    return fingerprint(token) if token else None


def _refuse(asked: AuthorizationRequest, parked: Parked | None, error: IdentityError) -> Response:
    if parked is not None:
        interaction.complete(within_session(), parked.handle, browser=browser.fingerprint())
    db.session.commit()
    if isinstance(asked, ForeignRequest):
        return _deliver(asked.refuse(error))
    return _deliver(authorize.refuse(asked, error, mount.desk()))


def _prompt_page(
    prompt: Prompt, asked: AuthorizationRequest, handle: str, session: Session | None
) -> str:
    if prompt is Prompt.CONSENT:
        return f"/authorize/consent/{handle}"
    if prompt is Prompt.SELECT_ACCOUNT:
        return f"/authorize/account/{handle}"
    if prompt is Prompt.CONFIRM:
        return _page("/confirm", asked, handle)
    if session is not None and prompt in (Prompt.STEP_UP, Prompt.PROVE):
        return _upgrade_page(asked, handle, session)
    return _page("/sign-up" if _CREATE in asked.prompt else "/sign-in", asked, handle)


def _upgrade_page(asked: AuthorizationRequest, handle: str, session: Session) -> str:
    upgrading = _lacking(asked, session)
    if upgrading is None:  # reached in this very moment, in another window
        return _resume_path(handle)
    if upgrading.method is not None:
        return _page("/confirm", asked, handle, factor=upgrading.method.key)
    return _page("/account/real-name", asked, handle, level=str(upgrading.ial))


def _lacking(asked: AuthorizationRequest, session: Session) -> Upgrade | None:
    return upgrade.needed(within_session(), asked, session, mount.desk().reach)


def _page(path: str, asked: AuthorizationRequest, handle: str, **more: str) -> str:
    """Return the address of a page that comes back to the parked request by its own."""
    query = {**more, "next": _resume_path(handle)}
    for name, parameter in (("hint", "login_hint"), ("ui_locales", "ui_locales")):
        if value := asked.parameters.get(parameter):
            query[name] = value[:100]
    return f"{path}?{urlencode(query)}"


def _resume_path(handle: str) -> str:
    return f"/authorize/resume/{handle}"


def _deliver(answer: Answer) -> Response:
    """Send the browser to the site, or give it the form that it posts there."""
    if not answer.by_form:
        return mount.response_of(answer.reply())
    headers.allow_form_target(answer.redirect_uri)
    fields: Mapping[str, Any] = answer.fields
    page = render_template("form_post.html", redirect_uri=answer.redirect_uri, fields=fields)
    return Response(page, mimetype="text/html")
