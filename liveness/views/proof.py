"""Prove a name by face: agree, say who one is, show the face, be told; with another way always."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.accounts.errors import FieldErrors
from idp.audit import events
from idp.authentication.views.surroundings import sockets, transaction
from idp.authentication.visitors import here, note
from idp.db import Transaction
from idp.errors import IdentityError, TooManyRequestsError
from idp.formats import id_numbers
from idp.portal import member, verification_words
from idp.portal.views import road
from idp.portal.views.road import PATH, page, stands, where
from idp.proofing import attempts, entries, face_proving, ownership, verifications
from idp.proofing.attempts import Attempt, Entry
from idp.proofing.errors import DiffersError
from idp.proofing.graph import Step, StepError
from idp.web import browser, guards, house, navigation
from idp.web.locale import lazy_gettext as _
from liveness.desk import FaceDesk, desk
from liveness.permits import consents, standing
from liveness.permits.errors import FaceLockedError, GuardianNeededError
from liveness.scans import opening
from liveness.scans.orders import Purpose
from liveness.uses.proof import RESULT, order_for
from liveness.views.stage import stage

bp = Blueprint("face_proof", __name__)
_FACE = f"{PATH}/face"


@bp.get(_FACE)
@guards.fresh(road.freshness)
@stands
def notice() -> Response:
    """Say what will be compared, and by whom."""
    with transaction() as tx:
        attempt = road.at(tx, Step.FACE)
    return page("face", attempt, authority=_authority())


@bp.post(_FACE)
@guards.fresh(road.freshness)
@stands
def agree() -> Response:
    """Note that the person agrees to the check; who has proven a name goes on to the camera."""
    with transaction() as tx:
        attempt = road.posted(tx, Step.FACE)
        known = face_proving.known(tx, house.vault(), attempt.person_id)
        name = "agree_known" if known else "agree"
        changes = {"entry": known} if known else {}
        attempt = attempts.move(tx, house.vault(), attempt, name, **changes)
        data = {"way": attempt.way}
        note(tx, here(), events.IDENTITY_AGREE, person_id=attempt.person_id, data=data)
    return where(attempt)


@bp.get(f"{_FACE}/enter")
@guards.fresh(road.freshness)
@stands
def form() -> Response:
    """Ask for name and number; a number that is proven stands as it is."""
    with transaction() as tx:
        attempt = road.at(tx, Step.IDENTIFY)
    return _form(attempt)


@bp.post(f"{_FACE}/enter")
@guards.signed_in
@stands
def enter() -> Response:
    """Keep what was entered; who was slow confirms first and loses nothing."""
    typed = request.form
    try:
        with transaction() as tx:
            attempt = road.posted(tx, Step.IDENTIFY)
            attempt = road.keep(tx, attempt, _read(tx, attempt))
    except (FieldErrors, DiffersError) as refusal:
        with transaction() as tx:
            attempt = road.at(tx, Step.IDENTIFY)
        return _form(attempt, refusal, typed)
    return where(attempt)


@bp.get(f"{_FACE}/ready")
@guards.fresh(road.freshness)
@stands
def ready() -> Response:
    """Say what helps, and how the last scan ended, before the camera is opened."""
    with transaction() as tx:
        attempt = road.at(tx, Step.READY)
    return _before(attempt)


@bp.get(f"{_FACE}/scan")
@guards.signed_in
@stands
def left() -> Response:
    """Show whoever left a scan, or lost it, how to go on: anew, or another way."""
    with transaction() as tx:
        attempt = road.at(tx, Step.SCAN)
    return _before(attempt)


@bp.post(f"{_FACE}/ready")
@guards.fresh(road.freshness)
@stands
def scan() -> Response:
    """Open a scan, and show the page that performs it; an older one proves nothing any more."""
    parts = desk()
    if not parts.open:
        return _give_up()
    try:
        with transaction() as tx:
            attempt = road.posted(tx, Step.READY, Step.SCAN)
            _permit(tx, parts, attempt)
            settings = parts.settings.proofing
            attempt = face_proving.begin(tx, parts.vault, settings, attempt)
            order = order_for(parts, attempt, browser.fingerprint())
            ticket = opening.open_scan(tx, parts, order)
    except FaceLockedError as refusal:
        return _give_up(refusal.code)
    except (TooManyRequestsError, DiffersError, GuardianNeededError) as refusal:
        with transaction() as tx:
            attempt = road.at(tx, Step.READY, Step.SCAN)
        return _before(attempt, refusal)
    target = road.destination(attempt)
    return stage(
        ticket,
        purpose=Purpose.PROOF,
        another_way=f"{_FACE}/scan",
        another_way_label=_("Another way"),
        site=sockets().site_for_next(target) if target else None,
        again=RESULT,
    )


@bp.get(f"{_FACE}/elsewhere")
@guards.signed_in
@stands
def faceless() -> Response:
    """Say that no camera settles it, and what can."""
    with transaction() as tx:
        attempt = road.at(tx, Step.FACELESS)
    return page("face_elsewhere", attempt)


@bp.get(f"{_FACE}/result")
@guards.signed_in
def result() -> Response:
    """Lead on from a scan: to the site that waits, or to where the attempt stands now."""
    with transaction() as tx:
        attempt = road.current(tx)
        reached = verifications.level_of(tx, member.session().person_id)
    if attempt is not None and attempt.step is Step.PROVEN:
        waiting = road.destination(attempt)
        if waiting and reached >= attempt.level:
            return navigation.redirect(waiting)
    return where(attempt)


def _before(attempt: Attempt, refusal: IdentityError | None = None) -> Response:
    links = {"scan_action": road.link(f"{_FACE}/ready"), "guardian_url": road.link("/account/face")}
    return page("face_ready", attempt, refusal, **links)


def _permit(tx: Transaction, parts: FaceDesk, attempt: Attempt) -> None:
    """Open no camera for a face that is switched off, or for a child whom nobody stands by.

    Raises:
        FaceLockedError: locked by its owner, or switched off.
        GuardianNeededError: a parent or guardian has not agreed yet.
        StepError: nothing was entered.
    """
    if attempt.entry is None:
        raise StepError(detail="nothing was entered")
    number = attempt.entry.id_number
    standing.refuse_if_off(tx, parts, number)
    if consents.is_child(number) and not consents.given(tx, attempt.person_id, Purpose.PROOF):
        raise GuardianNeededError(detail=Purpose.PROOF)


def _give_up(outcome: str = "") -> Response:
    with transaction() as tx:
        attempt = road.at(tx, Step.READY, Step.SCAN)
        attempt = face_proving.abandon(tx, house.vault(), attempt, outcome)
    return where(attempt)


def _read(tx: Transaction, attempt: Attempt) -> Entry:
    """Return what the form says, its number the proven one where one is proven.

    Raises:
        FieldErrors: it cannot be anybody's.
    """
    number = ownership.proven_number(tx, house.vault(), attempt.person_id)
    typed = request.form
    return entries.read(typed.get("real_name", ""), number or typed.get("id_number", ""))


def _form(
    attempt: Attempt,
    refusal: IdentityError | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    with transaction() as tx:
        number = ownership.proven_number(tx, house.vault(), attempt.person_id)
        filled = typed or road.known(tx, attempt)
    fixed = id_numbers.mask(number) if number else ""
    return page("face_enter", attempt, refusal, form=filled, fixed_number=fixed)


def _authority() -> str:
    return verification_words.source(desk().population.source)
