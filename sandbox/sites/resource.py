"""A site's resource API, which may find that an access token proves too little (RFC 9470)."""

import re
import time
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jws import JWSRegistry

from sandbox.sites.assurance import lacking
from sandbox.sites.context import site
from sandbox.sites.demands import Demand
from sandbox.sites.relying_party import SIGNATURES

TYPES = ("at+jwt", "application/at+jwt")
SKEW = 30
PARAMETER = re.compile(r'([a-z_]+)="([^"]*)"')

bp = Blueprint("resource", __name__)


@bp.get("/api/services/<key>")
def call(key: str) -> ResponseReturnValue:
    """Answer a bearer, or challenge it."""
    wanted = next((s for s in site().house.services if s.key == key and s.demand), None)
    if wanted is None or wanted.demand is None:
        return jsonify(error="not_found"), 404
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    challenge = challenge_for(token, wanted.demand)
    if challenge is None:
        return jsonify(service=key, status="ok")
    return Response(status=401, headers={"WWW-Authenticate": challenge})


def challenge_for(token: str, demand: Demand) -> str | None:
    """Return the WWW-Authenticate that *token* deserves, or None if it is good (§3)."""
    claims = _claims(token)
    if claims is None:
        return 'Bearer error="invalid_token"'
    signed_in = claims.get("auth_time")
    fresh = isinstance(signed_in, int | float) and signed_in >= time.time() - demand.max_age
    if fresh and not lacking(claims.get("acr"), demand.acr):
        return None
    return (
        'Bearer error="insufficient_user_authentication", '
        'error_description="A higher or more recent sign-in is required", '
        f'acr_values="{demand.acr}", max_age="{demand.max_age}"'
    )


def parameters(challenge: str) -> dict[str, str]:
    """Return what a client passes on from *challenge* to the provider (§4)."""
    found = dict(PARAMETER.findall(challenge))
    if found.get("error") != "insufficient_user_authentication":
        return {}
    return {name: found[name] for name in ("acr_values", "max_age") if name in found}


def _claims(token: str) -> dict[str, Any] | None:
    """Return what *token* says, if the provider said it to this very client (RFC 9068 §4)."""
    party = site().party
    registry = JWSRegistry(algorithms=list(SIGNATURES), strict_check_header=False)
    try:
        try:
            decoded = jwt.decode(token, party.keys(anew=False), registry=registry)
        except InvalidKeyIdError:  # the provider may have rotated its keys
            decoded = jwt.decode(token, party.keys(anew=True), registry=registry)
    except (JoseError, ValueError):
        return None
    claims = decoded.claims
    ours = (claims.get("iss"), claims.get("client_id")) == (party.issuer, party.client_id)
    in_time = float(claims.get("exp") or 0) > time.time() - SKEW
    return claims if ours and in_time and decoded.header.get("typ") in TYPES else None
