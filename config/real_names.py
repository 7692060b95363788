"""Settings of proving names, of counters, and of departments' checks."""

from pydantic import Field

from config.schema import Room, Seconds, Words


class ProofingSettings(Room):
    """Real names: how often they may be tried, and how long they stay proven."""

    validity: Seconds = Field(
        default=5 * 365 * 86_400, description="Seconds that a verification proves its level."
    )
    freshness: Seconds = Field(
        default=600, description="A factor this old must be shown again before proving a name."
    )
    per_person: int = Field(default=5, ge=1, description="Tries per account and day.")
    per_identity: int = Field(
        default=10, ge=1, description="Failed tries per claimed ID number and day, whoever asks."
    )
    attempt_lifetime: Seconds = Field(
        default=86_400, description="Seconds that an unfinished verification can be continued."
    )


class CounterPoint(Room):
    """A counter where an officer verifies people who come in person."""

    code: str = Field(pattern=r"^[a-z0-9-]{1,32}$", description="Its name in commands and tables.")
    name: str = Field(description="Its name in Chinese.")
    name_en: str = Field(default="", description="Its name in English.")
    address: str = Field(description="Where it is, in Chinese.")
    address_en: str = Field(default="", description="Where it is, in English.")
    capacity: int = Field(default=2, ge=1, description="People who can be served at a time.")


class CounterSettings(Room):
    """Counters where people are verified in person, by appointment."""

    points: tuple[CounterPoint, ...] = Field(
        default=(),
        description=(
            "The counters, as tables `[[counters.points]]` of the settings file with `code`, "
            "`name`, `name_en`, `address`, `address_en`, `capacity` (people at a time)."
        ),
    )
    telephone: str = Field(default="12345", description="Where appointments are made by phone.")
    slots: Words = Field(
        default=("09:00", "10:00", "11:00", "14:00", "15:00", "16:00"),
        description="Times of the day that can be booked.",
    )
    days: int = Field(default=6, ge=1, le=60, description="Days ahead that can be booked.")


class VerificationSettings(Room):
    """Departments' checks of names: quotas, and what counts as guessing."""

    per_day: int = Field(
        default=10_000, ge=1, description="Checks per client and day, if it is given no number."
    )
    per_minute: int = Field(
        default=600, ge=1, description="Checks per client and minute, if it is given no number."
    )
    quota_block: int = Field(
        default=200, ge=1, description="Most of a quota that is lent to a process at a time."
    )
    suspicious_per_hour: int = Field(
        default=200, ge=1, description="Failed checks per client and hour; one more stops it."
    )
    suspicious_share: float = Field(
        default=0.3,
        gt=0,
        le=1,
        description="Share of failed checks above which a client is stopped.",
    )
    suspicious_least: int = Field(
        default=30,
        ge=1,
        description="Checks in vain in an hour below which their share says nothing.",
    )
    fruitless_share: float = Field(
        default=0.6,
        gt=0,
        le=1,
        description="Share of checks that failed or found nobody, above which a client is stopped.",
    )
    stop: Seconds = Field(default=3600, description="Seconds that a guessing client stays stopped.")
    claim_lifetime: Seconds = Field(
        default=60, description="Seconds after which an unanswered claim of a key is void."
    )
    kept: Seconds = Field(
        default=3 * 365 * 86_400, description="Seconds that a check and its receipt are kept."
    )
    batch_items: int = Field(default=1000, ge=1, description="Most checks in one batch.")
    batch_body_limit: int = Field(
        default=1_048_576, ge=1024, description="Largest batch that can be sent, in bytes."
    )
    batch_pace: int = Field(default=50, ge=1, description="Checks per second out of one batch.")
    batch_kept: Seconds = Field(
        default=30 * 86_400, description="Seconds that a batch's list of results can be read."
    )
