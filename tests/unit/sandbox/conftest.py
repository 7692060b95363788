"""The sites of the tests: real Authlib clients that talk HTTP to a tiny provider."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from sandbox.addresses import Country
from sandbox.sites.app import create_site
from sandbox.sites.houses import JIANGBEI, House
from sandbox.sites.relying_party import Registration
from tests.unit.sandbox.tiny_provider import TinyProvider


@pytest.fixture
def provider() -> Iterator[TinyProvider]:
    here = TinyProvider()
    yield here
    here.close()


class Browser:
    """A browser at one site, which follows that site's redirects over to the provider."""

    def __init__(self, client: FlaskClient, provider: TinyProvider, house: House) -> None:
        self.client = client
        self.provider = provider
        self.house = house
        self.client_id = f"client-{house.key}"

    def leave_for_provider(self, path: str = "/login") -> str:
        """Start a sign-in; return the address that the provider sends the browser back to."""
        away = self.client.get(path)
        assert away.status_code == 302, away.text
        back = requests.get(away.location, allow_redirects=False, timeout=5)
        return back.headers["Location"]

    def arrive(self, address: str, **changes: str) -> Any:
        parts = urlsplit(address)
        asked = {k: v[0] for k, v in parse_qs(parts.query).items()} | changes
        return self.client.get(parts.path, query_string=asked)

    def sign_in(self, path: str = "/login") -> Any:
        return self.arrive(self.leave_for_provider(path))

    def signed_in(self) -> bool:
        return bool(self.client.get("/session.json").json["signed_in"])

    def logout(self, token: str) -> Any:
        return self.client.post("/backchannel-logout", data={"logout_token": token})


@pytest.fixture
def browse(provider: TinyProvider) -> Callable[[House], Browser]:
    def build(house: House = JIANGBEI) -> Browser:
        client_id = f"client-{house.key}"
        provider.userinfo_subject = f"alice-at-{client_id}"
        if house.auth_method == "private_key_jwt":
            secret: Any = provider.client_key.as_dict(private=True)
            provider.clients[client_id] = (house.auth_method, True)
        else:
            secret = f"secret of {house.key}/+"
            provider.clients[client_id] = (house.auth_method, secret)
        registration = Registration(issuer=provider.issuer, client_id=client_id, secret=secret)
        app = create_site(house, Country(), registration, "cookie key of the tests")
        return Browser(app.test_client(), provider, house)

    return build


@pytest.fixture
def browser(browse: Callable[[House], Browser]) -> Browser:
    return browse(JIANGBEI)
