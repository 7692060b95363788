"""The ways out: the visitor's own, and the provider's word that the person has left."""

from functools import partial

from authlib.integrations.base_client import OAuthError
from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox import language
from sandbox.sites.context import leave, site, visit
from sandbox.sites.logout_token import Expectations, LogoutTokenError, Notice, read
from sandbox.sites.visits import Visit

bp = Blueprint("sign_out", __name__)


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the visit here, then ask the provider to end the rest (RP-Initiated Logout §2)."""
    here = visit()
    hint = here.token.get("id_token") if here else None
    party = site().party
    leave()
    if not party.provider().get("end_session_endpoint"):
        return redirect(url_for("sign_out.signed_out"))
    answer: ResponseReturnValue = party.client.logout_redirect(
        post_logout_redirect_uri=f"{site().own_url}/signed-out",
        id_token_hint=hint,
        client_id=party.client_id,
        ui_locales=language.current(),
    )
    return answer


@bp.get("/signed-out")
def signed_out() -> ResponseReturnValue:
    """Welcome the visitor back from the provider, and say whether the answer was ours."""
    answered = False
    if "state" in request.args:
        try:
            site().party.client.validate_logout_response()
            answered = True
        except OAuthError:
            answered = False
    return render_template("sites/signed_out.html", answered=answered)


@bp.post("/backchannel-logout")
def backchannel_logout() -> ResponseReturnValue:
    """Hear from the provider that somebody has left (Back-Channel Logout §2.5-2.8)."""
    party = site().party
    expected = Expectations(
        issuer=party.issuer,
        client_id=party.client_id,
        algorithms=party.provider()["id_token_signing_alg_values_supported"],
        keys=lambda anew: party.keys(anew=anew),
    )
    try:
        notice = read(request.form.get("logout_token", ""), expected)
        _refuse_replay(notice)
        _refuse_contradiction(notice)
    except LogoutTokenError as error:
        return jsonify(error="invalid_request", error_description=str(error)[:200]), 400
    site().visits.end(partial(_concerns, notice), "backchannel")
    return "", 200


def _refuse_replay(notice: Notice) -> None:
    if not site().logouts.first_time(notice.jti, notice.expires_at):
        raise LogoutTokenError("jti was seen before")


def _refuse_contradiction(notice: Notice) -> None:
    """Refuse a sid and a sub that belong to different people (§2.6 steps 8 and 9)."""
    if notice.sid is None or notice.subject is None:
        return
    if any(v.subject != notice.subject for v in site().visits.of_sid(notice.sid)):
        raise LogoutTokenError("sid and sub disagree")


def _concerns(notice: Notice, candidate: Visit) -> bool:
    if notice.sid is not None:
        return candidate.sid == notice.sid
    return candidate.subject == notice.subject
