"""A deployment, whole: one frozen model per room."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from config.authorities import (
    AliyunSettings,
    CtidSettings,
    ImmigrationSettings,
    LegalPersonGatewaySettings,
    PopulationGatewaySettings,
    RegistrySettings,
    SocialSecurityGatewaySettings,
    TencentSettings,
)
from config.faces import LivenessSettings
from config.real_names import CounterSettings, ProofingSettings, VerificationSettings
from config.rooms import (
    CryptoSettings,
    HttpSettings,
    KeySettings,
    MessageSettings,
    OidcSettings,
    OutboundSettings,
    PasswordSettings,
    SandboxSettings,
    SessionSettings,
    ThrottleSettings,
    TokenSettings,
    WorkerSettings,
)
from config.scanning import ScanSettings
from config.schema import Networks, Profile, Room


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
    liveness: LivenessSettings = LivenessSettings()
    scan: ScanSettings = ScanSettings()
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
