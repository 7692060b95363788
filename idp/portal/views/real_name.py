"""Prove a real name: choose a way, agree, enter, be told; leave at any time and go on later."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from idp.accounts.errors import FieldErrors
from idp.audit import events
from idp.authentication.views.surroundings import transaction
from idp.authentication.visitors import here, note
from idp.db import Transaction
from idp.errors import BadRequestError, TooManyRequestsError
from idp.portal import member, verification_words
from idp.portal.views import road
from idp.portal.views.road import PATH, go, page, stands, where
from idp.proofing import attempts, entries, graph, proving, verifications, ways
from idp.proofing.attempts import Attempt
from idp.proofing.errors import DiffersError, ProofingError
from idp.proofing.graph import Step, StepError
from idp.proofing.ways import NAME_ID, Way
from idp.registry import sources
from idp.sessions.service import Session
from idp.web import guards, house, navigation

bp = Blueprint("real_name", __name__)
_LEVELS = {"2", "3", "4"}


class WayUnknownError(BadRequestError):
    """No such way is open, or it would prove no more than is proven."""

    code = "proofing_way_unknown"
    description = "Please choose one of the ways shown."


@bp.get(PATH)
@guards.signed_in
@stands
def show_ways() -> Response:
    """Begin, or go on; a site, or the person, says which level is wanted."""
    wanted, waiting = request.args.get("level", ""), navigation.safe_next(request.args.get("next"))
    level = int(wanted) if wanted in _LEVELS else None
    session = member.session()
    if level is not None and session.ial >= level:
        return navigation.redirect(waiting or "/account")
    with transaction() as tx:
        road.current(tx)
        attempt = attempts.begin(
            tx,
            house.vault(),
            house.settings().proofing,
            session.person_id,
            level=level,
            next_path=waiting,
        )
        if level is not None and attempt.step is Step.WAYS:
            attempt = _straight_on(tx, session, attempt, level)
    return _ways_page(session, attempt) if attempt.step is Step.WAYS else where(attempt)


@bp.post(PATH)
@guards.signed_in
@stands
def choose() -> Response:
    """Enter a way."""
    session = member.session()
    way = ways.find(request.form.get("way", ""), session.ial)
    with transaction() as tx:
        attempt = road.posted(tx, Step.WAYS)
        if way is not None:
            attempts.move(tx, house.vault(), attempt, way.move, way=way.key)
    return go(way.path) if way else _ways_page(session, attempt, WayUnknownError())


@bp.get(f"{PATH}/notice")
@guards.fresh(road.freshness)
@stands
def notice() -> Response:
    """Say what will be checked, and by whom."""
    with transaction() as tx:
        attempt = road.at(tx, Step.NOTICE)
    asked = verification_words.source(sources.current().population.source)
    return page("notice", attempt, authority=asked)


@bp.post(f"{PATH}/notice")
@guards.fresh(road.freshness)
@stands
def agree() -> Response:
    """Note that the person agrees to the check, which is a consent of its own."""
    with transaction() as tx:
        attempt = attempts.move(tx, house.vault(), road.posted(tx, Step.NOTICE), "agree")
        person_id = attempt.person_id
        note(tx, here(), events.IDENTITY_AGREE, person_id=person_id, data={"way": attempt.way})
    return where(attempt)


@bp.get(f"{PATH}/enter")
@guards.fresh(road.freshness)
@stands
def form() -> Response:
    """Ask for name and number."""
    with transaction() as tx:
        attempt = road.at(tx, Step.ENTER)
        typed = road.known(tx, attempt)
    return page("enter", attempt, form=typed)


@bp.post(f"{PATH}/enter")
@guards.signed_in
@stands
def enter() -> Response:
    """Keep what was entered and have it checked; who was slow confirms first and loses nothing."""
    typed = request.form
    try:
        entry = entries.read(typed.get("real_name", ""), typed.get("id_number", ""))
        with transaction() as tx:
            attempt = road.keep(tx, road.posted(tx, Step.ENTER), entry)
    except (FieldErrors, DiffersError) as refusal:
        with transaction() as tx:
            attempt = road.at(tx, Step.ENTER)
        return page("enter", attempt, refusal, form=typed)
    if road.is_stale():
        return where(attempt)  # whose guard asks for a factor, and comes back
    return _check(attempt)


@bp.get(f"{PATH}/review")
@guards.fresh(road.freshness)
@stands
def review() -> Response:
    """Show what was entered and has no answer yet."""
    with transaction() as tx:
        attempt = road.at(tx, Step.REVIEW)
    return page("review", attempt)


@bp.post(f"{PATH}/review")
@guards.fresh(road.freshness)
@stands
def check() -> Response:
    """Have it checked now."""
    with transaction() as tx:
        attempt = road.posted(tx, Step.REVIEW)
    return _check(attempt)


@bp.get(f"{PATH}/checking")
@guards.signed_in
@stands
def checking() -> Response:
    """Say that an authority is being asked, in another window."""
    with transaction() as tx:
        attempt = road.at(tx, Step.CHECKING)
    return page("checking", attempt, again_url=road.link(PATH))


@bp.get(f"{PATH}/elsewhere")
@guards.signed_in
@stands
def elsewhere() -> Response:
    """Say that a screen cannot settle it, and what can."""
    with transaction() as tx:
        attempt = road.at(tx, Step.ELSEWHERE)
    return page("elsewhere", attempt)


@bp.get(f"{PATH}/proven")
@guards.signed_in
@stands
def proven() -> Response:
    """Say that it is done, and lead on."""
    with transaction() as tx:
        attempt = road.at(tx, Step.PROVEN)
    session, waiting = member.session(), road.destination(attempt)
    return page(
        "proven",
        attempt,
        level=session.ial,
        reached=session.ial >= attempt.level,
        next_url=road.link(waiting) if waiting else "",
        authority=verification_words.source(attempt.source),
        raise_url=road.link(PATH) if ways.open_to(session.ial) else "",
    )


@bp.get(f"{PATH}/history")
@guards.signed_in
def history() -> str:
    """List every record of verification."""
    with transaction() as tx:
        records = verifications.of_person(tx, member.session().person_id)
    told = [verification_words.tell(record) for record in records]
    return render_template("account/real_name_history.html", records=told)


@bp.post(f"{PATH}/move")
@guards.signed_in
@stands
def move() -> Response:
    """Go back, try once more, or take another way."""
    with transaction() as tx:
        attempt = road.current(tx)
        if attempt is None or request.form.get("at") != attempt.mark:
            raise StepError(detail="an older page")
        name = request.form.get("move", "")
        if name == "back":
            attempt = attempts.back(tx, house.vault(), attempt)
        elif name in _OFFERED & graph.names(attempt.step):
            attempt = attempts.move(tx, house.vault(), attempt, name, outcome="")
        else:
            raise StepError(detail="not offered")
    return where(attempt)


_OFFERED = {"retry", "another_way", "visit", "unable"}  # the other moves have forms of their own


def _check(attempt: Attempt) -> Response:
    """Ask the authority, with no transaction open meanwhile, and tell what it said."""
    settings, vault = house.settings().proofing, house.vault()
    try:
        with transaction() as tx:
            question = proving.begin(tx, vault, settings, attempt)
        verdict = proving.ask(sources.current().population, question)
        with transaction() as tx:
            attempt = proving.conclude(tx, vault, settings, question, verdict)
            reached = verifications.level_of(tx, attempt.person_id)  # the session read it before
    except (ProofingError, TooManyRequestsError) as refusal:
        return _refused(refusal)
    waiting = road.destination(attempt)
    if waiting and reached >= attempt.level:
        return navigation.redirect(waiting)
    return where(attempt)


def _refused(refusal: ProofingError | TooManyRequestsError) -> Response:
    """Return the page of the step that the refusal led to, with its way on."""
    with transaction() as tx:
        attempt = road.at(tx, Step.ENTER, Step.REVIEW, Step.ELSEWHERE)
        typed = road.known(tx, attempt)
    return page(attempt.step.value, attempt, refusal, form=typed)


def _straight_on(tx: Transaction, session: Session, attempt: Attempt, level: int) -> Attempt:
    """Enter the one way at a screen that leads somebody with a proven name to *level*."""
    higher = [way for way in ways.open_to(session.ial) if way.at_screen and way.ial >= level]
    if session.ial < NAME_ID.ial or len(higher) != 1:
        return attempt
    (way,) = higher
    return attempts.move(tx, house.vault(), attempt, way.move, way=way.key)


def _ways_page(
    session: Session, attempt: Attempt, refusal: WayUnknownError | None = None
) -> Response:
    level = max(attempt.level, session.ial + 1)
    shown = [_shown(way, level) for way in ways.open_to(session.ial)]
    return page("ways", attempt, refusal, ways=shown, level=level, ial=session.ial)


def _shown(way: Way, level: int) -> dict[str, object]:
    return {
        "key": way.key,
        "title": way.title,
        "about": way.about,
        "icon": way.icon,
        "level": way.ial,
        "enough": way.ial >= level,
    }
