"""Old service sites: a CAS client and a signer of tickets, of the tests' own making."""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from idp import clock
from idp.clients import legacy_index
from idp.web.house import KEY as HOUSE

from .site import Citizen, Deployment, Site, Visit
from .wire import Agent, Answer


@dataclass(slots=True)
class OldSite(Site):
    """A site that knows old ways in; *key* signs its tickets' requests."""

    key: str = ""

    @property
    def service(self) -> str:
        cas = self.metadata["legacy"]["cas"]
        return str([*cas["services"], *cas["prefixes"]][0])

    @property
    def app_id(self) -> str:
        return str(self.metadata["legacy"]["ticket"]["app_id"])

    @property
    def back_url(self) -> str:
        return str(self.metadata["legacy"]["ticket"]["back_urls"][0])

    def login(self, **parameters: str) -> str:
        """Return the address of the CAS login page."""
        asked = {"service": self.service, **parameters}
        return f"{self.provider.issuer}/cas/login?{urlencode(asked)}"

    def validate(self, ticket: str, *, way: str = "p3/serviceValidate", **changes: str) -> Answer:
        asked = {"service": self.service, "ticket": ticket, **changes}
        return self.provider.call("GET", f"/cas/{way}?{urlencode(asked)}")

    def success(self, ticket: str, **changes: str) -> dict[str, Any]:
        """Return what a ticket tells, in JSON; it must tell something."""
        answer = self.validate(ticket, format="JSON", **changes).json["serviceResponse"]
        found: dict[str, Any] = answer["authenticationSuccess"]
        return found

    def failure(self, ticket: str, **changes: str) -> str:
        """Return the code with which a ticket is refused; it must be."""
        answer = self.validate(ticket, format="JSON", **changes).json["serviceResponse"]
        return str(answer["authenticationFailure"]["code"])

    def signed(self, endpoint: str, **parameters: str) -> dict[str, str]:
        """Return *parameters* with what signing adds."""
        asked = {
            "app_id": self.app_id,
            "time": str(clock.epoch()),
            "nonce": secrets.token_hex(16),
            **parameters,
        }
        return {**asked, "sign": signature(self.key, endpoint, asked)}

    def signed_login(self, **parameters: str) -> str:
        asked = self.signed("login", **{"back_url": self.back_url, **parameters})
        return f"{self.provider.issuer}/ticket/login?{urlencode(asked)}"

    def exchange(self, ticket: str, **changes: str) -> Answer:
        sent = self.signed("token", ticket=ticket, **{"back_url": self.back_url, **changes})
        return self.provider.post("/ticket/token", sent)

    def user(self, token: str, **changes: str) -> Answer:
        return self.provider.post("/ticket/user", self.signed("user", token=token, **changes))


def signature(key: str, endpoint: str, parameters: dict[str, str]) -> str:
    """Sign as docs/reference/legacy.md says, with none of the product's code."""
    lines = "".join(f"\n{name}={value}" for name, value in sorted(parameters.items()))
    text = f"manyou-ticket-1\n{endpoint}{lines}"
    return hmac.new(key.encode(), text.encode(), sha256).hexdigest()


def add_old_site(
    provider: Deployment,
    *,
    cas: dict[str, Any] | None = None,
    ticket: dict[str, Any] | None = None,
    **metadata: Any,
) -> OldSite:
    """Register a site that knows both old ways, with these members besides."""
    host = f"https://{secrets.token_hex(6)}.example"
    document = {
        "client_name": "An old site",
        "redirect_uris": None,
        "post_logout_redirect_uris": None,
        "grant_types": None,
        "legacy": {
            "cas": {"services": [f"{host}/index.jsp"], **(cas or {})},
            "ticket": {
                "app_id": f"app_{secrets.token_hex(4)}",
                "back_urls": [f"{host}/sso/back?from=idp"],
                **(ticket or {}),
            },
        },
        **metadata,
    }
    site = provider.add_site(**document)
    vault = provider.app.extensions[HOUSE].vault
    with provider.desk.database.write() as tx:
        key = legacy_index.new_secret(tx, vault, site.client_id, actor="test")
    return OldSite(provider, site.client_id, site.secret, site.metadata, key=key)


@dataclass(slots=True)
class OldVisit(Visit):
    """A citizen before a browser, on the way into an old site."""

    site: OldSite

    def open(self, url: str) -> Answer:
        """Go to *url*, and do what each page asks."""
        return self.walk(self.agent.get(url))

    def ticket(self, **parameters: str) -> str:
        """Return the CAS ticket that the browser comes to the service with."""
        answer = self.open(self.site.login(**parameters))
        assert answer.location.startswith(self.site.service), (answer, self.asked)
        return answer.fields["ticket"]

    def signed_ticket(self, **parameters: str) -> str:
        answer = self.open(self.site.signed_login(**parameters))
        assert answer.location.startswith(self.site.back_url), (answer, self.asked)
        return answer.fields["ticket"]


def visit_to(site: OldSite, citizen: Citizen | None = None, agent: Agent | None = None) -> OldVisit:
    return OldVisit(site, agent or site.provider.agent(), citizen or site.provider.add_citizen())


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))
