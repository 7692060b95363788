"""What a department may check, and why: the operator's metadata word `verification`.

A purpose says which business is being done, a legal basis which item of article 13 of the
Personal Information Protection Law lets personal data be handled for it.
"""

from dataclasses import dataclass
from typing import Any

from idp.clients.errors import InvalidMetadataError

PURPOSES = (
    "social_security",
    "medical_insurance",
    "medical",
    "taxation",
    "housing_fund",
    "vehicle",
    "education",
    "employment",
    "household",
    "marriage",
    "real_estate",
    "business",
    "travel_documents",
    "public_security",
    "justice",
    "benefits",
    "complaint",
    "petition",
)
LEGAL_BASES = (
    "consent",
    "contract",
    "statutory_duty",
    "emergency",
    "public_interest",
    "disclosed",
    "other_law",
)
_WORDS = {"purposes": PURPOSES, "legal_bases": LEGAL_BASES}
_NUMBERS = ("per_day", "per_minute")
_MOST = 1 << 31


@dataclass(frozen=True, slots=True)
class Permission:
    """What one department may ask; a number that is None is the deployment's default."""

    purposes: frozenset[str]
    legal_bases: frozenset[str]
    per_day: int | None = None
    per_minute: int | None = None


def rule(value: Any, name: str, _policy: object) -> dict[str, Any]:
    """Keep a permission that is whole and coherent.

    Raises:
        InvalidMetadataError: a member is missing, unknown, or out of range.
    """
    if not isinstance(value, dict) or not set(value) <= {*_WORDS, *_NUMBERS}:
        raise InvalidMetadataError(
            f"{name} has the members purposes, legal_bases, per_day, per_minute"
        )
    kept: dict[str, Any] = {}
    for member, allowed in _WORDS.items():
        words = value.get(member)
        if not isinstance(words, list) or not words or not set(map(str, words)) <= set(allowed):
            raise InvalidMetadataError(f"{name}.{member} must hold some of: {', '.join(allowed)}")
        kept[member] = sorted(set(words))
    for member in _NUMBERS:
        number = value.get(member)
        if number is None:
            continue
        if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < _MOST:
            raise InvalidMetadataError(f"{name}.{member} must be a positive number")
        kept[member] = number
    return kept


def permission_of(metadata: Any) -> Permission | None:
    """Return what registered *metadata* permits, or None where it permits nothing."""
    given = metadata.get("verification")
    if not given:
        return None
    return Permission(
        purposes=frozenset(given["purposes"]),
        legal_bases=frozenset(given["legal_bases"]),
        per_day=given.get("per_day"),
        per_minute=given.get("per_minute"),
    )
