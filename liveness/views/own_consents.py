"""Agree to face scans for one purpose: the notice first; for a child, a guardian with a code."""

from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from idp.accounts import profiles
from idp.authentication.errors import AuthenticationError
from idp.authentication.sending import again_in
from idp.authentication.views.surroundings import transaction
from idp.authentication.visitors import here
from idp.db import Transaction
from idp.errors import IdentityError, TooManyRequestsError
from idp.formats import phones
from idp.portal import member
from idp.web import guards, house, navigation
from idp.web.entrance import PathUnknownError
from idp.web.locale import current as spoken
from idp.web.locale import gettext as _
from liveness.desk import desk
from liveness.permits import consents, guardians, notices
from liveness.permits.errors import (
    FaceConsentMissingError,
    GuardianNeededError,
    GuardianUnfitError,
)
from liveness.permits.notices import Notice
from liveness.views.own_face import FRESH, PATH

_PROVEN = 2

bp = Blueprint("own_consents", __name__, template_folder="../templates")


@bp.get(f"{PATH}/agree/<purpose>")
@guards.fresh(FRESH)
def notice(purpose: str) -> Response:
    """Show what would be agreed to; a child is told who decides."""
    return _notice_page(_known(purpose))


@bp.post(f"{PATH}/agree/<purpose>")
@guards.fresh(FRESH)
def agree(purpose: str) -> Response:
    """Record the consent of whoever may give it themselves."""
    wanted, session = _known(purpose), member.session()
    if _needs_name(wanted):
        return navigation.redirect("/account/real-name")
    try:
        with transaction() as tx:
            consents.give(
                tx,
                here(),
                session.person_id,
                purpose,
                version=request.form.get("notice", ""),
                locale=spoken(),
                id_number=_number(tx),
            )
    except (FaceConsentMissingError, GuardianNeededError) as refusal:
        return _notice_page(wanted, refusal)
    return navigation.redirect(f"{PATH}?done=agreed")


@bp.get(f"{PATH}/guardian/<purpose>")
@guards.signed_in
def guardian(purpose: str) -> Response:
    """Ask which parent or guardian agrees."""
    return _guardian_page(_known(purpose))


@bp.post(f"{PATH}/guardian/<purpose>")
@guards.signed_in
def ask_guardian(purpose: str) -> Response:
    """Send a code to the guardian's phone."""
    wanted, typed = _known(purpose), request.form.get("phone", "")
    try:
        phone = phones.normalise(typed)
        _ask(phone, purpose, request.form.get("notice", ""))
    except (phones.PhoneError, TooManyRequestsError) as refusal:
        return _guardian_page(wanted, refusal, typed)
    return navigation.redirect(f"{PATH}/code")


@bp.get(f"{PATH}/code")
@guards.signed_in
def code_form() -> Response:
    """Ask for the code that came to the guardian."""
    return _code_page()


@bp.post(f"{PATH}/code")
@guards.signed_in
def enter_code() -> Response:
    """Record the guardian's consent, or send another code."""
    session, vault, limits = member.session(), house.vault(), house.settings().throttle
    try:
        with transaction() as tx:
            waiting = guardians.waiting(tx, vault, here(), session.person_id)
        if waiting is not None and "resend" in request.form:
            _ask(waiting.phone, waiting.state["purpose"], waiting.state["version"])
            return navigation.redirect(f"{PATH}/code")
        with transaction() as tx:
            guardians.agree(
                tx,
                vault,
                limits,
                here(),
                session.person_id,
                code=request.form.get("code", ""),
                locale=spoken(),
            )
    except (
        AuthenticationError,
        TooManyRequestsError,
        GuardianUnfitError,
        FaceConsentMissingError,
    ) as refusal:
        return _code_page(refusal)
    return navigation.redirect(f"{PATH}?done=agreed")


def _known(purpose: str) -> Notice:
    found = notices.BY_PURPOSE.get(purpose)
    if found is None:
        raise PathUnknownError(detail=purpose[:20])
    return found


def _needs_name(wanted: Notice) -> bool:
    """Say whether there is no portrait yet that a scan for this purpose could be compared with."""
    return wanted.purpose != notices.PROOF and member.session().ial < _PROVEN


def _number(tx: Transaction) -> str | None:
    """Return the number that tells the person's age: proven, or claimed at registration."""
    return profiles.read(tx, house.vault(), member.session().person_id).id_number


def _ask(phone: str, purpose: str, version: str) -> None:
    with transaction() as tx:
        guardians.ask(
            tx,
            house.vault(),
            house.settings().throttle,
            here(),
            member.session().person_id,
            phone=phone,
            purpose=purpose,
            version=version,
        )


def _notice_page(wanted: Notice, refusal: IdentityError | None = None) -> Response:
    with transaction() as tx:
        number = _number(tx)
    return _answer(
        "face/agree.html",
        refusal,
        refusal_text=_(refusal.description) if refusal else "",
        notice_of=wanted,
        points=notices.POINTS,
        version=notices.VERSION,
        child=consents.is_child(number),
        needs_name=_needs_name(wanted),
        offered=desk().open,
        guardian_url=f"{request.script_root}{PATH}/guardian/{wanted.purpose}",
        back_url=f"{request.script_root}{PATH}",
    )


def _guardian_page(
    wanted: Notice, refusal: IdentityError | None = None, typed: str = ""
) -> Response:
    return _answer(
        "face/guardian.html",
        refusal,
        notice_of=wanted,
        points=notices.POINTS,
        version=notices.VERSION,
        form={"phone": typed},
        errors={"phone": _(refusal.description)} if refusal else {},
        back_url=f"{request.script_root}{PATH}",
    )


def _code_page(refusal: IdentityError | None = None) -> Response:
    with transaction() as tx:
        waiting = guardians.waiting(tx, house.vault(), here(), member.session().person_id)
    if waiting is None:
        return navigation.redirect(PATH)
    return _answer(
        "face/guardian_code.html",
        refusal,
        masked_phone=phones.mask(waiting.phone),
        resend_after=again_in(house.settings().throttle),
        resend_action=f"{request.script_root}{PATH}/code",
        errors={"code": _(refusal.description)} if refusal else {},
        back_url=f"{request.script_root}{PATH}/guardian/{waiting.state['purpose']}",
    )


def _answer(template: str, refusal: IdentityError | None, **values: Any) -> Response:
    html = render_template(template, action=f"{request.script_root}{request.path}", **values)
    response = Response(html, refusal.status if refusal else 200, mimetype="text/html")
    if refusal is not None and refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response
