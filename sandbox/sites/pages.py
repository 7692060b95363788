"""What a visitor sees: the front page, the services, and a look behind the counter."""

import hashlib
import time

from authlib.integrations.base_client import OAuthError
from flask import Blueprint, abort, g, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from sandbox.sites import troubles
from sandbox.sites.assurance import FACE, evidence, lacking, level_of
from sandbox.sites.context import last_visit, site, visit
from sandbox.sites.houses import Service
from sandbox.sites.resource import challenge_for, parameters
from sandbox.sites.visits import Visit

FRESH = 300

bp = Blueprint("pages", __name__)


@bp.get("/")
def home() -> ResponseReturnValue:
    here, visit_now = last_visit(), visit()
    acrs = site().party.client.server_metadata.get("acr_values_supported") or []
    return render_template(
        "sites/home.html",
        visit=visit_now,
        noticed=here is not None and here.ended == "backchannel",
        neighbours=site().neighbours(),
        acrs=acrs[:6],
        evidence=evidence(visit_now.userinfo.get("verified_claims"))
        if visit_now and visit_now.userinfo
        else [],
        now=time.time(),
    )


@bp.get("/session.json")
def session_state() -> ResponseReturnValue:
    """Say whether this browser is signed in here; the page asks, so that it notices a sign-out."""
    return jsonify(signed_in=visit() is not None)


@bp.get("/services/<key>")
def service(key: str) -> ResponseReturnValue:
    """Open a service; one that is sensitive asks for a sign-in of the last five minutes."""
    wanted = next((s for s in site().house.services if s.key == key), None)
    if wanted is None:
        abort(404)
    here = visit()
    if here is None:
        return redirect(url_for("sign_in.login", service=key))
    if wanted.demand:
        challenge = challenge_for(str(here.token.get("access_token", "")), wanted.demand)
        if challenge is not None:
            return _challenged(wanted, here, challenge)
    if wanted.fresh and float(here.claims.get("auth_time") or 0) < time.time() - FRESH:
        return render_template("sites/fresh.html", service=wanted, max_age=FRESH)
    rows = [(row, _figure(here.subject, key, place)) for place, row in enumerate(wanted.rows)]
    return render_template("sites/service.html", service=wanted, rows=rows)


def _challenged(wanted: Service, here: Visit, challenge: str) -> ResponseReturnValue:
    """Explain what the resource API wants, and lead there (RFC 9470 §4)."""
    asked = parameters(challenge)
    if not asked:  # the token has run out: a new one may do
        with here.lock:
            renew(here)
        return redirect(url_for("pages.service", key=wanted.key))
    return render_template(
        "sites/challenge.html",
        service=wanted,
        challenge=challenge,
        lack=lacking(here.claims.get("acr"), asked.get("acr_values")),
        face=level_of(asked.get("acr_values")) >= level_of(FACE),
        onward=url_for(
            "sign_in.login",
            service=wanted.key,
            acr=asked.get("acr_values"),
            max_age=asked.get("max_age"),
        ),
    )


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    return render_template("sites/privacy.html", scope=site().house.scope.split())


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    return jsonify(status="ok")


@bp.post("/refresh")
def refresh() -> ResponseReturnValue:
    """Renew the tokens with the refresh token."""
    here = _at_the_counter()
    with here.lock:  # two tabs at once would use one refresh token twice, and lose both
        renew(here)
    return redirect(url_for("pages.home") + "#tokens")


@bp.post("/userinfo")
def userinfo() -> ResponseReturnValue:
    """Ask the provider who this is, and show the answer."""
    here = _at_the_counter()
    with here.lock:
        g.renewing = here  # Authlib renews by itself when the access token has run out
        try:
            told = site().party.client.userinfo(token=here.token)
        except OAuthError:
            raise _over(here) from None
    if told.get("sub") != here.subject:  # OIDC Core §5.3.2
        raise troubles.TroubleError(troubles.UNPROVEN)
    here.userinfo = dict(told)
    return redirect(url_for("pages.home") + "#userinfo")


def renew(here: Visit) -> None:
    """Exchange the refresh token of *here*; whatever comes must be about the same person."""
    party = site().party
    party.provider()
    if here.ended or not here.token.get("refresh_token"):
        raise troubles.TroubleError(troubles.ENDED)
    try:
        token = party.client.fetch_access_token(
            grant_type="refresh_token", refresh_token=here.token["refresh_token"]
        )
    except OAuthError:
        raise _over(here) from None
    accept(here, dict(token))


def accept(here: Visit, token: dict[str, object]) -> None:
    """Keep renewed tokens, once the new ID token, if any, agrees (OIDC Core §12.2)."""
    party = site().party
    if "id_token" in token:
        claims = party.client.parse_id_token(
            token, nonce=None, claims_options=party.claims_wanted()
        )
        same = ("sub", "sid", "auth_time")
        if any(claims[c] != here.claims.get(c) for c in same if c in claims):
            raise troubles.TroubleError(troubles.UNPROVEN)
        here.claims = {**here.claims, **claims}
    here.token = {**here.token, **token}
    here.refreshed_at = time.time()


def _at_the_counter() -> Visit:
    here = visit()
    if here is None:
        raise troubles.TroubleError(troubles.NOT_SIGNED_IN)
    return here


def _over(here: Visit) -> troubles.TroubleError:
    here.ended = "expired"
    here.token = {}
    return troubles.TroubleError(troubles.ENDED)


def _figure(subject: str, key: str, place: int) -> str:
    """Return an invented figure: always the same for one person, another for the next."""
    digest = hashlib.sha256(f"{subject}/{key}/{place}".encode()).digest()
    return f"{int.from_bytes(digest[:4]) % (900, 9_000, 90_000)[place % 3] + 3:,}"
