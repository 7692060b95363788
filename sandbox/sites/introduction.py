"""How a site introduces itself to the provider."""

from typing import Any

from sandbox.addresses import Country
from sandbox.sites.houses import House


def metadata(house: House, country: Country, public_key: dict[str, Any] | None) -> dict[str, Any]:
    """Return how *house* introduces itself to the provider (RFC 7591 §2).

    `profile` and `first_party` are the provider's own words: plain http on loopback is
    forgiven, and a site that acts under a law needs no consent page.
    """
    base = country.site(house.place)
    told: dict[str, Any] = {
        "client_name": house.name.en,
        "client_name#zh-CN": house.name.zh,
        "client_uri": base,
        "policy_uri": f"{base}/privacy",
        "redirect_uris": [f"{base}/callback"],
        "post_logout_redirect_uris": [f"{base}/signed-out"],
        "backchannel_logout_uri": f"{base}/backchannel-logout",
        "backchannel_logout_session_required": True,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": house.scope,
        "subject_type": "pairwise",
        "profile": "demo",
        "first_party": not house.asks_consent,
        "token_endpoint_auth_method": house.auth_method,
    }
    if house.wish.claims:
        told["identity_claims"] = list(house.wish.claims)  # the operator's permission
    if public_key is not None:
        told["jwks"] = {"keys": [public_key]}
        told["token_endpoint_auth_signing_alg"] = "ES256"
    return told
