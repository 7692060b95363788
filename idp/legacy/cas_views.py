"""/cas: sign in for a service, validate tickets, sign out (CAS Protocol 3.0.3 §2)."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.db import within_session
from idp.errors import BadRequestError
from idp.legacy import cas, cas_answers, leaving, tickets
from idp.legacy.cas import CasFailure, Validated
from idp.legacy.desk import at_work
from idp.legacy.errors import ServiceUnknownError
from idp.sessions import browser as sessions
from idp.web import guards, machine, navigation
from idp.web.machine import Parameters

bp = Blueprint("cas", __name__)

_A_TICKET = "a ticket is a secret, good once, and tells only whom it was given to"


@bp.get("/cas/login")
@guards.public("the service decides whether somebody must sign in")
def login() -> Response:
    """Send the browser to the service with a ticket, or stand a prompt before it (§2.1)."""
    asked = _query().once()
    if "service" not in asked:
        return navigation.redirect("/account")  # whoever is not signed in, signs in on the way
    kept = {name: asked[name] for name in cas.LOGIN_PARAMETERS if name in asked}
    return at_work().enter(tickets.CAS, Parameters(kept))


@bp.get("/cas/validate")
@guards.machine(_A_TICKET)
def validate() -> Response:
    """Say yes or no in a line (CAS 1.0, §2.4)."""
    return _answer(cas_answers.text(_validated()), cas_answers.TEXT)


@bp.get("/cas/serviceValidate")
@bp.get("/cas/proxyValidate")
@guards.machine(_A_TICKET)
def service_validate() -> Response:
    """Say who came (CAS 2.0, §2.5); of proxy tickets there are none to validate (§2.6)."""
    return _service_response(_validated())


@bp.get("/cas/p3/serviceValidate")
@bp.get("/cas/p3/proxyValidate")
@guards.machine(_A_TICKET)
def service_validate_3() -> Response:
    """Say who came, and what the service may know of them (CAS 3.0, §2.8)."""
    return _service_response(_validated(with_attributes=True))


@bp.get("/cas/proxy")
@guards.machine("it refuses everybody")
def proxy() -> Response:
    """Give out no proxy tickets (§2.7)."""
    return _answer(cas_answers.proxy_refusal(), cas_answers.XML)


@bp.route("/cas/logout", methods=["GET", "POST"])
@guards.public("whoever is signed in may sign out; a site's link asks first, our form has a token")
def logout() -> Response | str:
    """Sign out of everything, and go back to a service that is registered (§2.3)."""
    said = Parameters(request.form.to_dict()) if request.method == "POST" else _query().once()
    service = said.get("service") or said.get("url")  # `url` is the word of CAS 2.0
    try:
        known = cas.site_of(within_session(), at_work(), service) if service else None
    except ServiceUnknownError:
        known = None
    back, session = (service if known else None), sessions.current()
    if session is None or request.method == "POST":
        return leaving.sign_out(back)
    if known is not None and leaving.unasked(session, *known):
        return leaving.sign_out(back)
    return leaving.ask(known[0] if known else None, back, {"service": back} if back else {})


def _validated(*, with_attributes: bool = False) -> Validated | CasFailure:
    try:
        return cas.validate(at_work(), _query().once(), with_attributes=with_attributes)
    except BadRequestError as error:
        return CasFailure("INVALID_REQUEST", error.description)
    except CasFailure as failure:
        return failure


def _service_response(found: Validated | CasFailure) -> Response:
    if request.args.get("format", "XML").upper() == "JSON":
        return _answer(cas_answers.json(found), cas_answers.JSON)
    return _answer(cas_answers.xml(found), cas_answers.XML)


def _answer(body: str | bytes, kind: str) -> Response:
    return Response(
        body, content_type=f"{kind}; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


def _query() -> Parameters:
    return machine.parse(request.query_string)
