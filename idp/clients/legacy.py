"""What old ways in an operator opens to a site: the metadata word `legacy`.

`cas` is the Central Authentication Service protocol, `ticket` our profile of signed tickets.
Neither is open to anybody by default, and no site can open one to itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from idp.clients import addresses
from idp.clients.errors import InvalidMetadataError

SUBJECT, USERNAME = "subject", "username"
ASK, AT_ONCE = "ask", "at_once"
# What a site may be told, and the word under which a person agrees to it.
ATTRIBUTES: Mapping[str, str] = {
    **{
        name: name
        for name in (
            *("name", "nickname", "preferred_username", "gender", "birthdate", "locale"),
            *("phone_number", "phone_number_verified", "email", "email_verified"),
        )
    },
    "real_name": "verified:name",
    "real_gender": "verified:gender",
    "real_birthdate": "verified:birthdate",
    "id_number": "verified:id_number",
    "nationalities": "verified:nationalities",
}
_PROVEN = "verified:"
_APP_ID = re.compile(r"[A-Za-z0-9_-]{3,64}", re.ASCII)
_ACR = re.compile(r"urn:manyou:(?:ial:[1-4](?::aal:[1-3])?|aal:[1-3])")
_MOST = 50
_COMMON = ("slo", "attributes", "user", "acr", "logout")
_CAS = ("services", "prefixes", *_COMMON)
_TICKET = ("app_id", "back_urls", *_COMMON)


class Policy(Protocol):
    """What we need of `idp.clients.rules.Policy`."""

    @property
    def lenient(self) -> bool:
        """Whether plain http on the same machine is forgiven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One old way in, as it is open to one site.

    *addresses* match to the byte; whatever begins with one of *prefixes* fits too. *acr* is a
    level that must be reached; *attributes* are names of `ATTRIBUTES`.
    """

    addresses: frozenset[str]
    prefixes: tuple[str, ...] = ()
    app_id: str = ""
    slo: str | None = None
    attributes: tuple[str, ...] = ()
    user: str = SUBJECT
    acr: str | None = None
    logout: str = ASK

    def accepts(self, address: str) -> bool:
        """Say whether tickets may be sent to *address*."""
        if address in self.addresses:
            return True
        begins = any(address.startswith(prefix) for prefix in self.prefixes)
        return begins and addresses.is_plain(address)


def cas_of(metadata: Mapping[str, Any]) -> Opening | None:
    """Return how registered *metadata* opens CAS, or None where it does not."""
    given = metadata.get("legacy", {}).get("cas")
    if not given:
        return None
    prefixes = tuple(given.get("prefixes", ()))
    return _opening(given, frozenset(given.get("services", ())), prefixes=prefixes)


def ticket_of(metadata: Mapping[str, Any]) -> Opening | None:
    """Return how registered *metadata* opens signed tickets, or None where it does not."""
    given = metadata.get("legacy", {}).get("ticket")
    if not given:
        return None
    return _opening(given, frozenset(given["back_urls"]), app_id=given["app_id"])


def addresses_in(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every address of the site that *metadata* opens an old way to."""
    given = metadata.get("legacy", {})
    cas, ticket = given.get("cas", {}), given.get("ticket", {})
    return (*cas.get("services", ()), *cas.get("prefixes", ()), *ticket.get("back_urls", ()))


def rule(value: Any, name: str, policy: Policy) -> dict[str, Any]:
    """Keep what is whole and coherent.

    Raises:
        InvalidMetadataError: a member is missing, unknown, or not what it must be.
    """
    if not isinstance(value, dict) or not value or not set(value) <= {"cas", "ticket"}:
        raise InvalidMetadataError(f"{name} has the members cas, ticket")
    kept: dict[str, Any] = {}
    if value.get("cas") is not None:
        kept["cas"] = _cas(value["cas"], f"{name}.cas", policy)
    if value.get("ticket") is not None:
        kept["ticket"] = _ticket(value["ticket"], f"{name}.ticket", policy)
    return kept


def check_permitted(values: Mapping[str, Any]) -> None:
    """See that no old way tells more of proven identity than the site may have.

    Raises:
        InvalidMetadataError: it would.
    """
    told = {
        ATTRIBUTES[attribute].removeprefix(_PROVEN)
        for way in values.get("legacy", {}).values()
        for attribute in way.get("attributes", ())
        if ATTRIBUTES[attribute].startswith(_PROVEN)
    }
    if not told <= set(values.get("identity_claims", ())):
        raise InvalidMetadataError("legacy attributes of proven identity need identity_claims")


def _opening(given: Mapping[str, Any], exact: frozenset[str], **more: Any) -> Opening:
    members = {name: given[name] for name in _COMMON if name in given}
    members["attributes"] = tuple(members.get("attributes", ()))
    return Opening(addresses=exact, **members, **more)


def _cas(value: Any, name: str, policy: Policy) -> dict[str, Any]:
    kept = _common(value, name, _CAS, policy)
    services = _urls(value.get("services", []), f"{name}.services", policy)
    prefixes = _urls(value.get("prefixes", []), f"{name}.prefixes", policy)
    if not all(prefix.endswith("/") and "?" not in prefix for prefix in prefixes):
        raise InvalidMetadataError(f"{name}.prefixes must be addresses that end in /")
    if not services and not prefixes:
        raise InvalidMetadataError(f"{name}.services must name an address")
    return {**kept, "services": services, "prefixes": prefixes}


def _ticket(value: Any, name: str, policy: Policy) -> dict[str, Any]:
    kept = _common(value, name, _TICKET, policy)
    app_id = value.get("app_id")
    if not isinstance(app_id, str) or not _APP_ID.fullmatch(app_id):
        raise InvalidMetadataError(f"{name}.app_id must be 3 to 64 letters, digits, - and _")
    back_urls = _urls(value.get("back_urls"), f"{name}.back_urls", policy)
    if not back_urls:
        raise InvalidMetadataError(f"{name}.back_urls must name an address")
    return {**kept, "app_id": app_id, "back_urls": back_urls}


def _common(value: Any, name: str, known: tuple[str, ...], policy: Policy) -> dict[str, Any]:
    if not isinstance(value, dict) or not set(value) <= set(known):
        raise InvalidMetadataError(f"{name} has the members {', '.join(known)}")
    kept: dict[str, Any] = {
        "attributes": _attributes(value.get("attributes", []), name),
        "user": _one_of(value.get("user", SUBJECT), f"{name}.user", SUBJECT, USERNAME),
        "logout": _one_of(value.get("logout", ASK), f"{name}.logout", ASK, AT_ONCE),
    }
    if (slo := value.get("slo")) is not None:
        kept["slo"] = addresses.check_page(slo, name=f"{name}.slo", lenient=policy.lenient)
    if (acr := value.get("acr")) is not None:
        if not isinstance(acr, str) or not _ACR.fullmatch(acr):
            raise InvalidMetadataError(f"{name}.acr must be a level, as urn:manyou:ial:2")
        kept["acr"] = acr
    return kept


def _attributes(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidMetadataError(f"{name}.attributes must be a list of names")
    if not set(value) <= set(ATTRIBUTES):
        raise InvalidMetadataError(f"{name}.attributes may hold: {', '.join(ATTRIBUTES)}")
    return [known for known in ATTRIBUTES if known in value]


def _one_of(value: Any, name: str, *allowed: str) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise InvalidMetadataError(f"{name} must be one of: {', '.join(allowed)}")
    return value


def _urls(value: Any, name: str, policy: Policy) -> list[str]:
    if not isinstance(value, list) or len(value) > _MOST:
        raise InvalidMetadataError(f"{name} must be a list of at most {_MOST}")
    kept = [addresses.check_page(url, name=name, lenient=policy.lenient) for url in value]
    if len(set(kept)) != len(kept):
        raise InvalidMetadataError(f"{name} names an address twice")
    return kept
