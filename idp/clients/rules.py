"""What each word of client metadata may say: one table (RFC 7591 §2 and its OIDC sisters)."""
# ruff: noqa: ARG001 - a rule's shape is one for all, whichever of it one rule needs

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from idp.clients import addresses, keysets, legacy, verification
from idp.clients.authentication import METHODS
from idp.clients.errors import InvalidMetadataError
from idp.clients.party import IDENTITY_CLAIMS, SCOPES
from idp.crypto.signatures import ALGORITHMS

GRANTS = ("authorization_code", "refresh_token", "client_credentials")
_LONGEST_TEXT = 200
_MOST_ITEMS = 50
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,64}", re.ASCII)  # RFC 6749 §3.3


@dataclass(frozen=True, slots=True)
class Policy:
    """Who describes the client, and what we can do: a stranger may not take what an operator gives.

    *algorithms* are those that our own ring signs with, the default first.
    """

    origin: str
    profile: str = "standard"
    algorithms: tuple[str, ...] = ("ES256", "RS256")

    @property
    def trusted(self) -> bool:
        return self.origin == "operator"

    @property
    def lenient(self) -> bool:
        """Whether plain http on the same machine is forgiven."""
        return self.profile in ("demo", "test")


Rule = Callable[[Any, str, Policy], Any]


def _text(value: Any, name: str, policy: Policy) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT:
        raise InvalidMetadataError(f"{name} must be a text of at most {_LONGEST_TEXT} characters")
    if not value.isprintable():  # no control or bidirectional override characters either
        raise InvalidMetadataError(f"{name} must be printable")
    return value


def _texts(value: Any, name: str, policy: Policy) -> list[str]:
    return [_text(item, name, policy) for item in _list(value, name)]


def _flag(value: Any, name: str, policy: Policy) -> bool:
    if not isinstance(value, bool):
        raise InvalidMetadataError(f"{name} must be true or false")
    return value


def _seconds(value: Any, name: str, policy: Policy) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 31:
        raise InvalidMetadataError(f"{name} must be a number of seconds")
    return value


def _page(value: Any, name: str, policy: Policy) -> str:
    return addresses.check_page(value, name=name, lenient=policy.lenient)


def _https(value: Any, name: str, policy: Policy) -> str:
    return addresses.check_page(value, name=name)


def _pages(value: Any, name: str, policy: Policy) -> list[str]:
    return [_page(item, name, policy) for item in _list(value, name)]


def _returns(value: Any, name: str, policy: Policy) -> list[str]:
    """Keep a list as it is; `_check_addresses` reads it when the kind of application is known."""
    return _list(value, name)


def _scope(value: Any, name: str, policy: Policy) -> str:
    words = value.split(" ") if isinstance(value, str) else [""]
    if len(words) > _MOST_ITEMS or not all(map(_SCOPE.fullmatch, words)):
        raise InvalidMetadataError("scope must be words separated by single spaces")
    granted = [word for word in dict.fromkeys(words) if policy.trusted or word in SCOPES]
    return " ".join(granted)


def _keys(value: Any, name: str, policy: Policy) -> Any:
    keysets.parse(value)
    return value


def _one_of(*allowed: str) -> Rule:
    def rule(value: Any, name: str, policy: Policy) -> str:
        if value not in allowed or not isinstance(value, str):
            raise InvalidMetadataError(f"{name} must be one of: {', '.join(allowed)}")
        return value

    return rule


def _some_of(*allowed: str) -> Rule:
    """Keep what we support of a list; the answer tells the client what it got (RFC 7591 §3.2.1)."""

    def rule(value: Any, name: str, policy: Policy) -> list[str]:
        chosen = [item for item in allowed if item in _texts(value, name, policy)]
        if not chosen:
            raise InvalidMetadataError(f"{name} must hold one of: {', '.join(allowed)}")
        return chosen

    return rule


def _all_of(*allowed: str) -> Rule:
    """Take a list of words that we all know: a slip in a privilege is told, not dropped."""

    def rule(value: Any, name: str, policy: Policy) -> list[str]:
        given = _texts(value, name, policy)
        if not set(given) <= set(allowed):
            raise InvalidMetadataError(f"{name} may hold: {', '.join(allowed)}")
        return [item for item in allowed if item in given]

    return rule


def _signing(value: Any, name: str, policy: Policy) -> str:
    if value not in policy.algorithms:
        raise InvalidMetadataError(f"{name} must be one of: {', '.join(policy.algorithms)}")
    return str(value)


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > _MOST_ITEMS:
        raise InvalidMetadataError(f"{name} must be a list of at most {_MOST_ITEMS}")
    return value


# fmt: off
RULES: dict[str, Rule] = {
    "redirect_uris":                          _returns,
    "post_logout_redirect_uris":              _returns,
    "application_type":                       _one_of("web", "native"),
    "token_endpoint_auth_method":             _one_of(*METHODS),
    "token_endpoint_auth_signing_alg":        _one_of(*ALGORITHMS),
    "grant_types":                            _some_of(*GRANTS),
    "response_types":                         _some_of("code"),
    "scope":                                  _scope,
    "client_name":                            _text,
    "client_uri":                             _page,
    "logo_uri":                               _page,
    "policy_uri":                             _page,
    "tos_uri":                                _page,
    "initiate_login_uri":                     _https,
    "contacts":                               _texts,
    "software_id":                            _text,
    "software_version":                       _text,
    "jwks":                                   _keys,
    "jwks_uri":                               _page,
    "subject_type":                           _one_of("pairwise", "public"),
    "sector_identifier_uri":                  _page,
    "id_token_signed_response_alg":           _signing,
    "userinfo_signed_response_alg":           _signing,
    "default_max_age":                        _seconds,
    "require_auth_time":                      _flag,
    "default_acr_values":                     _texts,
    "backchannel_logout_uri":                 _page,
    "backchannel_logout_session_required":    _flag,
}
OPERATORS_RULES: dict[str, Rule] = {  # privileges: a client cannot give them to itself
    "require_pkce":                           _flag,
    "first_party":                            _flag,
    "claims_in_id_token":                     _flag,
    "identity_claims":                        _all_of(*IDENTITY_CLAIMS),
    "verification":                           verification.rule,
    "legacy":                                 legacy.rule,
}
LOCALISED = frozenset({"client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri"})
# A site that knows only an old way in: no redirect, no secret of OAuth's.
ONLY_LEGACY: dict[str, Any] = {
    "token_endpoint_auth_method":             "none",
    "grant_types":                            [],
}
DEFAULTS: dict[str, Any] = {
    "application_type":                       "web",
    "token_endpoint_auth_method":             "client_secret_basic",
    "grant_types":                            ["authorization_code"],
    "scope":                                  " ".join(SCOPES),
    "subject_type":                           "pairwise",
}
# Promises of protection that we do not keep: better refused than silently broken.
UNKEPT = (
    "require_signed_request_object", "require_pushed_authorization_requests",
    "tls_client_certificate_bound_access_tokens", "dpop_bound_access_tokens",
    "id_token_encrypted_response_alg", "id_token_encrypted_response_enc",
    "userinfo_encrypted_response_alg", "userinfo_encrypted_response_enc",
    "authorization_signed_response_alg", "introspection_signed_response_alg",
)
# fmt: on
