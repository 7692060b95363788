"""Resident identity numbers, built and checked by the sandbox's own arithmetic (GB 11643-1999)."""

CHECKS = "10X98765432"
LENGTH = 18


def check_character(body: str) -> str:
    """Return the check character of the 17 digits in *body*.

    ISO 7064 MOD 11-2 as a running sum that doubles at each step; the published
    table of weights is the same arithmetic unrolled.
    """
    running = 0
    for digit in body:
        running = (running + int(digit)) * 2 % 11
    return CHECKS[running]


def is_valid(number: str) -> bool:
    """Whether the last character of *number* fits the 17 before it."""
    return (
        len(number) == LENGTH
        and number[:-1].isdecimal()
        and check_character(number[:-1]) == number[-1]
    )


def build(prefix: str, birth: str, *, female: bool, check: str = "", first: int = 0) -> str:
    """Return the first number of a *prefix* and a *birth* (yyyymmdd), of the right sex.

    A *check* asks for the first one that ends so; *first* is a sequence number to begin at.
    Even sequence numbers are women's.
    """
    for sequence in range(first or (2 if female else 1), 1000, 2):
        body = f"{prefix}{birth}{sequence:03d}"
        if check in ("", check_character(body)):
            return body + check_character(body)
    raise ValueError(f"no number of {prefix} {birth} ends in {check}")
