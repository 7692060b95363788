"""A provider on the bench, and how a person signs in to it once by its own pages."""

import base64
import hashlib
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import requests

from tests.relying_parties.browser import Browser, Person

REDIRECT_URI = "http://localhost:9/callback"
CODE_GRANTS = ["authorization_code", "refresh_token"]
BENCHER = Person("bencher", "correct-horse-battery-9")
VERIFIER = "a-verifier-that-every-request-of-the-bench-shares-0123456789"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)


@dataclass(frozen=True)
class Client:
    """A registered client and its secret."""

    client_id: str
    client_secret: str
    redirect_uri: str = REDIRECT_URI


def authorization_query(site: Client, scope: str, **more: str) -> str:
    return urlencode(
        {
            "response_type": "code",
            "client_id": site.client_id,
            "redirect_uri": site.redirect_uri,
            "scope": scope,
            "state": "bench",
            "nonce": "bench",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **more,
        }
    )


@dataclass
class Contestant:
    """A provider that stands ready, and what the roads need to know about it."""

    name: str
    issuer: str
    pids: list[int]
    site: Client
    machine: Client
    scope: str
    machine_parameters: dict[str, str] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    cookie: str = ""

    def sign_in(self) -> None:
        """Walk through the provider's own pages once, and keep the session cookie."""
        url = f"{self.issuer}/.well-known/openid-configuration"
        self.endpoints = requests.get(url, timeout=20).json()
        query = authorization_query(self.site, self.scope)
        with Browser(stop_at=(REDIRECT_URI,)) as browser:
            start = browser.open(f"{self.endpoints['authorization_endpoint']}?{query}")
            end = browser.go_through(start, BENCHER)
            if "code=" not in end.url:
                raise RuntimeError(f"{self.name}: no code at {end.url}: {end.text[:2000]}")
            path = urlsplit(self.endpoints["authorization_endpoint"]).path
            self.cookie = "; ".join(
                f"{cookie.name}={cookie.value}"
                for cookie in browser.cookies
                if path.startswith(cookie.path)
            )
