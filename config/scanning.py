"""Settings of scan to sign in: how long a code is good, how fresh a phone, how many may wait."""

from pydantic import Field

from config.schema import Room, Seconds


class ScanSettings(Room):
    """Scan to sign in: a desktop shows a code, a phone confirms it."""

    enabled: bool = Field(default=True, description="Offer the code on the sign-in pages.")
    lifetime: int = Field(
        default=180, ge=60, le=300, description="Seconds from drawing a code to its confirmation."
    )
    fresh: Seconds = Field(
        default=300,
        description="Whoever confirms showed a factor at the phone within so many seconds.",
    )
    per_browser: int = Field(
        default=20, ge=1, description="Codes drawn per browser and 10 minutes."
    )
    per_address: int = Field(
        default=300, ge=1, description="Codes drawn per address and 10 minutes."
    )
    wrong_per_browser: int = Field(
        default=10, ge=1, description="Unknown codes opened per browser and 10 minutes."
    )
    wrong_per_address: int = Field(
        default=100, ge=1, description="Unknown codes opened per address and 10 minutes."
    )
    waiters: int = Field(
        default=1,
        ge=0,
        description=(
            "Desktops per worker process that are answered only when something happens; each "
            "holds a thread meanwhile, so keep it below `http.blocking_threads`. The others ask "
            "again."
        ),
    )
    wait: float = Field(
        default=3.0, ge=0, le=5, description="Longest that such an answer is held back, in seconds."
    )
    questions: int = Field(
        default=50,
        ge=1,
        description=(
            "Questions of waiting desktops per second and worker process; the more wait, the "
            "longer each is told to wait before the next, up to 15 s."
        ),
    )
