"""What an OpenID provider's claims say of a person, in our words."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from config.schema import Room
from federation.connectors.line import needed, text_of, unusable
from federation.connectors.upstream import UpstreamIdentity
from idp.proofing.levels import parse_acr

_MOST_HOUSES = 8
_ISSUER = re.compile(r"https?://[\x21-\x7e]{1,200}", re.ASCII)


class ClaimNames(Room):
    """The names under which a provider tells what; an empty one means that it is not believed."""

    display_name: str = Field(default="name", description="What a page may call them.")
    real_name: str = Field(default="", description="The legal name.")
    id_number: str = Field(default="", description="The ID number.")
    phone: str = Field(default="phone_number", description="The phone.")


def identity(
    claims: Mapping[str, Any],
    names: ClaimNames,
    levels: Mapping[str, tuple[int, int]],
    *,
    like_us: bool,
    token: str,
) -> UpstreamIdentity:
    """Return who somebody is; *claims* are those of the ID token and of userinfo together."""
    acr = text_of(claims, "acr")
    ial, aal = levels.get(acr) or (like_us and parse_acr(acr)) or (1, 1)
    proven = _proven(claims) if like_us else {}
    phone = text_of(claims, names.phone) if names.phone else ""
    shown = claims.get("auth_time")
    return UpstreamIdentity(
        subject=needed(claims, "sub"),
        display_name=text_of(claims, names.display_name) if names.display_name else "",
        real_name=proven.get("name") or _text(claims, names.real_name),
        id_number=proven.get("number") or _text(claims, names.id_number),
        phone=phone or None,
        phone_verified=claims.get("phone_number_verified") is True,
        ial=ial,
        aal=aal,
        auth_time=shown if isinstance(shown, int) and not isinstance(shown, bool) else None,
        chain=_chain(claims) if like_us else (),
        session={
            "id_token": token,
            "sid": text_of(claims, "sid"),
            "sub": needed(claims, "sub"),
            "issuer": needed(claims, "iss"),
        },
    )


def _proven(claims: Mapping[str, Any]) -> dict[str, str]:
    """Return name and number out of `verified_claims`, as a house like ours tells them."""
    element = claims.get("verified_claims")
    found = element[0] if isinstance(element, list) and element else element
    told = found.get("claims") if isinstance(found, dict) else None
    if not isinstance(told, dict):
        return {}
    return {"name": text_of(told, "name"), "number": text_of(told, "id_number")}


def _chain(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the houses that vouched before this provider; none of them may be left out."""
    houses = claims.get("upstream", [])
    if not isinstance(houses, list) or len(houses) > _MOST_HOUSES:
        unusable("the token: upstream")
    if not all(isinstance(house, str) and _ISSUER.fullmatch(house) for house in houses):
        unusable("the token: upstream")
    return tuple(houses)


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    return (text_of(claims, name) or None) if name else None
