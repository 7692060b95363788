"""Assurance levels, and the `acr` values that say them to sites.

A value names an identity level (`urn:manyou:ial:2`), an authenticator level
(`urn:manyou:aal:2`), or both (`urn:manyou:ial:2:aal:2`); a higher level satisfies a lower.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

IAL_LEVELS = (1, 2, 3, 4)
AAL_LEVELS = (1, 2, 3)
# What each method of verification proves (the mapping to provincial levels is in the docs).
IAL_OF_METHOD = {"name_id": 2, "face": 3, "bank": 3, "chip": 3, "counter": 4, "operator": 2}
# A region's own words, each with the level of ours that earns it. A level that a region does
# not have counts as the highest below it.
REGIONS: Mapping[str, tuple[tuple[int, str], ...]] = MappingProxyType(
    {
        "beijing": ((1, "L1"), (2, "L2"), (3, "L3"), (4, "L4")),
        "zhejiang": ((1, "1"), (2, "2"), (3, "3")),
        "shanghai": ((2, "初级"), (3, "中级"), (4, "高级")),
    }
)
_ACR = re.compile(r"urn:manyou:(?:ial:([1-4])(?::aal:([1-3]))?|aal:([1-3]))")


def acr_of(ial: int, aal: int) -> str:
    """Return the value that tells both levels."""
    return f"urn:manyou:ial:{ial}:aal:{aal}"


def parse_acr(value: str) -> tuple[int, int] | None:
    """Return the identity and authenticator level that *value* asks for, or None if not ours."""
    match = _ACR.fullmatch(value)
    if match is None:
        return None
    ial, both_aal, only_aal = match.groups()
    return int(ial or 1), int(both_aal or only_aal or 1)


def satisfied(value: str, *, ial: int, aal: int) -> bool:
    """Say whether these levels are what *value* asks for, or better."""
    wanted = parse_acr(value)
    return wanted is not None and ial >= wanted[0] and aal >= wanted[1]


def answer(asked: list[str], *, ial: int, aal: int) -> str:
    """Return the `acr` to put into a token: the first asked value that holds, else the levels."""
    for value in asked:
        if satisfied(value, ial=ial, aal=aal):
            return value
    return acr_of(ial, aal)


def supported() -> list[str]:
    """Return the values for `acr_values_supported`, the plain ones first."""
    plain = [f"urn:manyou:ial:{ial}" for ial in IAL_LEVELS]
    plain += [f"urn:manyou:aal:{aal}" for aal in AAL_LEVELS]
    return plain + [acr_of(ial, aal) for ial in IAL_LEVELS for aal in AAL_LEVELS]


def in_region(region: str, ial: int) -> str | None:
    """Return what *region* calls somebody of our level *ial*; None: it has no word for so little.

    Raises:
        KeyError: we know no such region.
    """
    words = [word for least, word in REGIONS[region] if ial >= least]
    return words[-1] if words else None
