"""From scope to claims (OIDC Core §5.1, §5.4, §5.5)."""

import json
from collections.abc import Mapping
from typing import Any

from idp.accounts import profiles
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
    values = profiles.standard_claims(profiles.read(tx, vault, person_id))
    wishes = json.loads(asked).get(part, {}) if asked else {}
    return {
        name: values[name]
        for name in sorted(names)
        if values.get(name) is not None and _as_wished(values[name], wishes.get(name))
    }


def _as_wished(value: Any, wish: Mapping[str, Any] | None) -> bool:
    """A claim asked for by value is given only if it has it (§5.5.1)."""
    if not wish:
        return True
    if "value" in wish and wish["value"] != value:
        return False
    return "values" not in wish or value in wish["values"]
