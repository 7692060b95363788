"""The way in: off to the provider, and back with a code."""

import time

from authlib.integrations.base_client import MismatchingStateError
from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from sandbox import language
from sandbox.sites import troubles
from sandbox.sites.context import begin, site

PASSED_ON = ("prompt", "max_age", "login_hint")
AGE_SKEW = 30

bp = Blueprint("sign_in", __name__)


@bp.get("/login")
def login() -> ResponseReturnValue:
    """Send the browser to the provider; `acr`, `prompt` and `max_age` are passed on."""
    party = site().party
    party.provider()
    asked = site().house.wish.parameters(request.args.get("acr", "")[:200])
    asked |= {name: request.args[name][:200] for name in PASSED_ON if request.args.get(name)}
    session["asked"] = {
        "max_age": asked.get("max_age"),
        "again": "login" in asked.get("prompt", ""),
        "at": time.time(),
        "service": request.args.get("service", ""),
    }
    answer: ResponseReturnValue = party.client.authorize_redirect(
        f"{site().own_url}/callback", ui_locales=language.current(), **asked
    )
    return answer


@bp.get("/callback")
def callback() -> ResponseReturnValue:
    """Redeem the code, and begin a visit."""
    party = site().party
    provider = party.provider()
    _refuse_mixed_up_answer(provider)
    # Authlib 1.9 looks at `error` before `state`: an answer that nobody here asked for would
    # otherwise be shown as this visitor's own.
    if party.client.framework.get_state_data(session, request.args.get("state")) is None:
        raise MismatchingStateError
    token = party.client.authorize_access_token(claims_options=party.claims_wanted())
    claims = token.pop("userinfo", None)
    if not claims:
        raise troubles.TroubleError(troubles.UNPROVEN)
    asked = session.get("asked") or {}
    _refuse_old_sign_in(claims.get("auth_time"), asked)
    if not site().house.wish.met_by(claims.get("acr")):
        raise troubles.TroubleError(troubles.UNMET)
    told = party.client.userinfo(token=token)
    if told.get("sub") != claims["sub"]:  # OIDC Core §5.3.2
        raise troubles.TroubleError(troubles.UNPROVEN)
    begin(site().visits.open(dict(claims), dict(token), dict(told)))
    if any(service.key == asked.get("service") for service in site().house.services):
        return redirect(url_for("pages.service", key=asked["service"]))
    return redirect(url_for("pages.home"))


def _refuse_mixed_up_answer(provider: dict[str, object]) -> None:
    """Check who answers, in success and in error alike (RFC 9207 §2.4)."""
    told = request.args.get("iss")
    promised = provider.get("authorization_response_iss_parameter_supported") is True
    if told != site().party.issuer and (promised or told is not None):
        raise troubles.TroubleError(troubles.FOREIGN)


def _refuse_old_sign_in(auth_time: object, asked: dict[str, object]) -> None:
    """Check that a fresh sign-in, when we asked for one, is what we got (OIDC Core §3.1.2.1)."""
    if asked.get("again"):
        oldest = float(str(asked["at"])) - AGE_SKEW
    elif str(asked.get("max_age") or "").isdecimal():
        oldest = time.time() - int(str(asked["max_age"])) - AGE_SKEW
    else:
        return
    if not isinstance(auth_time, int | float) or auth_time < oldest:
        raise troubles.TroubleError(troubles.UNPROVEN)
