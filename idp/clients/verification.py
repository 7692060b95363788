"""What a department may check, and why: the operator's metadata word `verification`.

A purpose says which business is being done, a legal basis which item of article 13 of the
Personal Information Protection Law lets personal data be handled for it. Faces and proofs of
being alive are permitted each by a member of its own: a permission to ask for names is none.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from idp.clients import addresses
from idp.clients.errors import InvalidMetadataError

NAME_SCOPE = "verification:real-name"
FACE_SCOPE = "verification:face"
ALIVE_SCOPE = "verification:alive"
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
_FACES, _ALIVE = "faces", "alive"
_MOST = 1 << 31
_MOST_ADDRESSES = 20
_LONGEST_ORIGIN = 200
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?", re.ASCII)


class Policy(Protocol):
    """What we need of `idp.clients.rules.Policy`."""

    @property
    def lenient(self) -> bool:
        """Whether plain http on the same machine is forgiven."""


@dataclass(frozen=True, slots=True)
class Faces:
    """A permission to have faces scanned: for what, on which pages, and where to go afterwards."""

    purposes: frozenset[str]
    origins: frozenset[str] = frozenset()
    return_uris: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Permission:
    """What one department may ask; a number that is None is the deployment's default."""

    purposes: frozenset[str]
    legal_bases: frozenset[str]
    per_day: int | None = None
    per_minute: int | None = None
    faces: Faces | None = None
    alive: frozenset[str] = frozenset()

    def of_faces(self) -> "Permission":
        """Return what it permits of faces, in the form of a permission for names."""
        return replace(self, purposes=self.faces.purposes if self.faces else frozenset())

    def of_proofs(self) -> "Permission":
        """Return what it permits of proofs of being alive, in the form of one for names."""
        return replace(self, purposes=self.alive)


def rule(value: Any, name: str, policy: Policy) -> dict[str, Any]:
    """Keep a permission that is whole and coherent.

    Raises:
        InvalidMetadataError: a member is missing, unknown, or out of range.
    """
    if not isinstance(value, dict) or not set(value) <= {*_WORDS, *_NUMBERS, _FACES, _ALIVE}:
        raise InvalidMetadataError(
            f"{name} has the members purposes, legal_bases, per_day, per_minute, faces, alive"
        )
    kept: dict[str, Any] = {
        member: _words(value, member, allowed, name) for member, allowed in _WORDS.items()
    }
    for member in _NUMBERS:
        number = value.get(member)
        if number is None:
            continue
        if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < _MOST:
            raise InvalidMetadataError(f"{name}.{member} must be a positive number")
        kept[member] = number
    if value.get(_FACES) is not None:
        kept[_FACES] = _faces(value[_FACES], f"{name}.{_FACES}", policy)
    if value.get(_ALIVE) is not None:
        kept[_ALIVE] = _alive(value[_ALIVE], f"{name}.{_ALIVE}")
    return kept


def permission_of(metadata: Any) -> Permission | None:
    """Return what registered *metadata* permits, or None where it permits nothing."""
    given = metadata.get("verification")
    if not given:
        return None
    faces = given.get(_FACES)
    return Permission(
        purposes=frozenset(given["purposes"]),
        legal_bases=frozenset(given["legal_bases"]),
        per_day=given.get("per_day"),
        per_minute=given.get("per_minute"),
        faces=Faces(*(frozenset(faces[member]) for member in _FACE_MEMBERS)) if faces else None,
        alive=frozenset(given.get(_ALIVE, {}).get("purposes", ())),
    )


_FACE_MEMBERS = ("purposes", "origins", "return_uris")


def _faces(value: Any, name: str, policy: Policy) -> dict[str, Any]:
    if not isinstance(value, dict) or not set(value) <= set(_FACE_MEMBERS):
        raise InvalidMetadataError(f"{name} has the members {', '.join(_FACE_MEMBERS)}")
    origins = _addresses(value.get("origins"), f"{name}.origins", policy)
    if not all(_ORIGIN.fullmatch(origin) and len(origin) <= _LONGEST_ORIGIN for origin in origins):
        raise InvalidMetadataError(f"{name}.origins must be origins, as https://site.example")
    return {
        "purposes": _words(value, "purposes", PURPOSES, name),
        "origins": origins,
        "return_uris": _addresses(value.get("return_uris"), f"{name}.return_uris", policy),
    }


def _alive(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != {"purposes"}:
        raise InvalidMetadataError(f"{name} has the member purposes")
    return {"purposes": _words(value, "purposes", PURPOSES, name)}


def _words(value: Mapping[str, Any], member: str, allowed: Iterable[str], name: str) -> list[str]:
    words = value.get(member)
    if not isinstance(words, list) or not words or not set(map(str, words)) <= set(allowed):
        raise InvalidMetadataError(f"{name}.{member} must hold some of: {', '.join(allowed)}")
    return sorted(set(words))


def _addresses(value: Any, name: str, policy: Policy) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > _MOST_ADDRESSES:
        raise InvalidMetadataError(f"{name} must be a list of at most {_MOST_ADDRESSES}")
    return sorted({addresses.check_page(uri, name=name, lenient=policy.lenient) for uri in value})
