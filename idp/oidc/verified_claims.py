"""`verified_claims`: what is proven of a person, as far as it was asked for and may be told.

OpenID Connect for Identity Assurance 1.0 §5. What does not fit is left out, never an error:
a claim alone, or the whole element when the verification is not as asked (§5.7.4).
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from idp import clock
from idp.accounts import profiles
from idp.clients.party import IDENTITY_SCOPES, RelyingParty
from idp.crypto import Vault
from idp.db import Transaction
from idp.oidc import identity_evidence, identity_request
from idp.oidc.identity_request import MEMBER, RULES, Element, Elements
from idp.proofing import verifications

# Members without which the schema knows no such element: they come though nobody asked.
_ALWAYS = ("trust_framework", "type", "check_method")
_DATE = len("2026-01-01")


class _UnmetError(Exception):
    """What we have is not as it was asked for."""


def are_wanted(scope: frozenset[str], asked: str) -> bool:
    """Say whether a grant opens anything here; for most it is two looks into short texts."""
    return MEMBER in asked or not scope.isdisjoint(IDENTITY_SCOPES)


def release(
    tx: Transaction,
    vault: Vault,
    client: RelyingParty,
    person_id: str,
    *,
    scope: frozenset[str],
    asked: str,
    part: str,
) -> dict[str, Any]:
    """Return the member `verified_claims`, or nothing where nothing may be told.

    *asked* is the `claims` parameter as it was granted, *scope* the scopes that count in *part*.
    The operator's permission counts as it is now.
    """
    single: Elements | None = json.loads(asked).get(part, {}).get(MEMBER) if asked else None
    elements = identity_request.elements_of(single)
    if (by_scope := identity_request.by_scope(scope)) is not None:
        elements = [*elements, by_scope]
    record = verifications.strongest(tx, person_id) if elements else None
    if record is None:
        return {}
    verification = identity_evidence.verification_of(record, vault, sector=client.sector)
    proven = identity_evidence.claims_of(profiles.read(tx, vault, person_id), record, vault)
    allowed = {
        name: value
        for name, value in proven.items()
        if identity_request.word_of(name) in client.identity_claims
    }
    told = [found for element in elements if (found := answer(element, verification, allowed))]
    if not told:
        return {}
    return {MEMBER: told if isinstance(single, list) or len(told) > 1 else told[0]}


def answer(
    element: Element, verification: Mapping[str, Any], proven: Mapping[str, Any]
) -> Element | None:
    """Return what fits *element* of a *verification* and what it has *proven*; None: nothing."""
    try:
        filled = _fill(element["verification"], verification)
    except _UnmetError:
        return None
    claims = {
        name: proven[name]
        for name, wish in element["claims"].items()
        if name in proven and _fits(wish, proven[name])
    }
    return {"verification": filled, "claims": claims} if claims else None


def _fill(wish: Any, have: Any) -> Any:
    """Return the part of *have* that *wish* is a template of (§5.4).

    Raises:
        _UnmetError: *wish* narrows it down to something else.
    """
    if isinstance(have, Mapping):
        return _fill_object(wish, have)
    if isinstance(have, list):
        return _fill_list(wish, have)
    if not _fits(wish, have):
        raise _UnmetError
    return have


def _fill_object(wish: Any, have: Mapping[str, Any]) -> dict[str, Any]:
    if wish is None:
        return dict(have)
    if not isinstance(wish, dict) or any(rule in wish for rule in RULES):
        raise _UnmetError
    found = {name: have[name] for name in _ALWAYS if name in have}
    for name, inner in wish.items():
        if name in have:
            found[name] = _fill(inner, have[name])
        elif _narrows(inner):
            raise _UnmetError
    return found


def _fill_list(wish: Any, have: list[Any]) -> list[Any]:
    """Return the items that one of the templates fits, each by the first that does."""
    if wish is None or wish == []:
        return have
    if not isinstance(wish, list):
        raise _UnmetError
    found = [filled for item in have if (filled := _first(wish, item)) is not None]
    if not found:
        raise _UnmetError
    return found


def _first(templates: list[Any], item: Any) -> Any:
    for template in templates:
        try:
            return _fill(template, item)
        except _UnmetError:
            continue
    return None


def _narrows(wish: Any) -> bool:
    if isinstance(wish, list):
        return any(map(_narrows, wish))
    if not isinstance(wish, dict):
        return False
    return any(rule in wish for rule in RULES) or any(map(_narrows, wish.values()))


def _fits(wish: Any, have: Any) -> bool:
    """Say whether a plain value is one that was asked for (§5.5)."""
    if wish is None:
        return True
    if not isinstance(wish, dict):
        return False
    if "value" in wish and not _is_one(have, [wish["value"]]):
        return False
    if "values" in wish and not _is_one(have, wish["values"]):
        return False
    return "max_age" not in wish or _is_younger(have, wish["max_age"])


def _is_one(have: Any, values: list[Any]) -> bool:
    """Say whether *have* is among *values*; of several, one of its items is enough."""
    return have in values or (isinstance(have, list) and any(item in values for item in have))


def _is_younger(have: Any, seconds: float) -> bool:
    """Say whether a date or moment is at most *seconds* ago; of a date its last second counts."""
    try:
        then = datetime.fromisoformat(have)
    except (TypeError, ValueError):
        return False
    if len(have) == _DATE:
        then += timedelta(days=1, seconds=-1)
    return clock.epoch() - then.replace(tzinfo=UTC).timestamp() <= seconds
