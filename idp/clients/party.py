"""A relying party as the protocol sees it: read once from its registration, never changed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from idp.clients import legacy

_PORT = re.compile(r":[1-9][0-9]{0,4}")
_LAST_PORT = 65_535
SCOPES = ("openid", "profile", "phone", "email", "address", "offline_access")
# Scopes of proven identity, and what of it an operator may let a site have: nobody gets these
# by default.
IDENTITY_SCOPES = ("real_name", "id_number")
IDENTITY_CLAIMS = ("name", "birthdate", "gender", "id_number", "nationalities")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelyingParty:
    """A service site that trusts our tokens."""

    client_id: str
    name: str
    profile: str
    status: str
    origin: str
    metadata: Mapping[str, Any]
    redirect_uris: frozenset[str]
    grant_types: frozenset[str]
    response_types: frozenset[str]
    scopes: frozenset[str]
    auth_method: str
    secret_fingerprint: bytes | None
    jwks: Mapping[str, Any] | None
    jwks_uri: str | None
    subject_type: str
    sector: str
    post_logout_redirect_uris: frozenset[str]
    backchannel_logout_uri: str | None
    backchannel_logout_session_required: bool
    id_token_alg: str | None
    userinfo_alg: str | None
    require_pkce: bool
    first_party: bool
    default_max_age: int | None
    default_acr_values: tuple[str, ...]
    require_auth_time: bool
    logo_uri: str | None
    client_uri: str | None
    policy_uri: str | None
    tos_uri: str | None
    names: Mapping[str, str]
    claims_in_id_token: bool
    identity_claims: frozenset[str]

    @property
    def active(self) -> bool:
        return self.status == "active"

    @property
    def public(self) -> bool:
        """Whether it can keep no secret (RFC 6749 §2.1)."""
        return self.auth_method == "none"

    def name_in(self, locale: str) -> str:
        """Return its name in the best match for *locale* (a language tag, `-` or `_`)."""
        return _localised(self.names, locale) or self.name

    def accepts_redirect(self, uri: str) -> bool:
        """Say whether *uri* is registered, compared byte for byte (RFC 9700 §2.1).

        Of a native client's loopback address the port may vary (RFC 8252 §7.3).
        """
        if uri in self.redirect_uris:
            return True
        if self.metadata.get("application_type") != "native":
            return False
        portless = without_loopback_port(uri)
        return portless is not None and portless in map(without_loopback_port, self.redirect_uris)


def without_loopback_port(uri: str) -> str | None:
    """Return *uri* without its port if its host is a loopback address, else None."""
    for host in ("http://127.0.0.1", "http://[::1]"):
        if not uri.startswith(host):
            continue
        rest = uri[len(host) :]
        port, slash, path = rest.partition("/")
        if port and not (_PORT.fullmatch(port) and int(port[1:]) <= _LAST_PORT):
            return None
        return host + slash + path
    return None


def read(row: Any) -> RelyingParty:
    """Return the relying party that a row of table `client` describes."""
    metadata: dict[str, Any] = orjson.loads(row.metadata_json)
    get = metadata.get
    secret = row.secret_fingerprint
    return RelyingParty(
        client_id=row.client_id,
        name=get("client_name") or row.client_id,
        profile=row.profile,
        status=row.status,
        origin=row.origin,
        metadata=metadata,
        redirect_uris=frozenset(get("redirect_uris", ())),
        grant_types=frozenset(get("grant_types", ("authorization_code",))),
        response_types=frozenset(get("response_types", ("code",))),
        scopes=frozenset(get("scope", " ".join(SCOPES)).split()),
        auth_method=get("token_endpoint_auth_method", "client_secret_basic"),
        secret_fingerprint=None if secret is None else bytes(secret),
        jwks=get("jwks"),
        jwks_uri=get("jwks_uri"),
        subject_type=get("subject_type", "pairwise"),
        sector=sector_of(metadata, row.client_id),
        post_logout_redirect_uris=frozenset(get("post_logout_redirect_uris", ())),
        backchannel_logout_uri=get("backchannel_logout_uri"),
        backchannel_logout_session_required=get("backchannel_logout_session_required", False),
        id_token_alg=get("id_token_signed_response_alg"),
        userinfo_alg=get("userinfo_signed_response_alg"),
        require_pkce=get("require_pkce", True),
        first_party=get("first_party", False),
        default_max_age=get("default_max_age"),
        default_acr_values=tuple(get("default_acr_values", ())),
        require_auth_time=get("require_auth_time", False),
        logo_uri=get("logo_uri"),
        client_uri=get("client_uri"),
        policy_uri=get("policy_uri"),
        tos_uri=get("tos_uri"),
        names=_names(metadata),
        claims_in_id_token=get("claims_in_id_token", False),
        identity_claims=frozenset(get("identity_claims", ())),
    )


def sector_of(metadata: Mapping[str, Any], client_id: str) -> str:
    """Return the sector whose sites share a pairwise subject: a host (OIDC Core §8.1).

    A site that knows only an old way in keeps its people when it moves to OpenID Connect.
    """
    uris = metadata.get("redirect_uris") or legacy.addresses_in(metadata)
    if sector_uri := metadata.get("sector_identifier_uri"):
        return urlsplit(sector_uri).hostname or client_id
    hosts = {urlsplit(uri).hostname for uri in uris}
    host = hosts.pop() if len(hosts) == 1 else None
    # A loopback address is everybody's, and an app's own scheme has no host.
    return client_id if host in (None, "127.0.0.1", "::1", "localhost") else str(host)


def _names(metadata: Mapping[str, Any]) -> dict[str, str]:
    marked = "client_name#"
    return {k[len(marked) :].lower(): v for k, v in metadata.items() if k.startswith(marked)}


def _localised(names: Mapping[str, str], locale: str) -> str | None:
    wanted = locale.replace("_", "-").lower()
    while wanted:
        if wanted in names:
            return names[wanted]
        wanted = wanted.rpartition("-")[0]
    language = locale.replace("_", "-").lower().partition("-")[0]
    return next((name for tag, name in names.items() if tag.partition("-")[0] == language), None)
