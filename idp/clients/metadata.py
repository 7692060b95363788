"""What a client says of itself, made whole and coherent before it is registered.

Unknown metadata is ignored, and is not kept. Privileges are an operator's to give.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from idp.clients import addresses, legacy
from idp.clients.errors import InvalidMetadataError, InvalidRedirectUriError
from idp.clients.rules import (
    DEFAULTS,
    LOCALISED,
    ONLY_LEGACY,
    OPERATORS_RULES,
    RULES,
    UNKEPT,
    Policy,
)
from idp.errors import IdentityError

if TYPE_CHECKING:
    from idp.web.outbound import Outbound

PROFILES = ("standard", "demo", "test")
_LARGEST = 32_768
_MAY_BE_EMPTY = ("grant_types", "response_types")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checked:
    """Metadata that went through the table; only `check` makes it."""

    values: Mapping[str, Any]
    policy: Policy


def check(document: Mapping[str, Any], policy: Policy, outbound: "Outbound | None") -> Checked:
    """Return what is registered of *document*, with defaults filled in.

    *outbound* fetches a sector_identifier_uri; without one, such a client is refused.

    Raises:
        InvalidRedirectUriError: an address to return to is unsafe.
        InvalidMetadataError: anything else is.
    """
    if policy.profile not in PROFILES:
        raise InvalidMetadataError(f"profile must be one of: {', '.join(PROFILES)}")
    for name in UNKEPT:
        if document.get(name) not in (None, False):
            raise InvalidMetadataError(f"{name} is not supported")
    kept = _by_the_rules(document, policy)
    only_legacy = ONLY_LEGACY if "legacy" in kept and "redirect_uris" not in kept else {}
    values = DEFAULTS | only_legacy | _default_algorithm(policy) | kept
    _check_grants(values)
    _check_addresses(values, policy)
    _check_keys(values)
    legacy.check_permitted(values)
    if len(orjson.dumps(values)) > _LARGEST:
        raise InvalidMetadataError("The client metadata is too large")
    _check_sector(values, outbound)
    return Checked(values, policy)


def _default_algorithm(policy: Policy) -> dict[str, str]:
    """Return what signs for a client that names nothing.

    A stranger may count on RS256 (OIDC Registration §2); an operator knows our own default.
    """
    if not policy.algorithms:
        return {}
    usual = "RS256" if "RS256" in policy.algorithms and not policy.trusted else policy.algorithms[0]
    return {"id_token_signed_response_alg": usual}


def _by_the_rules(document: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    values = {}
    rules = RULES | (OPERATORS_RULES if policy.trusted else {})
    for name, value in document.items():
        base, marked, language = name.partition("#")
        if base not in rules or value is None or (marked and base not in LOCALISED):
            continue
        if value == [] and policy.trusted and name in _MAY_BE_EMPTY:
            continue  # as we print it of a site without; an operator's update gives it back
        if marked and not _LANGUAGE.fullmatch(language):
            raise InvalidMetadataError(f"{base}: what follows # must be a language tag")
        values[name] = rules[base](value, base, policy)
    return values


def _check_grants(values: dict[str, Any]) -> None:
    """Make grant and response types agree (RFC 7591 §2.1)."""
    grants = values["grant_types"]
    interactive = "authorization_code" in grants
    if "response_types" in values and not interactive:
        raise InvalidMetadataError("response_types needs the authorization_code grant")
    values["response_types"] = ["code"] if interactive else []
    if "refresh_token" in grants and not interactive:
        raise InvalidMetadataError("refresh_token needs the authorization_code grant")
    if "client_credentials" in grants and values["token_endpoint_auth_method"] == "none":
        raise InvalidMetadataError("client_credentials needs client authentication")


def _check_addresses(values: dict[str, Any], policy: Policy) -> None:
    native = values["application_type"] == "native"
    interactive = "authorization_code" in values["grant_types"]
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        uris = values.get(name, [])
        for uri in uris:
            addresses.check_redirect(uri, native=native, lenient=policy.lenient)
        if len(set(uris)) != len(uris):
            raise InvalidRedirectUriError(f"{name} names an address twice")
    if interactive and not values.get("redirect_uris"):
        raise InvalidRedirectUriError("redirect_uris is missing")


def _check_keys(values: dict[str, Any]) -> None:
    if "jwks" in values and "jwks_uri" in values:
        raise InvalidMetadataError("Give jwks or jwks_uri, not both")
    has_keys = "jwks" in values or "jwks_uri" in values
    if values["token_endpoint_auth_method"] == "private_key_jwt" and not has_keys:
        raise InvalidMetadataError("private_key_jwt needs jwks or jwks_uri")


def _check_sector(values: dict[str, Any], outbound: "Outbound | None") -> None:
    """See that the sector's own list names every address to return to (OIDC Registration §5)."""
    uri = values.get("sector_identifier_uri")
    if uri is None:
        hosts = {urlsplit(way).hostname for way in values.get("redirect_uris", [])}
        if len(hosts) > 1 and values["subject_type"] == "pairwise":  # OIDC Core §8.1
            raise InvalidMetadataError("Several hosts need a sector_identifier_uri")
        return
    if outbound is None:
        raise InvalidMetadataError("sector_identifier_uri cannot be checked here")
    try:
        answer = outbound.request("GET", uri, headers={"Accept": "application/json"})
        listed = orjson.loads(answer.body) if answer.status == 200 else None  # noqa: PLR2004
    except (IdentityError, orjson.JSONDecodeError):
        listed = None
    if not isinstance(listed, list):
        raise InvalidMetadataError("sector_identifier_uri does not answer with a JSON array")
    if not all(uri in listed for uri in values.get("redirect_uris", [])):
        raise InvalidMetadataError("sector_identifier_uri does not list every redirect URI")
