"""npm openid-client signs people in, refreshes, asks about tokens and signs out."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live import Provider, free_port

from .browser import Browser, Person
from .openid_client import OpenidClient, RefusedError

pytestmark = pytest.mark.relying_party

NODE = Path(__file__).parent / "node"


@pytest.fixture(scope="module")
def client(provider: Provider, installed: str) -> Iterator[OpenidClient]:
    origin = f"http://localhost:{free_port()}"
    callback, signed_out = f"{origin}/callback", f"{origin}/signed-out"
    registered = provider.create_client(
        {
            "profile": "test",
            "client_name": "openid-client site",
            "redirect_uris": [callback],
            "post_logout_redirect_uris": [signed_out],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "scope": "openid profile offline_access",
        }
    )
    env = {
        **os.environ,
        "RP_ISSUER": provider.issuer,
        "RP_CLIENT_ID": registered["client_id"],
        "RP_CLIENT_SECRET": registered["client_secret"],
        "RP_REDIRECT_URI": callback,
        "RP_SIGNED_OUT_URI": signed_out,
    }
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [installed, "rp.mjs"], cwd=NODE, env=env, text=True, stdin=pipe, stdout=pipe
    ) as node:
        yield OpenidClient(node, callback, signed_out)
        node.terminate()


@pytest.fixture(scope="module")
def installed(tool: Callable[[str], str]) -> str:
    """Install exactly what the lock file names, and return the node to run it with."""
    if not (NODE / "node_modules" / "openid-client").is_dir():
        subprocess.run([tool("npm"), "ci", "--silent"], cwd=NODE, check=True, timeout=300)
    return tool("node")


@pytest.fixture
def signed_in(client: OpenidClient, browser: Browser, person: Person) -> OpenidClient:
    browser.stop_at = (client.callback, client.signed_out)
    page = client.sign_in(browser, person)
    assert page.url.startswith(client.callback), page.text[:2000]
    client.do("finish", url=page.url)
    return client


def test_it_signs_in(client: OpenidClient, browser: Browser, person: Person, provider: Provider):
    """Code, PKCE, state, nonce and iss (RFC 9207) are all checked, and so is the signature."""
    browser.stop_at = (client.callback,)

    page = client.sign_in(browser, person)
    answer = client.do("finish", url=page.url)

    assert answer["claims"]["iss"] == provider.issuer
    assert answer["token_type"].lower() == "bearer"
    assert client.do("userinfo")["sub"] == answer["claims"]["sub"]


def test_a_refresh_rotates(signed_in: OpenidClient):
    """RFC 9700 §4.14.2: a spent refresh token is refused, and its family dies."""
    first = signed_in.do("refresh")
    second = signed_in.do("refresh")

    assert signed_in.do("userinfo")["sub"] == second["claims"]["sub"]
    assert first["refresh_token"] != second["refresh_token"]
    with pytest.raises(RefusedError, match="invalid_grant"):
        signed_in.do("refresh", token=first["refresh_token"])
    with pytest.raises(RefusedError, match="invalid_grant"):
        signed_in.do("refresh", token=second["refresh_token"])


def test_introspection_tells_the_living_from_the_revoked(signed_in: OpenidClient, person: Person):
    """RFC 7662 §2.2 and RFC 7009 §2.2: after revocation the token is inactive."""
    token = signed_in.do("refresh")["access_token"]
    living = signed_in.do("introspect", token=token)

    signed_in.do("revoke", token=token)
    dead = signed_in.do("introspect", token=token)

    assert living["active"] is True
    assert "openid" in living["scope"].split()
    assert dead == {"active": False}


def test_a_revoked_refresh_token_buys_nothing(signed_in: OpenidClient):
    """RFC 7009 §2.1: revoking a refresh token ends the grant."""
    token = signed_in.do("refresh")["refresh_token"]

    signed_in.do("revoke", token=token)

    with pytest.raises(RefusedError, match="invalid_grant"):
        signed_in.do("refresh", token=token)


def test_logout_returns_and_ends_the_session(
    signed_in: OpenidClient, browser: Browser, person: Person
):
    """RP-Initiated Logout §3: state comes back, and prompt=none then says login_required."""
    page = browser.go_through(browser.open(signed_in.do("end_session")["url"]), person)

    assert page.url.startswith(signed_in.signed_out), page.text[:2000]
    assert "state=after-logout" in page.url
    silent = browser.open(signed_in.do("start", prompt="none")["url"])
    with pytest.raises(RefusedError, match="login_required"):
        signed_in.do("finish", url=silent.url)
