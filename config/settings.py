"""The settings schema: one frozen model per room; these descriptions are the reference."""

import ipaddress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)


class SettingsError(Exception):
    """The deployment is described wrongly; the message says where and what to do."""


class Profile(StrEnum):
    """How much a deployment may be forgiven."""

    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


def _split(value: object) -> object:
    return (
        [part for part in value.replace(",", " ").split() if part]
        if isinstance(value, str)
        else value
    )


def _network(value: str) -> str:
    ipaddress.ip_network(value, strict=False)
    return value


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
Networks = Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], BeforeValidator(_split)]
Seconds = Annotated[int, Field(ge=1)]


class Room(BaseModel):
    """Settings of one room: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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


class AuthoritySettings(Room):
    """How a remote authority is reached, and how much of us it may hold up."""

    base_url: str | None = Field(
        default=None, description="Where the authority answers; without one it is not asked."
    )
    timeout: float = Field(default=3.0, gt=0, description="Seconds a question may take.")
    width: int = Field(
        default=2, ge=1, description="Questions under way at a time, per process (bulkhead)."
    )
    failures: int = Field(default=5, ge=1, description="Failures in a row that open the breaker.")
    pause: float = Field(
        default=10.0, gt=0, description="Seconds before an open breaker lets one through."
    )


class AliyunSettings(AuthoritySettings):
    """Alibaba Cloud's identity checks (cloudauth 2019-03-07)."""

    access_key_id: str = Field(default="", description="Who we are to them.")
    access_key_secret: SecretStr = Field(
        default=SecretStr(""), description="Signs our requests (ACS3-HMAC-SHA256)."
    )
    param_type: Literal["normal", "md5"] = Field(
        default="normal",
        description="Whether names and numbers are sent in clear or in part as MD5.",
    )


class TencentSettings(AuthoritySettings):
    """Tencent Cloud's identity checks (faceid 2018-03-01)."""

    secret_id: str = Field(default="", description="Who we are to them.")
    secret_key: SecretStr = Field(
        default=SecretStr(""), description="Signs our requests (TC3-HMAC-SHA256)."
    )
    region: str = Field(default="", description="Their region; empty: they choose.")


class CtidSettings(AuthoritySettings):
    """CTID, the population check of the Ministry of Public Security's first institute."""

    apply_path: str = Field(default="/apply", description="Path of step 1, below base_url.")
    auth_path: str = Field(default="/authentication", description="Path of step 2.")
    customer_number: str = Field(default="", description="Who we are to them.")
    app_name: str = Field(default="", description="The application they have registered for us.")
    signing_key: SecretStr = Field(
        default=SecretStr(""), description="Our SM2 key, PKCS#8 PEM: signs our requests."
    )
    certificate: str = Field(default="", description="Its certificate, PEM, as they know it.")
    authority_certificate: str = Field(
        default="", description="The certificate, PEM, that must have signed their answers."
    )
    envelope_certificate: str = Field(
        default="", description="The certificate, PEM, for which identities are sealed."
    )


class PopulationGatewaySettings(AuthoritySettings):
    """The population register behind the national data-exchange gateway."""

    requester: str = Field(default="", description="Our id at the gateway (rid).")
    service: str = Field(default="", description="The id of the service asked (sid).")
    app_secret: SecretStr = Field(
        default=SecretStr(""), description="Signs our requests (HMAC-SHA256)."
    )


class LegalPersonGatewaySettings(AuthoritySettings):
    """The register of enterprises behind the national data-exchange gateway."""

    requester: str = Field(default="", description="Our id at the gateway (rid).")
    query_service: str = Field(default="", description="The id of the query service (sid).")
    verify_service: str = Field(default="", description="The id of the verify service (sid).")
    app_secret: SecretStr = Field(
        default=SecretStr(""), description="Signs our requests (HMAC-SHA256)."
    )


class SocialSecurityGatewaySettings(AuthoritySettings):
    """The register of the insured, in a profile of ours."""

    access_id: str = Field(default="", description="Who we are to them.")
    secret: SecretStr = Field(
        default=SecretStr(""), description="Signs our requests and their answers (HMAC-SM3)."
    )


class ImmigrationSettings(AuthoritySettings):
    """The register of travel documents, in a profile of ours."""

    app_id: str = Field(default="", description="Who we are to them.")
    secret: SecretStr = Field(
        default=SecretStr(""), description="Signs our requests and their answers (HMAC-SM3)."
    )


class RegistrySettings(Room):
    """The reference identity store: which source answers which question, in order.

    `local` is the replica; the other names are remote authorities. A source that is down is
    passed over for the next.
    """

    population: Annotated[
        tuple[Literal["local", "ctid", "population_gateway", "aliyun", "tencent"], ...],
        BeforeValidator(_split),
    ] = Field(default=("local",), min_length=1, description="Who knows citizens.")
    legal_persons: Annotated[
        tuple[Literal["local", "legal_person_gateway"], ...], BeforeValidator(_split)
    ] = Field(default=("local",), min_length=1, description="Who knows enterprises.")
    social_security: Annotated[
        tuple[Literal["local", "social_security_gateway"], ...], BeforeValidator(_split)
    ] = Field(default=("local",), min_length=1, description="Who knows the insured.")
    entry_exit: Annotated[tuple[Literal["local", "immigration"], ...], BeforeValidator(_split)] = (
        Field(default=("local",), min_length=1, description="Who knows travel documents.")
    )

    @property
    def asked(self) -> frozenset[str]:
        """Every source that some port names."""
        ports = (self.population, self.legal_persons, self.social_security, self.entry_exit)
        return frozenset(source for port in ports for source in port)


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


class Settings(Room):
    """A deployment, whole."""

    profile: Profile = Field(default=Profile.PRODUCTION, description="demo, test or production.")
    issuer: str = Field(description="The issuer URL, byte for byte as in every token.")
    data_dir: Path = Field(
        default=Path("var"), description="Where embedded stores, sockets and files live."
    )
    database_url: str = Field(
        default="", description="SQLAlchemy URL; empty: SQLite in the data directory."
    )
    registry_database_url: str = Field(
        default="",
        description="The reference identity store; empty: SQLite in the data directory.",
    )
    redis_url: str | None = Field(
        default=None, description="Reserved for caches that may vanish; nothing reads it yet."
    )
    trusted_proxies: Networks = Field(
        default=(), description="Networks whose X-Forwarded-* is believed."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least level written to the log."
    )

    http: HttpSettings = HttpSettings()
    crypto: CryptoSettings = CryptoSettings()
    oidc: OidcSettings = OidcSettings()
    tokens: TokenSettings = TokenSettings()
    keys: KeySettings = KeySettings()
    sessions: SessionSettings = SessionSettings()
    passwords: PasswordSettings = PasswordSettings()
    throttle: ThrottleSettings = ThrottleSettings()
    messages: MessageSettings = MessageSettings()
    outbound: OutboundSettings = OutboundSettings()
    registry: RegistrySettings = RegistrySettings()
    ctid: CtidSettings = CtidSettings()
    aliyun: AliyunSettings = AliyunSettings()
    tencent: TencentSettings = TencentSettings()
    population_gateway: PopulationGatewaySettings = PopulationGatewaySettings()
    legal_person_gateway: LegalPersonGatewaySettings = LegalPersonGatewaySettings()
    social_security_gateway: SocialSecurityGatewaySettings = SocialSecurityGatewaySettings()
    immigration: ImmigrationSettings = ImmigrationSettings()
    proofing: ProofingSettings = ProofingSettings()
    counters: CounterSettings = CounterSettings()
    verification: VerificationSettings = VerificationSettings()
    worker: WorkerSettings = WorkerSettings()
    sandbox: SandboxSettings = SandboxSettings()

    @field_validator("issuer")
    @classmethod
    def _issuer_is_a_url(cls, issuer: str) -> str:
        """OIDC Discovery §3: a URL without query or fragment; ours without a closing slash."""
        parts = urlsplit(issuer)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an http(s) URL")
        if parts.query or parts.fragment or parts.username or issuer.endswith("/"):
            raise ValueError("must have no user, query, fragment or closing slash")
        return issuer

    @model_validator(mode="after")
    def _production_is_strict(self) -> "Settings":
        if (
            self.oidc.registration == "token"
            and not self.oidc.registration_token.get_secret_value()
        ):
            raise ValueError("oidc.registration is 'token': set oidc.registration_token")
        for source in sorted(self.registry.asked - {"local"}):
            if getattr(getattr(self, source, None), "base_url", None) is None:
                raise ValueError(f"registry asks {source}: set {source}.base_url")
        if self.keys.retire_after < max(self.tokens.access_lifetime, self.tokens.id_lifetime):
            raise ValueError("keys.retire_after must outlast the tokens that the keys signed")
        if self.profile is Profile.PRODUCTION:
            faults = list(self._production_faults())
            if faults:
                raise ValueError("; ".join(faults))
        return self

    def _production_faults(self) -> "list[str]":
        rules = (
            (self.secure, "the issuer must be https"),
            (self.database_url.startswith("postgresql"), "database_url must name PostgreSQL"),
            (not self.sandbox.enabled, "the sandbox is for demonstrations only"),
            (
                len(self.crypto.master_keys.get_secret_value()) > 0,
                "crypto.master_keys must be given (MANYOU_CRYPTO__MASTER_KEYS_FILE)",
            ),
            (self.oidc.registration != "open", "open client registration is for tests only"),
        )
        return [fault for good, fault in rules if not good]

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over TLS."""
        return self.issuer.startswith("https://")

    @property
    def issuer_path(self) -> str:
        """The path under which the issuer lives: empty, or with a leading slash."""
        return urlsplit(self.issuer).path

    @property
    def issuer_host(self) -> str:
        """The Host header that the issuer's URL makes a browser send."""
        return urlsplit(self.issuer).netloc

    @property
    def database(self) -> str:
        """The database's URL, the embedded one unless another is named."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve()}/manyou.db"

    @property
    def registry_database(self) -> str:
        """The reference identity store's URL, the embedded one unless another is named."""
        return self.registry_database_url or f"sqlite:///{self.data_dir.resolve()}/registry.db"
