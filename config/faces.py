"""Settings of face scans: the engine, its room of processes, capture, budgets, thresholds."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from config.schema import Room, Seconds

Risk = Literal["low", "normal", "high"]


class LivenessSettings(Room):
    """Face scans: a living, present person, and the one claimed."""

    enabled: bool = Field(
        default=True, description="Offer face scans; never the only way, and off without weights."
    )
    engine: Literal["opencv", "face_recognition", "vendor"] = Field(
        default="opencv",
        description="Who compares: opencv (authoritative), face_recognition (advisory), vendor.",
    )
    require_authoritative: bool = Field(
        default=True, description="Refuse to start with an engine that may not decide."
    )
    models: Path | None = Field(
        default=None, description="Directory of the weights; empty: where the set-up put them."
    )
    pad_models: Path | None = Field(
        default=None,
        description="TOML file of presentation-attack models of your own, by path and SHA-256.",
    )
    pad_least: float = Field(
        default=0.5, ge=0, le=1, description="Least vote of those models that passes."
    )
    vendor_url: str = Field(default="", description="The certified matcher, if engine is vendor.")
    vendor_token: SecretStr = Field(
        default=SecretStr(""), description="Bearer token for the certified matcher."
    )
    vendor_timeout: float = Field(default=5.0, gt=0, description="Seconds it may take.")

    socket: Path | None = Field(
        default=None, description="Where the vision processes listen; `manyou serve` sets it."
    )
    processes: int = Field(default=0, ge=0, description="Vision processes; 0: one per core.")
    backlog: int = Field(default=8, ge=1, description="Questions that may wait for them.")
    cap_mib: int = Field(default=1024, ge=256, description="Memory of a vision process, MiB.")
    deadline: float = Field(default=10.0, gt=0, description="Seconds for one question to them.")
    patience: float = Field(default=6.0, gt=0, description="Seconds that a question may wait.")

    lifetime: Seconds = Field(default=90, description="Seconds that a capture session lives.")
    waiting: Seconds = Field(default=600, description="Seconds that an ordered scan may wait.")
    steps: int = Field(default=3, ge=2, le=5, description="Movements asked for in a session.")
    tries: int = Field(default=2, ge=0, description="Movements that may be asked for once more.")
    window: float = Field(default=4.0, gt=0.5, description="Seconds to make a movement in.")
    rate: float = Field(default=6.0, ge=2, le=15, description="Pictures taken per second.")
    answer_every: float = Field(
        default=1.5, ge=0, le=5, description="Final answers come at multiples of so many seconds."
    )
    body_limit: int = Field(
        default=4_194_304, ge=262_144, description="Largest batch of pictures, in bytes."
    )

    in_a_row: int = Field(default=5, ge=1, description="Failed scans in a row, then a pause.")
    pause: Seconds = Field(default=1800, description="Seconds of that pause.")
    per_day: int = Field(default=10, ge=1, description="Scans per person, account or device a day.")
    per_address: int = Field(default=200, ge=1, description="Scans per network address a day.")
    switched_off_after: int = Field(
        default=30, ge=1, description="Failed scans without a success that switch the face off."
    )

    proof_risk: Risk = Field(default="normal", description="Strictness when proving a name.")
    sign_in_risk: Risk = Field(default="normal", description="Strictness when signing in.")
    department_risk: Risk = Field(default="normal", description="Strictness for departments.")
    alive_risk: Risk = Field(default="normal", description="Strictness of proofs of being alive.")
    alive_validity: Seconds = Field(
        default=365 * 86_400, description="Seconds that a proof of being alive holds."
    )
    faces_to_file: int = Field(
        default=100_000, ge=1, description="Stored faces from which the operator must file."
    )
