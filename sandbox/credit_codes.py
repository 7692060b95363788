"""Unified social credit codes, built by the sandbox's own arithmetic (GB 32100-2015, GB 11714)."""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def organisation_check(body: str) -> str:
    """Return the check character of an organisation code's eight characters."""
    total = sum(
        weight * DIGITS.index(c) for weight, c in zip(ORGANISATION_WEIGHTS, body, strict=True)
    )
    return "0123456789X0"[11 - total % 11]


def check_character(body: str) -> str:
    """Return the check character of the 17 characters in *body*: a running power of 3 mod 31."""
    total, weight = 0, 1
    for character in body:
        total += weight * ALPHABET.index(character)
        weight = weight * 3 % 31
    return ALPHABET[-total % 31]


def build(kind: str, region: str, organisation: str) -> str:
    """Return the code of *kind* (two characters), *region* (six) and *organisation* (eight)."""
    body = f"{kind}{region}{organisation}{organisation_check(organisation)}"
    return body + check_character(body)
