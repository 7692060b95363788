"""From scope to claims (OIDC Core §5.1, §5.4, §5.5)."""

import json
from collections.abc import Mapping
from typing import Any

from idp.accounts import profiles
from idp.accounts.profiles import PersonView
from idp.crypto import Vault
from idp.db import Transaction

BY_SCOPE: dict[str, tuple[str, ...]] = {
    "profile": (
        "name",
        "nickname",
        "preferred_username",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    "phone": ("phone_number", "phone_number_verified"),
    "email": ("email", "email_verified"),
    "address": ("address",),
}
SINGLY = frozenset(name for names in BY_SCOPE.values() for name in names)


def wanted(scope: frozenset[str], claims: str, part: str) -> set[str]:
    """Return the names that *scope*, and the `claims` parameter for *part*, ask for.

    *part* is `userinfo` or `id_token`; for an ID token pass the scopes that shall count.
    """
    names = {name for word in scope for name in BY_SCOPE.get(word, ())}
    if claims:
        names |= set(json.loads(claims).get(part, {})) & SINGLY
    return names


def release(
    tx: Transaction, vault: Vault, person_id: str, names: set[str], *, asked: str = "", part: str
) -> dict[str, Any]:
    """Return the values of *names* that the person has; what is unknown is left out (§5.3.2)."""
    if not names:
        return {}
    values = standard_claims(profiles.read(tx, vault, person_id))
    wishes = json.loads(asked).get(part, {}) if asked else {}
    return {
        name: values[name]
        for name in sorted(names)
        if values.get(name) is not None and _as_wished(values[name], wishes.get(name))
    }


def standard_claims(person: PersonView) -> dict[str, Any]:
    """Return everything we could say of *person* in the claims of OIDC Core §5.1.

    `name` is what the person calls themselves here. The legal name is no standard claim of
    ours: it is released with evidence, or not at all.
    """
    name = person.display_name or person.username
    return {
        **{key: value for key, value in person.claims.items() if key in SINGLY},
        "name": name,
        "nickname": person.display_name,
        "preferred_username": person.username,
        "zoneinfo": "Asia/Shanghai",
        "locale": person.locale,
        "updated_at": person.updated_at,
        "phone_number": person.phone,
        "phone_number_verified": person.phone_verified if person.phone else None,
        "email": person.email,
        "email_verified": person.email_verified if person.email else None,
    }


def _as_wished(value: Any, wish: Mapping[str, Any] | None) -> bool:
    """Say whether a claim has the value it was asked for by (§5.5.1)."""
    if not wish:
        return True
    if "value" in wish and wish["value"] != value:
        return False
    return "values" not in wish or value in wish["values"]
