"""What the pages on the way to a proven name have in common: where one stands, and who waits."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec
from urllib.parse import urlencode

from flask import render_template, request
from werkzeug.wrappers import Response

from idp import clock
from idp.accounts import profiles
from idp.accounts.errors import FieldErrors
from idp.authentication.views.surroundings import sockets, transaction
from idp.db import Transaction, db
from idp.errors import IdentityError
from idp.formats import id_numbers
from idp.portal import member, words
from idp.proofing import attempts, graph, joining, ownership, proving, ways
from idp.proofing.attempts import Attempt, Entry
from idp.proofing.graph import Step, StepError
from idp.web import house, navigation
from idp.web.entrance import REQUEST_ID
from idp.web.locale import gettext as _
from idp.web.locale import lazy_gettext

P = ParamSpec("P")
PATH = "/account/real-name"
PAGES = {step: f"{PATH}/{step.value.replace('_', '/')}" for step in Step} | {Step.WAYS: PATH}
_PARKED = "/authorize/resume/"
_STAGES = (
    (lazy_gettext("Way"), {Step.WAYS}),
    (lazy_gettext("Notice"), {Step.NOTICE}),
    (lazy_gettext("Your details"), {Step.ENTER}),
    (lazy_gettext("Result"), {Step.REVIEW, Step.CHECKING, Step.ELSEWHERE, Step.PROVEN}),
)
_STAGES_BY_FACE = (
    (lazy_gettext("Way"), {Step.WAYS}),
    (lazy_gettext("Notice"), {Step.FACE}),
    (lazy_gettext("Your details"), {Step.IDENTIFY}),
    (lazy_gettext("Face"), {Step.READY, Step.SCAN}),
    (lazy_gettext("Result"), {Step.FACELESS, Step.PROVEN}),
)


def freshness() -> int:
    """Return how many seconds ago a factor may have been shown, for the guard."""
    return house.settings().proofing.freshness


def stands(view: Callable[P, Response]) -> Callable[P, Response]:
    """Lead whoever is at the wrong step to where their attempt stands."""

    @wraps(view)
    def standing(*args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except StepError:
            db.session.rollback()
            with transaction() as tx:
                return where(current(tx))

    return standing


def current(tx: Transaction) -> Attempt | None:
    """Return the attempt of whoever is here; a question that nobody waits for is given up."""
    attempt = attempts.current(tx, house.vault(), member.session().person_id)
    if attempt is not None and attempt.lost:
        return attempts.give_up_waiting(tx, house.vault(), attempt)
    return attempt


def at(tx: Transaction, *steps: Step) -> Attempt:
    """Return the attempt of whoever is here, if it stands at one of *steps*.

    Raises:
        StepError: it does not.
    """
    attempt = current(tx)
    if attempt is None or attempt.step not in steps:
        raise StepError(detail=f"not at {' '.join(steps)}")
    return attempt


def posted(tx: Transaction, *steps: Step) -> Attempt:
    """Return the attempt that a form of one of *steps* is about.

    Somebody else may have signed in since in the same browser, whose attempt stands at this very
    step: what one person typed must not be kept, or checked, as the other's.

    Raises:
        StepError: it stands elsewhere, or the form is not of this page as it is now.
    """
    attempt = at(tx, *steps)
    if request.form.get("at", attempt.mark) != attempt.mark:
        raise StepError(detail="a form of another page")
    return attempt


def is_stale() -> bool:
    """Say whether whoever is here has to show a factor before they go on."""
    return clock.epoch() - member.session().auth_time > freshness()


def keep(tx: Transaction, attempt: Attempt, entry: Entry) -> Attempt:
    """Keep what was entered; who was slow loses nothing by confirming first.

    Raises:
        DiffersError: another number is proven in this account. Whoever found a browser open must
            not try out which: it is not said before a factor is shown.
        StepError: the attempt went on meanwhile.
    """
    if not is_stale():
        ownership.refuse_other_number(tx, house.vault(), attempt.person_id, entry.id_number)
    return attempts.move(tx, house.vault(), attempt, "enter", entry=entry, outcome="")


def known(tx: Transaction, attempt: Attempt) -> dict[str, str]:
    """Return what a form is filled with: what was typed here before, or at registration."""
    if attempt.entry is not None:
        return {"real_name": attempt.entry.name, "id_number": attempt.entry.id_number}
    person = profiles.read(tx, house.vault(), attempt.person_id)
    return {"real_name": person.real_name or "", "id_number": person.id_number or ""}


def where(attempt: Attempt | None) -> Response:
    """Send the browser to the page on which *attempt* goes on."""
    return go(PAGES[attempt.step] if attempt else PATH)


def go(path: str) -> Response:
    """Send the browser to one of these pages, in the language that the site asked for."""
    return navigation.redirect(_spoken(path))


def link(path: str) -> str:
    return f"{request.script_root}{_spoken(path)}"


def destination(attempt: Attempt) -> str | None:
    """Return the page that waits for the end of *attempt*; a request that expired waits no more."""
    path = navigation.safe_next(attempt.next_path)
    if path is None or (path.startswith(_PARKED) and sockets().site_for_next(path) is None):
        return None
    return path


def page(
    template: str,
    attempt: Attempt,
    refusal: IdentityError | type[IdentityError] | None = None,
    **values: Any,
) -> Response:
    """Return a page of the way, saying what went wrong if something did."""
    target, told = destination(attempt), refusal or proving.refusal_of(attempt)
    html = render_template(
        f"account/real_name_{template}.html",
        site=sockets().site_for_next(target) if target else None,
        decline_url=sockets().decline_for_next(target) if target else None,
        cancel_url=sockets().cancel_for_next(target) if target else None,
        action=link(request.path),
        move_action=link(f"{PATH}/move"),
        at=attempt.mark,
        attempt=attempt,
        masked_number=id_numbers.mask(attempt.entry.id_number) if attempt.entry else "",
        kept_until=words.moment(attempt.expires_at),
        moves=graph.names(attempt.step),
        can_go_back=graph.can_go_back(attempt.step),
        stages=_stages(attempt),
        account_url=link("/account"),
        telephone=house.settings().counters.telephone,
        join_url=_join_url(attempt),
        refusal_code=told.code if told else "",
        refusal_text=_(told.description) if told and not isinstance(told, FieldErrors) else "",
        request_id=request.environ.get(REQUEST_ID, ""),
        **{"errors": _field_errors(told), "form": {}, "notice": "", **values},
    )
    raised = isinstance(refusal, IdentityError)
    response = Response(html, told.status if raised and told else 200, mimetype="text/html")
    if raised and told and told.retry_after is not None:
        response.headers["Retry-After"] = str(told.retry_after)
    return response


def _join_url(attempt: Attempt) -> str:
    """Return the page that joins this account to the proven one of the same face, if there is."""
    with transaction() as tx:
        path = joining.page_for(tx, attempt)
    return link(path) if path else ""


def _field_errors(told: IdentityError | type[IdentityError] | None) -> dict[str, str]:
    if not isinstance(told, FieldErrors):
        return {}
    return {name: _(fault.description) for name, fault in told.fields.items()}


def _stages(attempt: Attempt) -> list[dict[str, object]]:
    stages = _STAGES_BY_FACE if attempt.way == ways.FACE.key else _STAGES
    reached = next((n for n, (_label, steps) in enumerate(stages) if attempt.step in steps), None)
    if reached is None:
        return []
    return [
        {"label": label, "done": n < reached, "current": n == reached}
        for n, (label, _steps) in enumerate(stages)
    ]


def _spoken(path: str) -> str:
    wish = request.values.get("ui_locales")
    return f"{path}?{urlencode({'ui_locales': wish[:100]})}" if wish else path
