"""Settings of the kernel's rooms; these descriptions are the reference."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from config.schema import Networks, Room, Seconds, Words


class HttpSettings(Room):
    """The front door."""

    allowed_hosts: Words = Field(
        default=(), description="Further Host header values to accept beside the issuer's own."
    )
    body_limit: int = Field(default=65_536, ge=1024, description="Largest request body, in bytes.")
    metrics_port: int = Field(
        default=9464, ge=0, le=65535, description="Loopback port of /metrics; 0 switches it off."
    )
    blocking_threads: int = Field(default=4, ge=1, description="Threads per worker process.")
    machine_door: bool = Field(
        default=True,
        description="Serve machines' endpoints ahead of Flask; off, Flask serves them all.",
    )


class CryptoSettings(Room):
    """Keys that seal personal data, and the cost of guessing passwords."""

    master_keys: SecretStr = Field(
        default=SecretStr(""),
        description=(
            "Ring of 256-bit keys as `id:base64url` words, newest first: it seals, all open. "
            "The demo profile makes one in the data directory when none is given."
        ),
    )
    hashing_processes: int = Field(
        default=0, ge=0, description="Password hashers; 0: one per core."
    )
    hashing_wait: float = Field(default=3.0, gt=0, description="Seconds to wait for a free hasher.")
    hashing_socket: Path | None = Field(
        default=None, description="Unix socket of the hashers; `manyou serve` sets it."
    )


class OidcSettings(Room):
    """The protocol."""

    registration: Literal["open", "token", "off"] = Field(
        default="off", description="Who may register clients at /clients."
    )
    registration_token: SecretStr = Field(
        default=SecretStr(""), description="Bearer token that /clients asks for when `token`."
    )
    interaction_lifetime: Seconds = Field(
        default=1800, description="Seconds a parked authorization request waits for its person."
    )


class TokenSettings(Room):
    """How long what we issue stays good, in seconds."""

    code_lifetime: int = Field(default=60, ge=1, le=600, description="Authorization codes.")
    access_lifetime: int = Field(default=600, ge=30, le=3600, description="Access tokens.")
    id_lifetime: int = Field(default=600, ge=30, le=86_400, description="ID tokens.")
    refresh_idle: Seconds = Field(
        default=14 * 86_400, description="A refresh token unused this long dies."
    )
    refresh_absolute: Seconds = Field(
        default=90 * 86_400, description="A family never outlives this."
    )


class KeySettings(Room):
    """The signing-key ring."""

    algorithms: Words = Field(
        default=("ES256", "RS256"),
        description="Algorithms to keep keys for; the first is the default.",
    )
    retire_after: Seconds = Field(
        default=2 * 86_400,
        description="Seconds a replaced key stays published; at least a token's life.",
    )
    refresh_interval: Seconds = Field(default=5, description="Seconds between looks for a new key.")


class SessionSettings(Room):
    """The SSO session of a browser, in seconds."""

    idle: Seconds = Field(
        default=1800, description="Signed out after this long without a sign of life."
    )
    absolute: Seconds = Field(
        default=12 * 3600, description="Signed out after this long in any case."
    )


class PasswordSettings(Room):
    """What a password must be: no composition rules, no periodic change (SP 800-63B-4 §3.1.1)."""

    minimum_length: int = Field(
        default=8, ge=8, le=64, description="Shortest password, in characters."
    )
    memory_kib: int = Field(default=19_456, ge=8, description="argon2id memory.")
    iterations: int = Field(default=2, ge=1, description="argon2id passes.")


class ThrottleSettings(Room):
    """How often something may be tried."""

    password_per_account: int = Field(
        default=10,
        description="Wrong passwords per account and 10 minutes, from browsers it does not know.",
    )
    password_per_device: int = Field(
        default=10,
        description="Wrong passwords per account and 10 minutes from a browser it knows.",
    )
    password_per_address: int = Field(
        default=100, description="Wrong passwords per address and 10 minutes."
    )
    code_per_minute: int = Field(default=1, description="Codes sent per phone and minute.")
    code_per_hour: int = Field(default=5, description="Codes sent per phone and hour.")
    code_per_day: int = Field(default=10, description="Codes sent per phone and day.")
    code_per_address: int = Field(default=60, description="Codes sent per address and hour.")
    code_attempts: int = Field(default=5, description="Wrong tries before a code is void.")
    code_lifetime: Seconds = Field(default=300, description="Seconds a code stays good.")
    registration_per_address: int = Field(
        default=100, description="New accounts per address and hour."
    )
    upstream_per_browser: int = Field(
        default=30, description="Ways to other services set out on, per browser and 10 minutes."
    )
    upstream_per_address: int = Field(
        default=600, description="Ways to other services set out on, per address and 10 minutes."
    )


class MessageSettings(Room):
    """Messages to people."""

    sms_url: str | None = Field(
        default=None,
        description="HTTP sink: POST {to, purpose, text, code}. Without one nothing is sent.",
    )


class OutboundSettings(Room):
    """The one transport for fetches that we start."""

    allow: Networks = Field(
        default=(), description="Networks that may be reached although private or loopback."
    )
    connect_timeout: float = Field(default=2.0, gt=0, description="Seconds to reach a host.")
    read_timeout: float = Field(default=5.0, gt=0, description="Seconds to wait for its answer.")
    response_limit: int = Field(
        default=262_144, ge=1024, description="Largest answer read, in bytes."
    )
    per_host: int = Field(
        default=4, ge=1, description="Connections to one host at a time (bulkhead)."
    )


class WorkerSettings(Room):
    """The outbox."""

    batch: int = Field(default=20, ge=1, description="Jobs claimed at a time.")
    poll_interval: float = Field(
        default=0.5, gt=0, description="Seconds between looks at an empty outbox."
    )
    attempts: int = Field(
        default=12, ge=1, description="Deliveries tried before a job is given up."
    )
    first_retry: Seconds = Field(
        default=2, description="Seconds before the second try; doubles after that."
    )
    longest_retry: Seconds = Field(default=600, description="Longest wait between two tries.")


class SandboxSettings(Room):
    """The miniature country for demonstrations."""

    enabled: bool = Field(default=False, description="Refused in production.")
