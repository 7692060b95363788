"""What a resource asks of whoever holds an access token."""

from dataclasses import dataclass

from sandbox.wording import Both


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a token must show: a level, and a sign-in of the last *max_age* seconds."""

    acr: str
    max_age: int
    short: Both
