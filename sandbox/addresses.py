"""Where everything in the demo listens; a port offset moves the whole country."""

from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
METRICS_PORT = 9464
FIRST_AUTHORITY = 10
AUTHORITIES = (
    "ctid",
    "aliyun",
    "tencent",
    "population_gateway",
    "legal_person_gateway",
    "social_security_gateway",
    "immigration",
)
FIRST_UPSTREAM = 20
UPSTREAMS = (  # in the order of their ports
    "wechat",
    "alipay",
    "essc",
)
HALL_UPSTREAM = 25
HALL = (  # behind one door, a path each
    "zhejiang",
    "jis",
    "beijing",
    "network_id",
    "dingtalk",
    "government_dingtalk",
    "wecom",
    "feishu",
    "foreign",
    "foreign_plain",
    "saml",
)


@dataclass(frozen=True, slots=True)
class Country:
    """The demo's map: one host, a handful of ports."""

    offset: int = 0
    nodes: int = 1  # providers: the nation's alone, or a province's beside it

    @property
    def provider_port(self) -> int:
        return 8000 + self.offset

    @property
    def metrics_port(self) -> int:
        return METRICS_PORT + self.offset

    @property
    def phone_port(self) -> int:
        return 8100 + self.offset

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.provider_port}"

    @property
    def province_port(self) -> int:
        return self.provider_port + 10

    @property
    def province(self) -> str:
        """The issuer of the province's provider, where there is one; its cookies are its own."""
        return f"http://127.0.0.1:{self.province_port}"

    @property
    def phone(self) -> str:
        return f"http://localhost:{self.phone_port}"

    def site_port(self, place: int) -> int:
        """Return the port of the service site at *place* (1, 2, 3 …)."""
        return self.phone_port + place

    def site(self, place: int) -> str:
        """Return the base URL of the service site at *place*."""
        return f"http://localhost:{self.site_port(place)}"

    def authority_port(self, key: str) -> int:
        """Return the port of the authority *key*."""
        return self.phone_port + FIRST_AUTHORITY + AUTHORITIES.index(key)

    def authority(self, key: str) -> str:
        """Return the base URL of the authority *key*."""
        return f"http://localhost:{self.authority_port(key)}"

    def upstream_port(self, key: str) -> int:
        """Return the port of the upstream *key*, by whom people sign in at the provider."""
        if key in HALL:
            return self.hall_port
        return self.phone_port + FIRST_UPSTREAM + UPSTREAMS.index(key)

    def upstream(self, key: str) -> str:
        """Return the origin of the upstream *key*."""
        return f"http://localhost:{self.upstream_port(key)}"

    @property
    def hall_port(self) -> int:
        return self.phone_port + HALL_UPSTREAM

    @property
    def hall(self) -> str:
        """The origin of provinces, ministries and officers' apps, which have a path each."""
        return f"http://localhost:{self.hall_port}"

    @property
    def state(self) -> Path:
        """The folder of everything that a demo remembers."""
        name = "demo" if self.nodes == 1 else "demo-two-nodes"
        return REPOSITORY / "var" / (f"{name}-{self.offset}" if self.offset else name)
