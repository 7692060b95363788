"""Settings of the reference identity store and of the authorities behind it."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr

from config.schema import Room, split_words


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


class PortraitSettings(AuthoritySettings):
    """An authority that compares portraits."""

    picture_limit: int = Field(
        default=262_144,
        ge=196_608,
        description="Heaviest picture that it takes, in bytes; heavier ones are drawn anew.",
    )


class AliyunSettings(PortraitSettings):
    """Alibaba Cloud's identity checks (cloudauth 2019-03-07)."""

    access_key_id: str = Field(default="", description="Who we are to them.")
    access_key_secret: SecretStr = Field(
        default=SecretStr(""), description="Signs our requests (ACS3-HMAC-SHA256)."
    )
    param_type: Literal["normal", "md5"] = Field(
        default="normal",
        description="Whether names and numbers are sent in clear or in part as MD5.",
    )


class TencentSettings(PortraitSettings):
    """Tencent Cloud's identity checks (faceid 2018-03-01)."""

    secret_id: str = Field(default="", description="Who we are to them.")
    secret_key: SecretStr = Field(
        default=SecretStr(""), description="Signs our requests (TC3-HMAC-SHA256)."
    )
    region: str = Field(default="", description="Their region; empty: they choose.")


class CtidSettings(PortraitSettings):
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


class ImmigrationSettings(PortraitSettings):
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
        BeforeValidator(split_words),
    ] = Field(default=("local",), min_length=1, description="Who knows citizens.")
    legal_persons: Annotated[
        tuple[Literal["local", "legal_person_gateway"], ...], BeforeValidator(split_words)
    ] = Field(default=("local",), min_length=1, description="Who knows enterprises.")
    social_security: Annotated[
        tuple[Literal["local", "social_security_gateway"], ...], BeforeValidator(split_words)
    ] = Field(default=("local",), min_length=1, description="Who knows the insured.")
    entry_exit: Annotated[
        tuple[Literal["local", "immigration"], ...], BeforeValidator(split_words)
    ] = Field(default=("local",), min_length=1, description="Who knows travel documents.")

    @property
    def asked(self) -> frozenset[str]:
        """Every source that some port names."""
        ports = (self.population, self.legal_persons, self.social_security, self.entry_exit)
        return frozenset(source for port in ports for source in port)
