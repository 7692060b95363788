"""What the provider says of itself: discovery documents and the key set.

OpenID Connect Discovery 1.0 §3, RFC 8414 §2, RFC 7517. The bytes are made once, not per request.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from config import Settings
from idp.clients.authentication import METHODS
from idp.clients.rules import GRANTS
from idp.crypto.signatures import ALGORITHMS
from idp.oidc import claims, identity_evidence, identity_request
from idp.oidc.desk import Desk
from idp.oidc.request import PROMPTS, RESPONSE_MODES, SCOPES
from idp.proofing import levels
from idp.web.machine import JSON, MachineRequest, Reply

CACHED_FOR = 300
_LOCALES = ("zh-CN", "en")
_IN_TOKENS = (
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
    "at_hash",
    "upstream",
)
_CONFIDENTIAL = tuple(method for method in METHODS if method != "none")
# Public, and the same for everybody: a browser's script may read it from any site.
_ANYBODY = ("Access-Control-Allow-Origin", "*")
_CACHE = ("Cache-Control", f"public, max-age={CACHED_FOR}")


@dataclass(frozen=True, slots=True)
class Published:
    """A document ready to be sent."""

    body: bytes
    etag: str

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Published":
        body = orjson.dumps(document)
        return cls(body, f'"{sha256(body).hexdigest()[:32]}"')


_published: list[tuple[Settings, Published]] = []  # the last one; one process has one settings


def describe(settings: Settings) -> dict[str, Any]:
    """Return the provider's metadata: what it truly does, and nothing else."""
    issuer = settings.issuer
    signing = list(settings.keys.algorithms)
    authentication = {
        name: value
        for endpoint, methods in (
            ("token", METHODS),
            ("introspection", _CONFIDENTIAL),
            ("revocation", METHODS),
        )
        for name, value in (
            (f"{endpoint}_endpoint_auth_methods_supported", list(methods)),
            (f"{endpoint}_endpoint_auth_signing_alg_values_supported", list(ALGORITHMS)),
        )
    }
    document: dict[str, Any] = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/end_session",
        **authentication,
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": list(GRANTS),
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["pairwise", "public"],
        "id_token_signing_alg_values_supported": signing,
        "userinfo_signing_alg_values_supported": signing,
        "claim_types_supported": ["normal"],
        "claims_supported": _claims(),
        "claims_parameter_supported": True,
        "claims_in_verified_claims_supported": sorted(identity_request.CLAIMS),
        **identity_evidence.supported(),
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "prompt_values_supported": sorted(PROMPTS),
        "acr_values_supported": levels.supported(),
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "ui_locales_supported": list(_LOCALES),
    }
    if settings.oidc.registration != "off":
        document["registration_endpoint"] = f"{issuer}/clients"
    return document


def openid_configuration(request: MachineRequest, desk: Desk) -> Reply:
    """Return the discovery document, at both well-known addresses."""
    if not _published or _published[0][0] is not desk.settings:
        _published[:] = [(desk.settings, Published.of(describe(desk.settings)))]
    return _send(request, _published[0][1].body, _published[0][1].etag)


def jwks(request: MachineRequest, desk: Desk) -> Reply:
    """Return every key that a token of ours may be verified with."""
    return _send(request, *desk.ring.published())


def _claims() -> list[str]:
    standard = (name for names in claims.BY_SCOPE.values() for name in names)
    return list(dict.fromkeys((*_IN_TOKENS, *standard, identity_request.MEMBER)))


def _send(request: MachineRequest, body: bytes, etag: str) -> Reply:
    headers = (("ETag", etag), _CACHE, _ANYBODY)
    known = request.headers.get("if-none-match")
    if known is not None and _names(known, etag):
        return Reply(304, b"", headers)
    return Reply(200, body, (JSON, *headers))


def _names(known: str, etag: str) -> bool:
    """Say whether If-None-Match names *etag*, compared weakly (RFC 9110 §13.1.2)."""
    tags = (tag.strip().removeprefix("W/") for tag in known.split(","))
    return any(tag in (etag, "*") for tag in tags)
